/* Everything a host can do wrong: each gives an error, none a crash, a hang or a leak. */
#include "side.h"

#include <stdatomic.h>
#include <string.h>

static Side alice, bob;

/* A number that never was a handle. */
static const uint64_t FOREIGN = 0xDEADBEEF00000001u;

static void refused(DuetError got, DuetError wanted, const char *what) {
    if (got != wanted) {
        fprintf(stderr, "%s: %s instead of %s (%s)\n", what, duet_error_name(got), duet_error_name(wanted),
                duet_last_error());
        exit(1);
    }
    CHECK(strlen(duet_last_error()) > 0);
}

#define INVALID(call) refused(call, DUET_ERROR_INVALID_ARGUMENT, #call)
#define STALE(call) refused(call, DUET_ERROR_INVALID_HANDLE, #call)

static void count_native(void *user_data, void *picture) {
    CHECK(picture != NULL);
    atomic_fetch_add((atomic_int *)user_data, 1);
    /* Under no lock: whatever is called from here answers. */
    bool on = false;
    CHECK(duet_local_video_is_enabled(0, &on) == DUET_ERROR_INVALID_HANDLE);
}

static void every_entry_refuses(uint64_t handle) {
    static uint8_t bytes[16];
    static int16_t sound[480];
    static float loud[480];
    DuetSessionConfig config = {.size = sizeof config, .url = "ws://127.0.0.1:1", .user = "x"};
    DuetVideoFrame frame = {.size = sizeof frame, .width = 16, .height = 16};
    DuetFrameInfo info = {.size = sizeof info};
    DuetCallStats stats = {.size = sizeof stats};
    DuetCallEvent event = {.size = sizeof event};
    DuetSessionState session_state;
    DuetCallState call_state;
    uint64_t out = 7;
    bool flag = false;
    char text[16];
    STALE(duet_engine_now(handle, &out));
    STALE(duet_engine_network_changed(handle));
    STALE(duet_engine_device_news(handle, DUET_DEVICE_NEWS_BACKGROUND));
    STALE(duet_engine_close(handle));
    STALE(duet_engine_close_and_wait(handle, 1, &flag));
    STALE(duet_engine_free(handle));
    STALE(duet_session_new(handle, &config, &out));
    STALE(duet_session_on_event(handle, NULL, NULL, NULL));
    STALE(duet_session_deliver(handle, "{}", 2));
    STALE(duet_session_state(handle, &session_state));
    STALE(duet_session_ring(handle, "bob", NULL, &out));
    STALE(duet_session_join(handle, "room", NULL, &out));
    STALE(duet_session_wait_call(handle, 1, &out));
    STALE(duet_session_expect_call(handle, "id", "bob", true, true, 1000));
    STALE(duet_session_close(handle));
    STALE(duet_session_free(handle));
    STALE(duet_call_on_event(handle, NULL, NULL, NULL));
    STALE(duet_call_id(handle, text, sizeof text, NULL));
    STALE(duet_call_peer(handle, text, sizeof text, NULL));
    STALE(duet_call_state(handle, &call_state));
    STALE(duet_call_media(handle, &flag, &flag));
    STALE(duet_call_accept(handle, NULL));
    STALE(duet_call_decline(handle));
    STALE(duet_call_hang_up(handle));
    STALE(duet_call_hold(handle));
    STALE(duet_call_resume(handle));
    STALE(duet_call_ask_video(handle));
    STALE(duet_call_answer_video(handle, true));
    STALE(duet_call_stop_video(handle));
    STALE(duet_call_stats(handle, &stats));
    STALE(duet_call_wait_ended(handle, 1, &event));
    STALE(duet_call_free(handle));
    STALE(duet_local_video_push(handle, &frame, NULL));
    atomic_int released = 0;
    DuetNativeFrame native = {.size = sizeof native,
                              .kind = DUET_NATIVE_KIND_CV_PIXEL_BUFFER,
                              .handle = bytes,
                              .release = count_native,
                              .user_data = &released};
    STALE(duet_local_video_push_native(handle, &native, NULL));
    CHECK(released == 1);
    STALE(duet_local_video_set_enabled(handle, true));
    STALE(duet_local_video_set_screen(handle, true));
    STALE(duet_local_video_is_enabled(handle, &flag));
    STALE(duet_local_audio_push_i16(handle, sound, 480, 48000, 1));
    STALE(duet_local_audio_push_f32(handle, loud, 480, 48000, 1));
    STALE(duet_local_audio_set_enabled(handle, true));
    STALE(duet_local_audio_is_enabled(handle, &flag));
    STALE(duet_remote_video_pull(handle, DUET_PIXEL_FORMAT_YUV420, bytes, sizeof bytes, 0, &info));
    STALE(duet_remote_video_acquire(handle, &out, &info));
    STALE(duet_remote_audio_pull_i16(handle, sound, 480, 48000, 1, NULL));
    STALE(duet_remote_audio_pull_f32(handle, loud, 480, 48000, 1, NULL));
    STALE(duet_frame_release(handle));
    CHECK(out == 7);
}

static void count_release(void *user_data) {
    atomic_fetch_add((atomic_int *)user_data, 1);
}

static void ignore_message(const char *message, size_t length, void *user_data) {
    (void)message, (void)length, (void)user_data;
}

static void bad_configurations(DuetEngine engine) {
    DuetEngine other = 0;
    DuetSession session = 0;
    DuetEngineConfig engine_config = {.size = sizeof engine_config, .worker_threads = 99};
    INVALID(duet_engine_new(&engine_config, &other));
    INVALID(duet_engine_new(NULL, NULL));
    engine_config.size = 0;
    INVALID(duet_engine_new(&engine_config, &other));

    DuetSessionConfig config = {.size = sizeof config, .url = "ws://127.0.0.1:1", .user = "x"};
    INVALID(duet_session_new(engine, NULL, &session));
    INVALID(duet_session_new(engine, &config, NULL));
    config.size = SIZE_MAX;
    INVALID(duet_session_new(engine, &config, &session));
    config.size = sizeof config - 1;
    INVALID(duet_session_new(engine, &config, &session));
    config.size = sizeof config;
    config.url = "not a url";
    INVALID(duet_session_new(engine, &config, &session));
    config.url = NULL;
    INVALID(duet_session_new(engine, &config, &session));
    config.url = "ws://127.0.0.1:1";
    config.user = "";
    INVALID(duet_session_new(engine, &config, &session));
    config.user = "\xff\xfe";
    INVALID(duet_session_new(engine, &config, &session));
    config.user = "x";
    config.connect_policy = 77;
    INVALID(duet_session_new(engine, &config, &session));
    config.connect_policy = DUET_CONNECT_POLICY_WHILE_RINGING;
    config.dialect = "morse";
    INVALID(duet_session_new(engine, &config, &session));
    config.dialect = NULL;
    config.ice_server_count = 3;
    INVALID(duet_session_new(engine, &config, &session));
    config.ice_server_count = 0;

    /* A field that this version does not know, set by a host of a later one. */
    struct {
        DuetSessionConfig known;
        uint64_t unknown;
    } later = {config, 1};
    later.known.size = sizeof later;
    INVALID(duet_session_new(engine, &later.known, &session));

    atomic_int released = 0;
    INVALID(duet_session_new_custom(engine, &config, NULL, &released, count_release, &session));
    CHECK(released == 1);
    config.user = NULL;
    INVALID(duet_session_new_custom(engine, &config, ignore_message, &released, count_release, &session));
    CHECK(released == 2);
    CHECK(session == 0);
    INVALID(duet_engine_device_news(engine, 1234));
    INVALID(duet_log_set_level(17));
}

static void bad_calls(Side *side) {
    DuetCall call = 0;
    DuetCallOptions options = {.size = sizeof options, .no_audio = true, .no_video = true};
    INVALID(duet_session_ring(side->session, "bob", &options, &call));
    options.no_audio = false;
    options.fps = 1000;
    INVALID(duet_session_ring(side->session, "bob", &options, &call));
    options.fps = 0;
    options.codec = 4711;
    INVALID(duet_session_ring(side->session, "bob", &options, &call));
    options.codec = 0;
    options.size = 3;
    INVALID(duet_session_ring(side->session, "bob", &options, &call));
    INVALID(duet_session_ring(side->session, NULL, NULL, &call));
    INVALID(duet_session_ring(side->session, "", NULL, &call));
    INVALID(duet_session_ring(side->session, "bob", NULL, NULL));
    INVALID(duet_session_join(side->session, "room", NULL, &call));
    INVALID(duet_session_deliver(side->session, "nonsense", 8));
    INVALID(duet_session_deliver(side->session, NULL, 8));
    INVALID(duet_session_deliver(side->session, "\xff", 1));
    INVALID(duet_session_expect_call(side->session, NULL, "bob", true, true, 1));
    INVALID(duet_session_state(side->session, NULL));
    INVALID(duet_session_wait_call(side->session, DEADLINE_MS, NULL));
    CHECK(call == 0);
    CHECK(duet_session_wait_call(side->session, 1, &call) == DUET_OK && call == 0);
    /* A handle of another kind. */
    STALE(duet_call_hang_up(side->session));
    STALE(duet_session_close(side->engine));
    STALE(duet_frame_release(side->call));
}

static void bad_frames(DuetCall call) {
    static uint8_t bytes[16 * 16 * 4];
    DuetVideoFrame good = {
        .size = sizeof good,
        .width = 16,
        .height = 16,
        .planes = {{bytes, 256, 16, 1}, {bytes, 64, 8, 1}, {bytes, 64, 8, 1}},
    };
    DuetVideoFrame bad = good;
    bool queued = false;
    CHECK(duet_local_video_push(call, &good, &queued) == DUET_OK);
    INVALID(duet_local_video_push(call, NULL, NULL));
    bad.size = 0;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.width = 17;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.width = 1u << 31;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.planes[1].length = 63;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.planes[2].data = NULL;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.planes[0].row_stride = 15;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.planes[0].row_stride = SIZE_MAX;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.planes[0].length = SIZE_MAX;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.planes[1].pixel_stride = 0;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.rotation = 45;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.color = 9;
    INVALID(duet_local_video_push(call, &bad, NULL));
    bad = good, bad.format = 9;
    INVALID(duet_local_video_push(call, &bad, NULL));

    DuetFrameInfo info = {.size = sizeof info};
    DuetFrame frame = 0;
    INVALID(duet_remote_video_pull(call, 9, bytes, sizeof bytes, 0, &info));
    INVALID(duet_remote_video_pull(call, DUET_PIXEL_FORMAT_RGBA, NULL, 64, 0, &info));
    INVALID(duet_remote_video_pull(call, DUET_PIXEL_FORMAT_RGBA, bytes, sizeof bytes, 0, NULL));
    INVALID(duet_remote_video_acquire(call, NULL, &info));
    info.size = 1;
    INVALID(duet_remote_video_acquire(call, &frame, &info));
}

/* Native pictures are for other systems; what was handed in is given back all the same, once. */
static void native_pictures(DuetCall call) {
    static uint8_t picture[16];
    atomic_int released = 0;
    int expected = 0;
    bool queued = true;
    const DuetNativeFrame good = {.size = sizeof good,
                                  .kind = DUET_NATIVE_KIND_A_HARDWARE_BUFFER,
                                  .handle = picture,
                                  .release = count_native,
                                  .user_data = &released};
    refused(duet_local_video_push_native(call, &good, &queued), DUET_ERROR_UNSUPPORTED, "native picture");
    CHECK(released == ++expected);
    DuetNativeFrame bad = good;
    bad.kind = 0;
    INVALID(duet_local_video_push_native(call, &bad, NULL));
    CHECK(released == ++expected);
    bad = good, bad.rotation = 45;
    INVALID(duet_local_video_push_native(call, &bad, NULL));
    CHECK(released == ++expected);
    bad = good, bad.color = 9;
    INVALID(duet_local_video_push_native(call, &bad, NULL));
    CHECK(released == ++expected);
    bad = good, bad.release = NULL;
    refused(duet_local_video_push_native(call, &bad, NULL), DUET_ERROR_UNSUPPORTED, "nothing to release");
    /* Nothing could be read, so nothing is released. */
    INVALID(duet_local_video_push_native(call, NULL, NULL));
    bad = good, bad.size = 0;
    INVALID(duet_local_video_push_native(call, &bad, NULL));
    bad = good, bad.handle = NULL;
    INVALID(duet_local_video_push_native(call, &bad, NULL));
    CHECK(released == expected);
}

static void bad_sound(DuetCall call) {
    static _Alignas(8) uint8_t bytes[4000];
    int16_t *odd = (int16_t *)(void *)(bytes + 1);
    INVALID(duet_local_audio_push_i16(call, odd, 480, 48000, 1));
    INVALID(duet_local_audio_push_i16(call, NULL, 480, 48000, 1));
    INVALID(duet_local_audio_push_i16(call, (int16_t *)(void *)bytes, 480, 7999, 1));
    INVALID(duet_local_audio_push_i16(call, (int16_t *)(void *)bytes, 480, 48000, 0));
    INVALID(duet_local_audio_push_i16(call, (int16_t *)(void *)bytes, 480, 48000, 65537));
    INVALID(duet_local_audio_push_i16(call, (int16_t *)(void *)bytes, SIZE_MAX, 48000, 2));
    INVALID(duet_local_audio_push_f32(call, (float *)(void *)bytes, SIZE_MAX / 4, 48000, 1));
    INVALID(duet_remote_audio_pull_i16(call, odd, 480, 48000, 1, NULL));
    INVALID(duet_remote_audio_pull_f32(call, NULL, 480, 48000, 1, NULL));
    INVALID(duet_remote_audio_pull_f32(call, (float *)(void *)bytes, 480, 96000, 1, NULL));
    CHECK(duet_local_audio_push_i16(call, NULL, 0, 48000, 1) == DUET_OK);
}

static void bad_buffers(DuetCall call) {
    char text[129];
    size_t needed = 0;
    refused(duet_call_id(call, text, 3, &needed), DUET_ERROR_BUFFER_TOO_SMALL, "a short buffer");
    CHECK(needed > 3 && needed <= sizeof text);
    refused(duet_call_id(call, NULL, 0, &needed), DUET_ERROR_BUFFER_TOO_SMALL, "no buffer");
    INVALID(duet_call_id(call, NULL, 50, NULL));
    CHECK(duet_call_id(call, text, needed, NULL) == DUET_OK && strlen(text) == needed - 1);
    INVALID(duet_call_state(call, NULL));
    INVALID(duet_call_media(call, NULL, NULL));
    INVALID(duet_call_stats(call, NULL));
    INVALID(duet_call_wait_ended(call, DEADLINE_MS, NULL));
    DuetCallEvent event = {.size = 3};
    INVALID(duet_call_wait_ended(call, 1, &event));
}

/* Too small a buffer loses no picture; held pictures stay readable, and new ones do not wait for them. */
static void pictures_wait_and_stay(void) {
    static uint8_t pixels[WIDTH * HEIGHT * 4];
    DuetFrameInfo info = {.size = sizeof info};
    DuetError result = DUET_OK;
    for (int tries = 0; tries < 1000 && info.width == 0; tries++) {
        side_send_picture(&alice);
        result = duet_remote_video_pull(bob.call, DUET_PIXEL_FORMAT_BGRA, pixels, 16, 0, &info);
    }
    refused(result, DUET_ERROR_BUFFER_TOO_SMALL, "a small buffer");
    CHECK(info.needed == sizeof pixels);
    info.width = 0;
    CHECK(duet_remote_video_pull(bob.call, DUET_PIXEL_FORMAT_BGRA, pixels, sizeof pixels, 0, &info) == DUET_OK);
    CHECK(info.width == WIDTH && pixels[3] == 255);

    DuetFrame held = 0;
    for (int tries = 0; tries < 1000 && held == 0; tries++) {
        side_send_picture(&alice);
        CHECK(duet_remote_video_acquire(bob.call, &held, &info) == DUET_OK);
    }
    sides_exchange_media(&alice, &bob, bob.pictures + 5);
    unsigned sum = 0;
    for (size_t n = 0; n < info.planes[0].length; n++) {
        sum += info.planes[0].data[n];
    }
    CHECK(held != 0 && sum > 0 && duet_frame_release(held) == DUET_OK);
    STALE(duet_frame_release(held));
}

typedef struct Racer {
    pthread_t thread;
    DuetCall call;
    DuetError freed;
} Racer;

/* Uses the call with everything there is until it is gone, then frees it. */
static void *race(void *argument) {
    Racer *racer = argument;
    static uint8_t bytes[256];
    int16_t sound[480] = {0};
    DuetVideoFrame frame = {
        .size = sizeof frame,
        .width = 16,
        .height = 16,
        .planes = {{bytes, 256, 16, 1}, {bytes, 64, 8, 1}, {bytes, 64, 8, 1}},
    };
    DuetFrameInfo info = {.size = sizeof info};
    for (int n = 0; n < 50; n++) {
        duet_local_video_push(racer->call, &frame, NULL);
        duet_local_audio_push_i16(racer->call, sound, 480, 48000, 1);
        duet_remote_audio_pull_i16(racer->call, sound, 480, 48000, 1, NULL);
        DuetFrame held = 0;
        if (duet_remote_video_acquire(racer->call, &held, &info) == DUET_OK && held != 0) {
            duet_frame_release(held);
        }
    }
    duet_call_hang_up(racer->call);
    racer->freed = duet_call_free(racer->call);
    return NULL;
}

static void two_threads_hang_up(DuetCall call) {
    Racer racers[4];
    int freed = 0;
    for (int n = 0; n < 4; n++) {
        racers[n].call = call;
        CHECK(pthread_create(&racers[n].thread, NULL, race, &racers[n]) == 0);
    }
    for (int n = 0; n < 4; n++) {
        CHECK(pthread_join(racers[n].thread, NULL) == 0);
        freed += racers[n].freed == DUET_OK;
    }
    CHECK(freed == 1);
}

/* Waits for what is freed meanwhile, for longer than the test may take. */
static void *wait_in_vain(void *unused) {
    DuetCall nobody = 7;
    DuetError result = duet_session_wait_call(alice.session, UINT32_MAX, &nobody);
    CHECK(result == DUET_ERROR_CLOSED || result == DUET_ERROR_INVALID_HANDLE);
    CHECK(nobody == 7);
    return unused;
}

static void *wait_for_the_end(void *call) {
    DuetCallEvent event = {.size = sizeof event};
    DuetError result = duet_call_wait_ended(*(DuetCall *)call, UINT32_MAX, &event);
    CHECK(result == DUET_ERROR_INVALID_HANDLE || event.kind == DUET_CALL_EVENT_KIND_ENDED);
    return NULL;
}

static atomic_int calls_back, log_lines;

/* Calls everything inside a callback, and frees what it is called for. */
static void free_inside(const DuetCallEvent *event, void *user_data) {
    Side *side = user_data;
    DuetCallStats stats = {.size = sizeof stats};
    if (atomic_fetch_add(&calls_back, 1) == 0) {
        CHECK(duet_call_stats(side->call, &stats) == DUET_OK);
        /* Nobody waits in here. */
        DuetCallEvent now = {.size = sizeof now};
        DuetCall nobody = 7;
        CHECK(duet_call_wait_ended(side->call, UINT32_MAX, &now) == DUET_OK);
        CHECK(duet_session_wait_call(side->session, UINT32_MAX, &nobody) == DUET_OK && nobody == 0);
        CHECK(duet_call_on_event(side->call, free_inside, side, NULL) == DUET_OK);
        CHECK(duet_call_on_event(side->call, NULL, NULL, NULL) == DUET_OK);
        CHECK(duet_call_free(side->call) == DUET_OK);
        STALE(duet_call_free(side->call));
        CHECK(duet_session_free(side->session) == DUET_OK);
        CHECK(duet_engine_free(side->engine) == DUET_OK);
        /* The event is ours until we return. */
        CHECK(event->size == sizeof *event);
    }
}

static void log_and_call_back(DuetLogLevel level, const char *target, const char *message, void *user_data) {
    (void)level, (void)user_data;
    CHECK(strlen(target) > 0 && message != NULL);
    atomic_fetch_add(&log_lines, 1);
    DuetCallState state;
    duet_call_state(FOREIGN, &state);
}

static void *errors_are_of_a_thread(void *unused) {
    CHECK(strlen(duet_last_error()) == 0);
    return unused;
}

int main(void) {
    atomic_int log_released = 0;
    CHECK(duet_log_set_callback(DUET_LOG_LEVEL_TRACE, log_and_call_back, &log_released, count_release)
          == DUET_OK);
    INVALID(duet_log_set_callback(99, NULL, NULL, NULL));

    every_entry_refuses(0);
    every_entry_refuses(1);
    every_entry_refuses(FOREIGN);
    every_entry_refuses(UINT64_MAX);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, errors_are_of_a_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);

    alice.other = &bob;
    bob.other = &alice;
    side_open(&alice, "alice", NULL);
    side_open(&bob, "bob", NULL);
    bad_configurations(alice.engine);

    DuetCall outgoing = 0;
    CHECK(duet_session_ring(alice.session, "bob", NULL, &outgoing) == DUET_OK);
    bad_calls(&alice);
    bad_frames(outgoing);
    native_pictures(outgoing);
    bad_sound(outgoing);
    bad_buffers(outgoing);
    side_take(&alice, outgoing);
    side_take(&bob, side_incoming(&bob));
    CHECK(duet_call_accept(bob.call, NULL) == DUET_OK);
    side_wait(&alice, &alice.connected, "connection");
    side_wait(&bob, &bob.connected, "connection");
    sides_exchange_media(&alice, &bob, 3);
    pictures_wait_and_stay();
    two_threads_hang_up(alice.call);
    side_wait(&bob, &bob.ended, "end");
    every_entry_refuses(alice.call);
    CHECK(duet_call_hang_up(bob.call) == DUET_OK && duet_call_hang_up(bob.call) == DUET_OK);
    CHECK(duet_call_free(bob.call) == DUET_OK);

    /* A closed engine's sessions and calls are there to be asked, and say so. */
    CHECK(duet_engine_close(bob.engine) == DUET_OK && duet_engine_close(bob.engine) == DUET_OK);
    refused(duet_session_ring(bob.session, "alice", NULL, &outgoing), DUET_ERROR_CLOSED, "a closed engine");
    side_close(&bob);

    /* Everything is freed inside the first event of a call that nobody answers. */
    CHECK(duet_session_ring(alice.session, "bob", NULL, &alice.call) == DUET_OK);
    DuetCall last = alice.call;
    atomic_int released = 0;
    CHECK(duet_call_on_event(last, NULL, &released, count_release) == DUET_OK);
    CHECK(released == 1);
    pthread_t waiting;
    CHECK(pthread_create(&thread, NULL, wait_in_vain, NULL) == 0);
    CHECK(pthread_create(&waiting, NULL, wait_for_the_end, &last) == 0);
    CHECK(duet_call_on_event(last, free_inside, &alice, NULL) == DUET_OK);
    CHECK(duet_call_hang_up(last) == DUET_OK || calls_back > 0);
    CHECK(pthread_join(thread, NULL) == 0 && pthread_join(waiting, NULL) == 0);
    wait_for_threads();
    CHECK(calls_back >= 1);
    every_entry_refuses(last);
    CHECK(duet_handle_count() == 0);

    CHECK(duet_log_set_callback(DUET_LOG_LEVEL_OFF, NULL, NULL, NULL) == DUET_OK);
    CHECK(log_released == 1 && log_lines > 0);
    printf("%d log lines\n", log_lines);
    return 0;
}
