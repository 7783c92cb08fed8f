package dev.duet.sample

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.TextView
import dev.duet.sample.logic.Purpose
import dev.duet.sample.logic.SignIn
import dev.duet.sample.logic.SignInException
import dev.duet.sample.logic.SignInProblem
import dev.duet.sample.platform.Permissions
import dev.duet.sample.platform.part

/** Server and name; whoever is signed in already does not see it. */
class SignInActivity : Activity() {
    private val permissions by lazy { Permissions(this) }

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        val app = App.of(this)
        if (app.account != null && app.openSession()) return goOn()
        setContentView(R.layout.activity_sign_in)
        part<Button>(R.id.sign_in).setOnClickListener {
            val (server, name) = listOf(R.id.server, R.id.name).map { part<EditText>(it).text.toString() }
            SignIn.read(server, name).fold(
                onSuccess = { account ->
                    app.signIn(account)
                    permissions.need(Purpose.SIGN_IN) { goOn() }
                },
                onFailure = { show((it as SignInException).problem) },
            )
        }
    }

    override fun onRequestPermissionsResult(request: Int, names: Array<out String>, results: IntArray) = permissions.answered()

    private fun goOn() {
        startActivity(Intent(this, HomeActivity::class.java))
        finish()
    }

    private fun show(problem: SignInProblem) {
        val view = part<TextView>(R.id.problem)
        view.visibility = View.VISIBLE
        view.setText(
            when (problem) {
                SignInProblem.NO_SERVER -> R.string.no_server
                SignInProblem.BAD_SERVER -> R.string.bad_server
                SignInProblem.NO_NAME -> R.string.no_name
                SignInProblem.NAME_TOO_LONG -> R.string.name_too_long
                SignInProblem.NOT_SECURE -> R.string.not_secure
            },
        )
    }
}
