package dev.duet.sample.platform

import android.Manifest
import android.app.Activity
import android.app.AlertDialog
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Build
import android.provider.Settings
import dev.duet.sample.R
import dev.duet.sample.logic.Permission
import dev.duet.sample.logic.PermissionFlow
import dev.duet.sample.logic.PermissionPort
import dev.duet.sample.logic.Purpose
import dev.duet.sample.logic.Step

/** Shows the steps of [PermissionFlow] in an activity, which hands [answered] its `onRequestPermissionsResult`. */
class Permissions(private val activity: Activity) : PermissionPort {
    private val store = activity.getSharedPreferences("permissions", Context.MODE_PRIVATE)
    private val flow = PermissionFlow(this)
    private var done: (Step.Proceed) -> Unit = {}

    override val api: Int = Build.VERSION.SDK_INT

    override var asked: Set<Permission>
        get() = store.getStringSet("asked", emptySet()).orEmpty().mapNotNull { name -> Permission.entries.find { it.name == name } }.toSet()
        set(value) = store.edit().putStringSet("asked", value.map { it.name }.toSet()).apply()

    override fun granted(permission: Permission): Boolean = isGranted(activity, permission)

    override fun mayExplain(permission: Permission): Boolean =
        name(permission)?.let(activity::shouldShowRequestPermissionRationale) ?: false

    /** Gets what [purpose] needs, and goes on if a call can do without the rest. */
    fun need(purpose: Purpose, done: (Step.Proceed) -> Unit) {
        this.done = done
        show(flow.start(purpose))
    }

    fun answered() = show(flow.answered())

    private fun show(step: Step) {
        when (step) {
            is Step.Proceed -> done(step)
            is Step.Ask -> activity.requestPermissions(step.permissions.mapNotNull(::name).toTypedArray(), REQUEST)
            is Step.Explain -> dialog(step.permissions, R.string.ask_again, null) { show(flow.understood()) }
            is Step.OpenSettings -> dialog(step.permissions, R.string.open_settings, R.string.refused_for_good) { openSettings() }
            is Step.Stop -> dialog(step.missing, null, null) {}
        }
    }

    private fun dialog(permissions: List<Permission>, yes: Int?, more: Int?, agreed: () -> Unit) {
        val words = permissions.map { activity.getString(why(it)) } + listOfNotNull(more?.let(activity::getString))
        val builder = AlertDialog.Builder(activity)
            .setTitle(R.string.permission_title)
            .setMessage(words.joinToString("\n\n"))
        if (yes != null) {
            builder.setPositiveButton(yes) { _, _ -> agreed() }
            // Whoever does not want to be asked goes on with what there is, once.
            builder.setNegativeButton(R.string.not_now) { _, _ -> (flow.later() as? Step.Proceed)?.let(done) }
        } else {
            builder.setPositiveButton(android.R.string.ok, null)
        }
        builder.show()
    }

    private fun openSettings() {
        val page = Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", activity.packageName, null))
        activity.startActivity(page)
    }

    companion object {
        private const val REQUEST = 1

        fun isGranted(context: Context, permission: Permission): Boolean =
            name(permission)?.let { context.checkSelfPermission(it) == PackageManager.PERMISSION_GRANTED } ?: true

        /** The platform's name; null where this version has none. */
        fun name(permission: Permission): String? = when (permission) {
            Permission.MICROPHONE -> Manifest.permission.RECORD_AUDIO
            Permission.CAMERA -> Manifest.permission.CAMERA
            Permission.NOTIFICATIONS -> if (Build.VERSION.SDK_INT >= 33) Manifest.permission.POST_NOTIFICATIONS else null
            Permission.BLUETOOTH -> if (Build.VERSION.SDK_INT >= 31) Manifest.permission.BLUETOOTH_CONNECT else null
        }

        private fun why(permission: Permission): Int = when (permission) {
            Permission.MICROPHONE -> R.string.why_microphone
            Permission.CAMERA -> R.string.why_camera
            Permission.NOTIFICATIONS -> R.string.why_notifications
            Permission.BLUETOOTH -> R.string.why_bluetooth
        }
    }
}
