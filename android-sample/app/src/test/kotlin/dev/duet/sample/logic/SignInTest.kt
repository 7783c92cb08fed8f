package dev.duet.sample.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class SignInTest {
    private fun problem(server: String, name: String) =
        (SignIn.read(server, name).exceptionOrNull() as SignInException).problem

    @Test
    fun `what was typed becomes an account`() {
        assertEquals(Account("https://calls.example.org", "ann"), SignIn.read(" calls.example.org/ ", " ann ").getOrThrow())
        assertEquals("http://192.168.1.5:8080", SignIn.read("http://192.168.1.5:8080", "ann").getOrThrow().server)
    }

    @Test
    fun `what cannot work is told before anything connects`() {
        assertEquals(SignInProblem.NO_SERVER, problem(" ", "ann"))
        assertEquals(SignInProblem.NO_NAME, problem("calls.example.org", ""))
        assertEquals(SignInProblem.NAME_TOO_LONG, problem("calls.example.org", "x".repeat(65)))
        assertEquals(SignInProblem.BAD_SERVER, problem("https://", "ann"))
        assertEquals(SignInProblem.BAD_SERVER, problem("ftp://calls.example.org", "ann"))
        assertEquals(SignInProblem.NOT_SECURE, problem("http://calls.example.org", "ann"))
    }
}
