/* A call in a page of C: `call URL NAME [CALLEE]` rings CALLEE, or waits to be rung; the hundredth picture ends it. */
#include <duet.h>
#include <stdio.h>
#include <time.h>

static volatile DuetCall call;
static volatile bool over;
static int pictures;

static void on_session(const DuetSessionEvent *event, void *user_data) {
    (void)user_data;
    if (event->kind == DUET_SESSION_EVENT_KIND_INCOMING) call = event->call;
}

static void on_call(const DuetCallEvent *event, void *user_data) {
    (void)user_data;
    DuetFrame frame = 0;
    if (event->kind == DUET_CALL_EVENT_KIND_FRAME_READY) duet_remote_video_acquire(call, &frame, NULL);
    if (frame && ++pictures == 100) duet_call_hang_up(call);
    duet_frame_release(frame);
    if (event->kind == DUET_CALL_EVENT_KIND_ENDED) over = printf("%d pictures, %s\n", pictures, event->reason_name) > 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    static uint8_t gray[640 * 480 * 3 / 2] = {128};
    DuetVideoFrame picture = {.size = sizeof picture};
    DuetSessionConfig config = {.size = sizeof config, .url = argv[1], .user = argv[2]};
    DuetEngine engine;
    DuetSession session;
    DuetCall outgoing = 0;
    if (duet_engine_new(NULL, &engine) || duet_session_new(engine, &config, &session)) return 1;
    duet_session_on_event(session, on_session, NULL, NULL);
    if (argc > 3 && duet_session_ring(session, argv[3], NULL, &outgoing)) return 1;
    if (outgoing) call = outgoing;
    while (!call) nanosleep(&(struct timespec){.tv_nsec = 33000000}, NULL);
    duet_call_on_event(call, on_call, NULL, NULL);
    duet_call_accept(call, NULL); /* Of a call that we placed, it does nothing. */
    duet_video_frame_i420(640, 480, gray, sizeof gray, &picture);
    while (!over) {
        duet_local_video_push(call, &picture, NULL);
        nanosleep(&(struct timespec){.tv_nsec = 33000000}, NULL);
    }
    duet_engine_close_and_wait(engine, 1000, NULL);
    return duet_engine_free(engine);
}
