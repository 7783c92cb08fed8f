#include "side.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <time.h>

static struct timespec after(long milliseconds) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += milliseconds / 1000;
    time.tv_nsec += (milliseconds % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec += 1;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

void side_pause_ms(long milliseconds) {
    struct timespec time = {0, milliseconds * 1000000};
    nanosleep(&time, NULL);
}

static void carry(const char *message, size_t length, void *user_data) {
    Side *side = user_data;
    CHECK(side->here == NULL || side->here());
    DuetError result = duet_session_deliver(side->other->session, message, length);
    /* The tests of costs ask for more than a session can do at once: a host that carries messages loses none. */
    for (int waited = 0; result == DUET_ERROR_OVERLOADED && waited < DEADLINE_MS; waited++) {
        side_pause_ms(1);
        result = duet_session_deliver(side->other->session, message, length);
    }
    /* What is still said to somebody who has left is lost. */
    CHECK(result == DUET_OK || result == DUET_ERROR_INVALID_HANDLE || result == DUET_ERROR_CLOSED);
}

static void on_session_event(const DuetSessionEvent *event, void *user_data) {
    Side *side = user_data;
    CHECK(side->here == NULL || side->here());
    pthread_mutex_lock(&side->lock);
    if (event->kind == DUET_SESSION_EVENT_KIND_STATE && event->state == DUET_SESSION_STATE_CONNECTED) {
        side->signaling = true;
    } else if (event->kind == DUET_SESSION_EVENT_KIND_INCOMING) {
        side->incoming = event->call;
    } else if (event->kind == DUET_SESSION_EVENT_KIND_FAILED) {
        fprintf(stderr, "%s: %s\n", side->name, event->message);
        exit(1);
    }
    pthread_cond_broadcast(&side->changed);
    pthread_mutex_unlock(&side->lock);
}

static void on_call_event(const DuetCallEvent *event, void *user_data) {
    Side *side = user_data;
    CHECK(side->here == NULL || side->here());
    pthread_mutex_lock(&side->lock);
    if (event->kind == DUET_CALL_EVENT_KIND_CONNECTED) {
        side->connected = true;
    } else if (event->kind == DUET_CALL_EVENT_KIND_FRAME_READY) {
        side->frames_ready++;
    } else if (event->kind == DUET_CALL_EVENT_KIND_ENDED) {
        CHECK(event->reason_name != NULL);
        side->reason = event->reason;
        side->ended = true;
    }
    pthread_cond_broadcast(&side->changed);
    pthread_mutex_unlock(&side->lock);
}

static void on_release(void *user_data) {
    Side *side = user_data;
    pthread_mutex_lock(&side->lock);
    side->released++;
    pthread_cond_broadcast(&side->changed);
    pthread_mutex_unlock(&side->lock);
}

void side_open(Side *side, const char *name, const char *url) {
    side->name = name;
    pthread_mutex_init(&side->lock, NULL);
    pthread_cond_init(&side->changed, NULL);
    DuetSessionConfig config = {.size = sizeof config, .url = url, .user = name, .token = SIDE_TOKEN};
    const DuetEngineConfig engine = {.size = sizeof engine, .executor = side->executor};
    CHECK(duet_engine_new(&engine, &side->engine) == DUET_OK);
    if (url != NULL) {
        CHECK(duet_session_new(side->engine, &config, &side->session) == DUET_OK);
    } else {
        CHECK(duet_session_new_custom(side->engine, &config, carry, side, NULL, &side->session) == DUET_OK);
    }
    CHECK(duet_session_on_event(side->session, on_session_event, side, NULL) == DUET_OK);
    if (url != NULL) {
        side_wait(side, &side->signaling, "signaling");
    }
}

void side_take(Side *side, DuetCall call) {
    side->call = call;
    CHECK(duet_call_on_event(call, on_call_event, side, on_release) == DUET_OK);
}

void side_wait(Side *side, const bool *flag, const char *what) {
    struct timespec end = after(DEADLINE_MS);
    pthread_mutex_lock(&side->lock);
    while (!*flag) {
        if (pthread_cond_timedwait(&side->changed, &side->lock, &end) == ETIMEDOUT) {
            fprintf(stderr, "%s: no %s in time\n", side->name, what);
            exit(1);
        }
    }
    pthread_mutex_unlock(&side->lock);
}

DuetCall side_incoming(Side *side) {
    struct timespec end = after(DEADLINE_MS);
    pthread_mutex_lock(&side->lock);
    while (side->incoming == 0) {
        if (pthread_cond_timedwait(&side->changed, &side->lock, &end) == ETIMEDOUT) {
            fprintf(stderr, "%s: nobody rang\n", side->name);
            exit(1);
        }
    }
    DuetCall call = side->incoming;
    side->incoming = 0;
    pthread_mutex_unlock(&side->lock);
    return call;
}

/* A bright bar that moves over grey, as NV12: two planes, the chroma samples interleaved. */
static void push_picture(Side *side) {
    static unsigned char pixels[WIDTH * HEIGHT * 3 / 2];
    memset(pixels, 90, sizeof pixels);
    memset(pixels + WIDTH * HEIGHT, 128, WIDTH * HEIGHT / 2);
    size_t bar = side->tick * 4 % (HEIGHT - 16);
    memset(pixels + bar * WIDTH, 220, (size_t)16 * WIDTH);
    const unsigned char *chroma = pixels + WIDTH * HEIGHT;
    DuetVideoFrame frame = {
        .size = sizeof frame,
        .width = WIDTH,
        .height = HEIGHT,
        .format = DUET_PIXEL_FORMAT_YUV420,
        .planes = {{pixels, WIDTH * HEIGHT, WIDTH, 1},
                   {chroma, WIDTH * HEIGHT / 2 - 1, WIDTH, 2},
                   {chroma + 1, WIDTH * HEIGHT / 2 - 1, WIDTH, 2}},
    };
    CHECK(duet_local_video_push(side->call, &frame, NULL) == DUET_OK);
}

void side_send_picture(Side *side) {
    side->tick++;
    push_picture(side);
    side_pause_ms(10);
}

/* 10 ms of a loud square wave. */
static void push_sound(Side *side) {
    int16_t samples[BLOCK];
    for (size_t n = 0; n < BLOCK; n++) {
        samples[n] = n / 60 % 2 == 0 ? 8000 : -8000;
    }
    CHECK(duet_local_audio_push_i16(side->call, samples, BLOCK, RATE, 1) == DUET_OK);
}

static void see(Side *side, const DuetFrameInfo *info, const unsigned char *luma, size_t stride) {
    /* The misuse suite pushes smaller ones, too. */
    if (info->width != WIDTH || info->height != HEIGHT) {
        return;
    }
    unsigned different = 0;
    for (size_t row = 0; row < HEIGHT; row++) {
        for (size_t column = 0; column < WIDTH; column++) {
            int before = side->picture[row * WIDTH + column], now = luma[row * stride + column];
            different += abs(before - now) > 40;
            side->picture[row * WIDTH + column] = (unsigned char)now;
        }
    }
    side->pictures++;
    side->changes += different > 100;
}

/* Every other picture by copy, every other one by loan. */
static void pull_picture(Side *side) {
    static unsigned char pixels[WIDTH * HEIGHT * 3 / 2];
    DuetFrameInfo info = {.size = sizeof info};
    if (side->tick % 2 == 0) {
        CHECK(duet_remote_video_pull(side->call, DUET_PIXEL_FORMAT_YUV420, pixels, sizeof pixels, 0, &info)
              == DUET_OK);
        if (info.width != 0) {
            see(side, &info, pixels, WIDTH);
        }
    } else {
        DuetFrame frame = 0;
        CHECK(duet_remote_video_acquire(side->call, &frame, &info) == DUET_OK);
        if (frame != 0) {
            see(side, &info, info.planes[0].data, info.planes[0].row_stride);
            CHECK(duet_frame_release(frame) == DUET_OK);
        }
    }
}

static void pull_sound(Side *side) {
    int16_t samples[BLOCK];
    DuetPlayed played = DUET_PLAYED_SILENCE;
    CHECK(duet_remote_audio_pull_i16(side->call, samples, BLOCK, RATE, 1, &played) == DUET_OK);
    double energy = 0;
    for (size_t n = 0; n < BLOCK; n++) {
        energy += (double)samples[n] * samples[n];
    }
    side->sound |= played == DUET_PLAYED_DECODED && energy / BLOCK > 1e6;
}

bool side_satisfied(const Side *side, unsigned pictures) {
    return side->pictures >= pictures && side->changes >= pictures / 2 && side->sound;
}

void side_exchange(Side *side) {
    if (side->tick++ % 4 == 0) {
        push_picture(side);
    }
    pull_picture(side);
    push_sound(side);
    pull_sound(side);
}

void sides_exchange_media(Side *first, Side *second, unsigned pictures) {
    struct timespec end = after(DEADLINE_MS), now;
    while (!side_satisfied(first, pictures) || !side_satisfied(second, pictures)) {
        side_exchange(first);
        side_exchange(second);
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > end.tv_sec) {
            fprintf(stderr, "pictures %u and %u, changes %u and %u, sound %d and %d\n", first->pictures,
                    second->pictures, first->changes, second->changes, first->sound, second->sound);
            exit(1);
        }
        side_pause_ms(10);
    }
}

void side_close(Side *side) {
    duet_call_free(side->call);
    duet_session_free(side->session);
    duet_engine_free(side->engine);
}

static int threads(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    CHECK(folder != NULL);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

void wait_for_threads(void) {
    struct timespec end = after(DEADLINE_MS), now;
    while (threads() > 1) {
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > end.tv_sec) {
            fprintf(stderr, "%d threads are left\n", threads());
            exit(1);
        }
        side_pause_ms(20);
    }
}
