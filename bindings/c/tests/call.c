/* A whole call between two engines: `call` over the host's own signaling, `call URL` over a service. */
#include "side.h"

#include <string.h>

static Side alice, bob;

int main(int argc, char **argv) {
    const char *url = argc > 1 ? argv[1] : NULL;
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

    CHECK(duet_call_hang_up(alice.call) == DUET_OK);
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
    return 0;
}
