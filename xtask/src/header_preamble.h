/**
 * @file duet.h
 * Duet: an embeddable engine for one-to-one audio and video calls.
 *
 * Objects are handles: numbers, 0 being none. A handle that was freed, or is of another kind, gives
 * DUET_ERROR_INVALID_HANDLE, never a crash; freeing an object while another thread uses it is safe.
 * Every function may be called from any thread and inside any callback, and none waits for the network or
 * a codec, but for those that have `wait` in their names. Functions return DUET_OK or an error; duet_last_error() has
 * the words.
 *
 * Callbacks run on one thread per engine, or where its DuetExecutor runs them, in order, under no lock; log
 * callbacks on any thread. Their `user_data` belongs to Duet until `release` is called, exactly once.
 *
 * Structs that may grow begin with `size`: set it to sizeof, and the rest to zero for the defaults:
 *
 *     DuetCallOptions options = {.size = sizeof options, .no_video = true};
 *
 * Made by `cargo xtask header` from ffi/src/c; do not edit.
 */
