/* Callbacks where the host wants them: on a thread of its own, at once, late, twice, and while it frees everything. */
#include "side.h"

#include <stdatomic.h>
#include <string.h>

enum { MOST_TASKS = 4096 };

/* A thread with a queue of tasks: an app's main loop. */
typedef struct Loop {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        DuetTask task;
        void *task_data;
    } tasks[MOST_TASKS];
    size_t first, last;
    bool released;
} Loop;

static Side alice, bob;
static Loop loop;
static atomic_int released;
static _Thread_local bool in_loop;

static bool here(void) {
    return in_loop;
}

static void put(DuetTask task, void *task_data, void *user_data) {
    Loop *queue = user_data;
    pthread_mutex_lock(&queue->lock);
    CHECK(queue->last < MOST_TASKS);
    queue->tasks[queue->last].task = task;
    queue->tasks[queue->last++].task_data = task_data;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

static void on_released(void *user_data) {
    Loop *queue = user_data;
    pthread_mutex_lock(&queue->lock);
    CHECK(!queue->released);
    queue->released = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

/* Runs tasks until there will be no more. */
static void *run_loop(void *argument) {
    Loop *queue = argument;
    in_loop = true;
    pthread_mutex_lock(&queue->lock);
    while (!queue->released) {
        if (queue->first == queue->last) {
            pthread_cond_wait(&queue->changed, &queue->lock);
            continue;
        }
        size_t next = queue->first++;
        pthread_mutex_unlock(&queue->lock);
        queue->tasks[next].task(queue->tasks[next].task_data);
        pthread_mutex_lock(&queue->lock);
    }
    CHECK(queue->first == queue->last);
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

static void count_release(void *user_data) {
    (void)user_data;
    atomic_fetch_add(&released, 1);
}

static void run_twice(DuetTask task, void *task_data, void *user_data) {
    (void)user_data;
    task(task_data);
    task(task_data);
    task(NULL);
}

/* Held until there is everything that is then freed. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static void free_and_run(DuetTask task, void *task_data, void *user_data) {
    Side *side = user_data;
    pthread_mutex_lock(&making);
    side_close(side);
    pthread_mutex_unlock(&making);
    task(task_data);
}

static void never(DuetTask task, void *task_data, void *user_data) {
    (void)task, (void)task_data, (void)user_data;
    CHECK(false);
}

static void wait_for_release(int count) {
    for (int waited = 0; atomic_load(&released) < count; waited += 5) {
        CHECK(waited < DEADLINE_MS);
        side_pause_ms(5);
    }
    CHECK(released == count);
}

static void bad_executors(void) {
    DuetEngine engine = 0;
    DuetExecutor executor = {.size = sizeof executor, .release = count_release};
    DuetEngineConfig config = {.size = sizeof config, .executor = &executor};
    CHECK(duet_engine_new(&config, &engine) == DUET_ERROR_INVALID_ARGUMENT && released == 1);
    executor.run = never;
    CHECK(duet_engine_new(&config, NULL) == DUET_ERROR_INVALID_ARGUMENT && released == 2);
    config.worker_threads = 99;
    CHECK(duet_engine_new(&config, &engine) == DUET_ERROR_INVALID_ARGUMENT && released == 3);
    config.worker_threads = 0;
    executor.size = 1;
    CHECK(duet_engine_new(&config, &engine) == DUET_ERROR_INVALID_ARGUMENT && released == 3);
    executor.size = sizeof executor;
    /* A host of the first version knows nothing of executors. */
    config.size = offsetof(DuetEngineConfig, executor);
    CHECK(duet_engine_new(&config, &engine) == DUET_OK && duet_engine_free(engine) == DUET_OK);
    CHECK(engine != 0 && released == 3);
    atomic_store(&released, 0);
}

/* One end on the host's loop, the other on an executor that runs each task at once, and then again. */
static void a_whole_call(void) {
    pthread_mutex_init(&loop.lock, NULL);
    pthread_cond_init(&loop.changed, NULL);
    CHECK(pthread_create(&loop.thread, NULL, run_loop, &loop) == 0);
    const DuetExecutor on_loop = {
        .size = sizeof on_loop, .run = put, .user_data = &loop, .release = on_released};
    const DuetExecutor twice = {.size = sizeof twice, .run = run_twice, .release = count_release};
    alice = (Side){.other = &bob, .executor = &on_loop, .here = here};
    bob = (Side){.other = &alice, .executor = &twice};
    side_open(&alice, "alice", NULL);
    side_open(&bob, "bob", NULL);
    DuetCall outgoing = 0;
    CHECK(duet_session_ring(alice.session, "bob", NULL, &outgoing) == DUET_OK);
    side_take(&alice, outgoing);
    side_take(&bob, side_incoming(&bob));
    CHECK(duet_call_accept(bob.call, NULL) == DUET_OK);
    side_wait(&alice, &alice.connected, "connection");
    side_wait(&bob, &bob.connected, "connection");
    sides_exchange_media(&alice, &bob, 5);
    CHECK(alice.frames_ready > 0);
    CHECK(duet_call_hang_up(bob.call) == DUET_OK);
    side_wait(&alice, &alice.ended, "end");
    side_wait(&bob, &bob.ended, "end");
    side_close(&alice);
    side_close(&bob);
    CHECK(pthread_join(loop.thread, NULL) == 0);
    CHECK(loop.last > 10 && loop.released && alice.released == 1);
    wait_for_release(1);
    wait_for_threads();
}

/* What was queued when everything was freed does no harm, and is what the executor's memory waits for. */
static void tasks_outlive_the_engine(void) {
    memset(&loop, 0, sizeof loop);
    pthread_mutex_init(&loop.lock, NULL);
    pthread_cond_init(&loop.changed, NULL);
    const DuetExecutor later = {.size = sizeof later, .run = put, .user_data = &loop, .release = on_released};
    alice = (Side){.other = &bob, .executor = &later};
    bob = (Side){.other = &alice};
    side_open(&alice, "alice", NULL);
    CHECK(duet_session_ring(alice.session, "bob", NULL, &alice.call) == DUET_OK);
    side_take(&alice, alice.call);
    while (loop.last == 0) {
        side_pause_ms(5);
    }
    side_close(&alice);
    wait_for_threads();
    CHECK(duet_handle_count() == 0 && !loop.released && loop.last > 0);
    for (size_t next = 0; next < loop.last; next++) {
        CHECK(!loop.released);
        loop.tasks[next].task(loop.tasks[next].task_data);
    }
    CHECK(loop.released);
}

static void everything_is_freed_inside(void) {
    const DuetExecutor executor = {
        .size = sizeof executor, .run = free_and_run, .user_data = &alice, .release = count_release};
    alice = (Side){.other = &bob, .executor = &executor};
    pthread_mutex_lock(&making);
    side_open(&alice, "alice", NULL);
    CHECK(duet_session_ring(alice.session, "bob", NULL, &alice.call) == DUET_OK);
    pthread_mutex_unlock(&making);
    wait_for_release(2);
    wait_for_threads();
    CHECK(duet_handle_count() == 0);
}

int main(void) {
    bad_executors();
    a_whole_call();
    tasks_outlive_the_engine();
    everything_is_freed_inside();
    return 0;
}
