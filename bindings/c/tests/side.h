/* One end of a call with synthetic pictures and sound. */
#ifndef SIDE_H
#define SIDE_H

#include <duet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* The small picture that both ends send. */
enum { WIDTH = 160, HEIGHT = 120, BLOCK = 480, RATE = 48000 };

/* What a service may not hear twice: no line of the log holds it. */
#define SIDE_TOKEN "a-token-of-ours"

/* No step of a call takes this long, even under valgrind on a loaded machine. */
#define DEADLINE_MS 90000

#define CHECK(condition)                                                                            \
    do {                                                                                            \
        if (!(condition)) {                                                                         \
            fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition,          \
                    duet_last_error());                                                             \
            exit(1);                                                                                \
        }                                                                                           \
    } while (0)

typedef struct Side {
    const char *name;
    DuetEngine engine;
    DuetSession session;
    DuetCall call;
    /* Where messages go when the host carries them. */
    struct Side *other;
    /* Where callbacks run; NULL: on the engine's thread. */
    const DuetExecutor *executor;
    /* Whether this is where they run; NULL: not checked. */
    bool (*here)(void);

    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool signaling, connected, ended;
    DuetCall incoming;
    DuetEndReason reason;
    unsigned frames_ready;
    int released;

    /* What was seen and heard. */
    unsigned char picture[WIDTH * HEIGHT * 3 / 2];
    unsigned pictures, changes;
    bool sound;
    unsigned tick;
} Side;

/* An engine and a session: to a service, or over the host's own signaling if `url` is NULL. */
void side_open(Side *side, const char *name, const char *url);
/* Takes over a call and listens to it. */
void side_take(Side *side, DuetCall call);
/* Waits until a flag of the side is set. */
void side_wait(Side *side, const bool *flag, const char *what);
/* Waits for somebody to ring. */
DuetCall side_incoming(Side *side);
/* Sends one picture and gives it 10 ms to arrive. */
void side_send_picture(Side *side);
/* Both send and receive until each has seen `pictures` and heard the other. */
void sides_exchange_media(Side *first, Side *second, unsigned pictures);
void side_pause_ms(long milliseconds);
/* Frees the handles that are left. */
void side_close(Side *side);
/* Waits until the threads of all engines are gone, so that leaks can be told from work. */
void wait_for_threads(void);

#endif
