package dev.duet.sample.logic

/** Who is signed in, and where. */
data class Account(val server: String, val name: String)

/** What is wrong with what was typed. */
enum class SignInProblem { NO_SERVER, BAD_SERVER, NO_NAME, NAME_TOO_LONG, NOT_SECURE }

/** Reads what was typed into the sign-in screen. */
object SignIn {
    /** The account, or what is wrong. A server without a scheme is meant as https. */
    fun read(server: String, name: String): Result<Account> {
        val (url, user) = server.trim() to name.trim()
        return when {
            url.isEmpty() -> fail(SignInProblem.NO_SERVER)
            user.isEmpty() -> fail(SignInProblem.NO_NAME)
            user.length > LONGEST -> fail(SignInProblem.NAME_TOO_LONG)
            else -> address(url).map { Account(it, user) }
        }
    }

    private fun address(typed: String): Result<String> {
        val full = if ("://" in typed) typed else "https://$typed"
        val uri = runCatching { java.net.URI(full) }.getOrNull()
        val host = uri?.host ?: return fail(SignInProblem.BAD_SERVER)
        return when (uri.scheme) {
            "https" -> Result.success(full.trimEnd('/'))
            // Without TLS only within one's own network, as the manifest's security rules have it.
            "http" -> if (isLocal(host)) Result.success(full.trimEnd('/')) else fail(SignInProblem.NOT_SECURE)
            else -> fail(SignInProblem.BAD_SERVER)
        }
    }

    private fun isLocal(host: String) =
        host == "localhost" || host.startsWith("127.") || host.startsWith("10.") || host.startsWith("192.168.")

    private fun <T> fail(problem: SignInProblem): Result<T> = Result.failure(SignInException(problem))

    private const val LONGEST = 64
}

class SignInException(val problem: SignInProblem) : Exception(problem.name)
