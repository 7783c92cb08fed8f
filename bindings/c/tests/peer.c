/*
 * One end of a call with a program in another language: `peer URL NAME [CALLEE]` rings CALLEE, or waits to be rung.
 * Says `ready` when it can be rung, `media` when it has seen and heard the other end, and at last how the call ended.
 * A line on its input, or the end of it, hangs up.
 */
#include "side.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static Side side;

/* Waits 10 ms, the time that a block of sound lasts; whether somebody wrote a line meanwhile. */
static bool told_to_hang_up(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 10) > 0;
}

static void say(const char *word) {
    puts(word);
    fflush(stdout);
}

static bool over(void) {
    pthread_mutex_lock(&side.lock);
    bool ended = side.ended;
    pthread_mutex_unlock(&side.lock);
    return ended;
}

int main(int argc, char **argv) {
    CHECK(argc >= 3);
    side_open(&side, argv[2], argv[1]);
    say("ready");
    DuetCall call = 0;
    if (argc > 3) {
        CHECK(duet_session_ring(side.session, argv[3], NULL, &call) == DUET_OK);
    } else {
        call = side_incoming(&side);
        CHECK(duet_call_accept(call, NULL) == DUET_OK);
    }
    side_take(&side, call);
    side_wait(&side, &side.connected, "connection");
    bool satisfied = false, hung_up = false;
    while (!over()) {
        side_exchange(&side);
        if (!satisfied && side_satisfied(&side, 10)) {
            satisfied = true;
            say("media");
        }
        if (hung_up) {
            side_pause_ms(10);
        } else if (told_to_hang_up()) {
            hung_up = true;
            CHECK(duet_call_hang_up(side.call) == DUET_OK);
        }
    }
    CHECK(side.reason == DUET_END_REASON_HANG_UP);
    say("hang-up");
    duet_engine_close_and_wait(side.engine, 1000, NULL);
    side_close(&side);
    return 0;
}
