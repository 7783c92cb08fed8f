/*
 * What a call into Duet costs the thread that makes it, in a call with 720p pictures. Fails when one uses more than
 * 1 ms of the thread's CPU time (99th percentile).
 */
#include "side.h"

#include <string.h>
#include <time.h>

enum { ROUNDS = 1000, LARGE_WIDTH = 1280, LARGE_HEIGHT = 720, LARGE = LARGE_WIDTH * LARGE_HEIGHT * 3 / 2 };

static const int64_t LIMIT_NS = 1000000;

static Side alice, bob;
static uint8_t source[LARGE], target[LARGE];
static int16_t sound[BLOCK];
static bool failed;

static int64_t thread_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int compare(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Repeats a statement and prints its row of the table. */
#define COST(name, statement)                                                                  \
    do {                                                                                       \
        static int64_t spent[ROUNDS];                                                          \
        for (int round = 0; round < ROUNDS; round++) {                                         \
            int64_t before = thread_ns();                                                      \
            statement;                                                                         \
            spent[round] = thread_ns() - before;                                               \
        }                                                                                      \
        row(name, spent);                                                                      \
    } while (0)

static void row(const char *name, int64_t *spent) {
    qsort(spent, ROUNDS, sizeof *spent, compare);
    int64_t median = spent[ROUNDS / 2], p99 = spent[ROUNDS * 99 / 100];
    printf("| C | %s | %.2f | %.2f |\n", name, (double)median / 1000, (double)p99 / 1000);
    if (p99 > LIMIT_NS) {
        failed = true;
    }
}

static void ignore_message(const char *message, size_t length, void *user_data) {
    (void)message, (void)length, (void)user_data;
}

int main(void) {
    alice.other = &bob;
    bob.other = &alice;
    side_open(&alice, "alice", NULL);
    side_open(&bob, "bob", NULL);
    DuetCall outgoing = 0;
    CHECK(duet_session_ring(alice.session, "bob", NULL, &outgoing) == DUET_OK);
    side_take(&alice, outgoing);
    side_take(&bob, side_incoming(&bob));
    CHECK(duet_call_accept(bob.call, NULL) == DUET_OK);
    side_wait(&alice, &alice.connected, "connection");
    side_wait(&bob, &bob.connected, "connection");
    sides_exchange_media(&alice, &bob, 3);

    memset(source, 100, sizeof source);
    const uint8_t *u = source + LARGE_WIDTH * LARGE_HEIGHT, *v = u + LARGE_WIDTH * LARGE_HEIGHT / 4;
    DuetVideoFrame frame = {
        .size = sizeof frame,
        .width = LARGE_WIDTH,
        .height = LARGE_HEIGHT,
        .planes = {{source, LARGE_WIDTH * LARGE_HEIGHT, LARGE_WIDTH, 1},
                   {u, LARGE_WIDTH * LARGE_HEIGHT / 4, LARGE_WIDTH / 2, 1},
                   {v, LARGE_WIDTH * LARGE_HEIGHT / 4, LARGE_WIDTH / 2, 1}},
    };
    DuetFrameInfo info = {.size = sizeof info};
    DuetCallStats stats = {.size = sizeof stats};
    DuetCallState state;
    DuetPlayed played;
    uint64_t now;
    printf("| language | call | thread CPU us, median | p99 |\n|---|---|---|---|\n");
    COST("nothing (the time)", duet_engine_now(alice.engine, &now));
    COST("state", duet_call_state(alice.call, &state));
    COST("statistics", duet_call_stats(alice.call, &stats));
    COST("copy of 720p (memcpy)", memcpy(target, source, LARGE));
    COST("push 720p", duet_local_video_push(alice.call, &frame, NULL));
    CHECK(duet_local_video_set_enabled(alice.call, false) == DUET_OK);
    COST("push 720p, camera off (no copy)", duet_local_video_push(alice.call, &frame, NULL));
    CHECK(duet_local_video_set_enabled(alice.call, true) == DUET_OK);
    COST("pull picture",
         duet_remote_video_pull(bob.call, DUET_PIXEL_FORMAT_YUV420, target, sizeof target, 0, &info));
    COST("push 10 ms of sound", duet_local_audio_push_i16(alice.call, sound, BLOCK, RATE, 1));
    COST("pull 10 ms of sound", duet_remote_audio_pull_i16(bob.call, sound, BLOCK, RATE, 1, &played));
    COST("hold", duet_call_hold(alice.call); duet_call_resume(alice.call));
    COST("hang up", duet_call_hang_up(alice.call));
    DuetSessionConfig config = {.size = sizeof config, .user = "carol"};
    COST("open and free a session", {
        DuetSession session = 0;
        CHECK(duet_session_new_custom(alice.engine, &config, ignore_message, NULL, NULL, &session) == DUET_OK);
        duet_session_free(session);
    });
    DuetSession carol = 0;
    CHECK(duet_session_new_custom(alice.engine, &config, ignore_message, NULL, NULL, &carol) == DUET_OK);
    COST("ring and free a call", {
        DuetCall call = 0;
        DuetError result = duet_session_ring(carol, "nobody", NULL, &call);
        /* As many requests in a row may be too many for the session, and it says so. */
        CHECK(result == DUET_OK || result == DUET_ERROR_OVERLOADED);
        duet_call_free(call);
    });
    duet_session_free(carol);
    side_close(&alice);
    side_close(&bob);
    wait_for_threads();
    if (failed) {
        fprintf(stderr, "a call used more than 1 ms\n");
        return 1;
    }
    return 0;
}
