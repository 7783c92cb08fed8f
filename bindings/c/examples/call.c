/* A call in a page of C: `call URL NAME [CALLEE]` rings CALLEE, or waits to be rung. */
#include <duet.h>
#include <stdio.h>
#include <time.h>

static volatile DuetCall call;
static volatile bool over;

static void on_session(const DuetSessionEvent *event, void *user_data) {
    (void)user_data;
    if (event->kind == DUET_SESSION_EVENT_KIND_INCOMING) call = event->call;
}

static void on_call(const DuetCallEvent *event, void *user_data) {
    (void)user_data;
    DuetFrameInfo info = {.size = sizeof info};
    DuetFrame frame = 0;
    if (event->kind == DUET_CALL_EVENT_KIND_FRAME_READY && !duet_remote_video_acquire(call, &frame, &info)) {
        if (frame) printf("a %ux%u picture\n", info.width, info.height);
        duet_frame_release(frame);
    }
    if (event->kind == DUET_CALL_EVENT_KIND_ENDED) over = (printf("over: %s\n", event->reason_name), true);
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const struct timespec frame_time = {0, 33000000};
    DuetSessionConfig config = {.size = sizeof config, .url = argv[1], .user = argv[2]};
    DuetEngine engine;
    DuetSession session;
    DuetCall outgoing = 0;
    if (duet_engine_new(NULL, &engine) || duet_session_new(engine, &config, &session)) return 1;
    duet_session_on_event(session, on_session, NULL, NULL);
    if (argc > 3 && duet_session_ring(session, argv[3], NULL, &outgoing)) return 1;
    call = argc > 3 ? outgoing : call;
    while (!call) nanosleep(&frame_time, NULL);
    duet_call_on_event(call, on_call, NULL, NULL);
    duet_call_accept(call, NULL); /* Of a call that we placed, it does nothing. */
    static uint8_t gray[640 * 480 * 3 / 2] = {128};
    const uint8_t *u = gray + 640 * 480, *v = u + 320 * 240;
    DuetVideoFrame picture = {.size = sizeof picture, .width = 640, .height = 480,
        .planes = {{gray, 640 * 480, 640, 1}, {u, 320 * 240, 320, 1}, {v, 320 * 240, 320, 1}}};
    while (!over) {
        duet_local_video_push(call, &picture, NULL);
        nanosleep(&frame_time, NULL);
    }
    duet_engine_close_and_wait(engine, 1000, NULL);
    duet_engine_free(engine);
    return 0;
}
