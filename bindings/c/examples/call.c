/* A call in a page of C: `call URL NAME [CALLEE]` rings CALLEE, or waits to be rung; the hundredth picture ends it. */
#include <duet.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    DuetSessionConfig config = {.size = sizeof config, .url = argv[1], .user = argv[2]};
    DuetEngine engine;
    DuetSession session;
    DuetCall call = 0;
    if (duet_engine_new(NULL, &engine) || duet_session_new(engine, &config, &session)) return 1;
    if (argc > 3) duet_session_ring(session, argv[3], NULL, &call);
    if (argc == 3) duet_session_wait_call(session, 60000, &call);
    duet_call_accept(call, NULL); /* Of a call that we placed, it does nothing. */

    static const uint8_t gray[640 * 480 * 3 / 2] = {128};
    DuetVideoFrame picture = {.size = sizeof picture};
    duet_video_frame_i420(640, 480, gray, sizeof gray, &picture);
    DuetCallEvent event = {.size = sizeof event};
    int pictures = 0;
    while (pictures < 100 && !duet_call_wait_ended(call, 33, &event) && event.kind != DUET_CALL_EVENT_KIND_ENDED) {
        DuetFrame frame = 0;
        duet_local_video_push(call, &picture, NULL);
        duet_remote_video_acquire(call, &frame, NULL);
        if (frame) pictures += duet_frame_release(frame) == DUET_OK;
    }
    if (duet_call_hang_up(call) || duet_call_wait_ended(call, 1000, &event) || !event.reason_name) return 1;
    printf("%d pictures, %s\n", pictures, event.reason_name);
    return duet_engine_close_and_wait(engine, 1000, NULL) || duet_engine_free(engine);
}
