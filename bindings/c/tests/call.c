/* A whole call between two engines: `call` over the host's own signaling, `call URL` over a service. */
#include "side.h"

#include <stdatomic.h>
#include <string.h>

static Side alice, bob;
static atomic_int lines, addresses;

/* What names people, places or keys is for those who look for a fault: not above debug. */
static void on_line(DuetLogLevel level, const char *target, const char *message, void *user_data) {
    static const char *const secrets[] = {"127.0.0.1", "candidate:", "a=fingerprint", "ice-ufrag", "alice", "bob",
                                          SIDE_TOKEN};
    (void)user_data;
    atomic_fetch_add(&lines, 1);
    for (size_t n = 0; n < sizeof secrets / sizeof *secrets; n++) {
        if (strstr(message, secrets[n]) == NULL) {
            continue;
        }
        atomic_fetch_add(&addresses, 1);
        if (level <= DUET_LOG_LEVEL_INFO) {
            fprintf(stderr, "%s tells %s to everybody: %s\n", target, secrets[n], message);
            exit(1);
        }
    }
}

int main(int argc, char **argv) {
    const char *url = argc > 1 ? argv[1] : NULL;
    CHECK(duet_log_set_callback(DUET_LOG_LEVEL_TRACE, on_line, NULL, NULL) == DUET_OK);
    alice.other = &bob;
    bob.other = &alice;
    side_open(&bob, "bob", url);
    side_open(&alice, "alice", url);

    DuetCall outgoing = 0;
    CHECK(duet_session_ring(alice.session, "bob", NULL, &outgoing) == DUET_OK);
    side_take(&alice, outgoing);
    side_take(&bob, side_incoming(&bob));
    char peer[129], id[2][129];
    CHECK(duet_call_peer(bob.call, peer, sizeof peer, NULL) == DUET_OK && strcmp(peer, "alice") == 0);
    CHECK(duet_call_id(alice.call, id[0], sizeof id[0], NULL) == DUET_OK);
    CHECK(duet_call_id(bob.call, id[1], sizeof id[1], NULL) == DUET_OK);
    CHECK(strcmp(id[0], id[1]) == 0);

    CHECK(duet_call_accept(bob.call, NULL) == DUET_OK);
    side_wait(&alice, &alice.connected, "connection");
    side_wait(&bob, &bob.connected, "connection");
    sides_exchange_media(&alice, &bob, 10);

    DuetCallStats stats = {.size = sizeof stats};
    CHECK(duet_call_stats(bob.call, &stats) == DUET_OK);
    CHECK(stats.inbound_video.frames_decoded >= 10 && stats.inbound_audio.packets_received > 0);
    CHECK(strcmp(stats.dtls, "1.2") == 0 && stats.outbound_video.codec != DUET_VIDEO_CODEC_NONE);

    DuetCallEvent event = {.size = sizeof event};
    CHECK(duet_call_wait_ended(alice.call, 0, &event) == DUET_OK);
    CHECK(event.kind == DUET_CALL_EVENT_KIND_STATE && event.state == DUET_CALL_STATE_CONNECTED);
    CHECK(duet_call_hang_up(alice.call) == DUET_OK);
    CHECK(duet_call_wait_ended(alice.call, DEADLINE_MS, &event) == DUET_OK);
    CHECK(event.kind == DUET_CALL_EVENT_KIND_ENDED && strcmp(event.reason_name, "hang-up") == 0);
    CHECK(event.size == sizeof event && event.accepted && event.ended_by == DUET_ENDED_BY_LOCAL);
    side_wait(&alice, &alice.ended, "end");
    side_wait(&bob, &bob.ended, "end");
    CHECK(alice.reason == DUET_END_REASON_HANG_UP && bob.reason == DUET_END_REASON_HANG_UP);
    printf("%u and %u pictures, the last by %s, over %s\n", alice.pictures, bob.pictures, stats.encoder,
           stats.ice_pair);

    side_close(&alice);
    side_close(&bob);
    CHECK(duet_handle_count() == 0);
    wait_for_threads();
    CHECK(alice.released == 1 && bob.released == 1);
    CHECK(duet_log_set_callback(DUET_LOG_LEVEL_OFF, NULL, NULL, NULL) == DUET_OK);
    /* There was something to keep quiet about. */
    CHECK(lines > 0 && addresses > 0);
    return 0;
}
