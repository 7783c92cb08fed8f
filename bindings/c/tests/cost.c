/*
 * What a call into Duet costs the thread that makes it, in a call with 720p pictures. Fails when one uses more than
 * 1 ms of the thread's CPU time (99th percentile).
 */
#include "side.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 1000, LARGE_WIDTH = 1280, LARGE_HEIGHT = 720, LARGE = LARGE_WIDTH * LARGE_HEIGHT * 3 / 2 };

static const int64_t LIMIT_NS = 1000000;
/* What a picture may cost to hand over, its copy aside. */
static const int64_t CROSSING_NS = 5000;

static Side alice, bob;
static uint8_t source[LARGE], target[LARGE];
static int16_t sound[BLOCK];
static bool failed;
static int64_t last_median;
/* Written by one engine's event thread, read when that is gone. */
static int64_t events[ROUNDS];
static size_t event_count;

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

static int64_t some_row(const char *name, int64_t *spent, size_t rounds) {
    qsort(spent, rounds, sizeof *spent, compare);
    int64_t median = spent[rounds / 2], p99 = spent[(rounds - 1) * 99 / 100];
    printf("| C | %s | %.2f | %.2f |\n", name, (double)median / 1000, (double)p99 / 1000);
    if (p99 > LIMIT_NS) {
        failed = true;
    }
    return median;
}

static void row(const char *name, int64_t *spent) {
    last_median = some_row(name, spent, ROUNDS);
}

/* What an event costs the thread that takes it, the callback's own work included. */
static void time_task(DuetTask task, void *task_data, void *user_data) {
    (void)user_data;
    int64_t before = thread_ns();
    task(task_data);
    if (event_count < ROUNDS) {
        events[event_count++] = thread_ns() - before;
    }
}

/* What taking a picture costs, of which there is only one now and then. */
static void pull_pictures(const DuetVideoFrame *frame) {
    static int64_t spent[100];
    DuetFrameInfo info = {.size = sizeof info};
    for (size_t count = 0; count < 100;) {
        CHECK(duet_local_video_push(alice.call, frame, NULL) == DUET_OK);
        side_pause_ms(5);
        int64_t before = thread_ns();
        CHECK(duet_remote_video_pull(bob.call, DUET_PIXEL_FORMAT_YUV420, target, sizeof target, 0, &info) == DUET_OK);
        if (info.width == LARGE_WIDTH) {
            spent[count++] = thread_ns() - before;
        }
    }
    some_row("pull a 720p picture", spent, 100);
}

/* The first long message of a caller: with its session description. */
static char offer[65536];
static atomic_size_t offer_length;

static void keep_offer(const char *message, size_t length, void *user_data) {
    (void)user_data;
    if (offer_length == 0 && length > 1000 && length <= sizeof offer) {
        memcpy(offer, message, length);
        offer_length = length;
    }
}

/* Rings until there is an offer. */
static void make_offer(DuetSession session) {
    DuetCall call = 0;
    CHECK(duet_session_ring(session, "nobody", NULL, &call) == DUET_OK);
    for (int waited = 0; offer_length == 0; waited++) {
        CHECK(waited < DEADLINE_MS);
        side_pause_ms(1);
    }
    CHECK(duet_call_free(call) == DUET_OK);
}

static void ignore_message(const char *message, size_t length, void *user_data) {
    (void)message, (void)length, (void)user_data;
}

static void ignore_event(const DuetCallEvent *event, void *user_data) {
    (void)event, (void)user_data;
}

/* Starts threads: too much of it for the number of rounds of the others. */
static void start_engines(void) {
    static int64_t spent[50];
    for (size_t round = 0; round < 50; round++) {
        DuetEngine engine = 0;
        int64_t before = thread_ns();
        CHECK(duet_engine_new(NULL, &engine) == DUET_OK && duet_engine_free(engine) == DUET_OK);
        spent[round] = thread_ns() - before;
    }
    some_row("start and free an engine", spent, 50);
}

int main(void) {
    const DuetExecutor timed = {.size = sizeof timed, .run = time_task};
    bob.executor = &timed;
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
    const int64_t copy = last_median;
    COST("push 720p", duet_local_video_push(alice.call, &frame, NULL));
    printf("| C | push 720p / copy | %.2f | |\n", (double)last_median / (double)copy);
    CHECK(duet_local_video_set_enabled(alice.call, false) == DUET_OK);
    COST("push 720p, camera off (no copy)", duet_local_video_push(alice.call, &frame, NULL));
    if (last_median > CROSSING_NS) {
        fprintf(stderr, "a picture crosses in more than 5 us\n");
        failed = true;
    }
    CHECK(duet_local_video_set_enabled(alice.call, true) == DUET_OK);
    pull_pictures(&frame);
    COST("pull, nothing new",
         duet_remote_video_pull(bob.call, DUET_PIXEL_FORMAT_YUV420, target, sizeof target, 0, &info));
    COST("acquire, nothing new", {
        DuetFrame held = 0;
        CHECK(duet_remote_video_acquire(bob.call, &held, &info) == DUET_OK);
        duet_frame_release(held);
    });
    COST("push 10 ms of sound", duet_local_audio_push_i16(alice.call, sound, BLOCK, RATE, 1));
    COST("pull 10 ms of sound", duet_remote_audio_pull_i16(bob.call, sound, BLOCK, RATE, 1, &played));
    COST("accept", duet_call_accept(alice.call, NULL));
    DuetCallEvent event = {.size = sizeof event};
    COST("ask for the end", duet_call_wait_ended(alice.call, 0, &event));
    COST("hold", duet_call_hold(alice.call); duet_call_resume(alice.call));
    COST("hang up", duet_call_hang_up(alice.call));
    DuetSessionConfig config = {.size = sizeof config, .user = "carol"};
    COST("network changed", duet_engine_network_changed(alice.engine));
    COST("device news", duet_engine_device_news(alice.engine, DUET_DEVICE_NEWS_FOREGROUND));
    COST("set an event handler", duet_call_on_event(bob.call, ignore_event, NULL, NULL));
    start_engines();
    COST("open and free a session", {
        DuetSession session = 0;
        CHECK(duet_session_new_custom(alice.engine, &config, ignore_message, NULL, NULL, &session) == DUET_OK);
        duet_session_free(session);
    });
    DuetSession carol = 0;
    CHECK(duet_session_new_custom(alice.engine, &config, keep_offer, NULL, NULL, &carol) == DUET_OK);
    make_offer(carol);
    COST("ring and free a call", {
        DuetCall call = 0;
        DuetError result = duet_session_ring(carol, "nobody", NULL, &call);
        /* As many requests in a row may be too many for the session, and it says so. */
        CHECK(result == DUET_OK || result == DUET_ERROR_OVERLOADED);
        duet_call_free(call);
    });
    duet_session_free(carol);
    DuetSession dave = 0;
    config.user = "dave";
    CHECK(duet_session_new_custom(alice.engine, &config, ignore_message, NULL, NULL, &dave) == DUET_OK);
    COST("deliver an offer", {
        DuetError result = duet_session_deliver(dave, offer, offer_length);
        CHECK(result == DUET_OK || result == DUET_ERROR_OVERLOADED);
    });
    duet_session_free(dave);
    side_close(&alice);
    side_close(&bob);
    wait_for_threads();
    CHECK(event_count > 100);
    some_row("an event", events, event_count);
    if (failed) {
        fprintf(stderr, "a call used more than it may\n");
        return 1;
    }
    return 0;
}
