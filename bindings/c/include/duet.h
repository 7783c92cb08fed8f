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

#ifndef DUET_H
#define DUET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Success, as a number beside `DuetError`: `if (duet_call_hang_up(call) != DUET_OK) ...`.
 */
#define DUET_OK 0

/**
 * What a function returns. Numbers are stable and never reused. `duet_last_error` has the words.
 */
enum DuetError
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It worked.
     */
    DUET_ERROR_NONE = 0,
    /**
     * An argument is NULL, out of range or not valid UTF-8.
     */
    DUET_ERROR_INVALID_ARGUMENT = 1,
    /**
     * The handle is 0, was freed, or stands for an object of another kind.
     */
    DUET_ERROR_INVALID_HANDLE = 2,
    /**
     * The buffer is too small; the function says how much is needed. Nothing was written or lost.
     */
    DUET_ERROR_BUFFER_TOO_SMALL = 3,
    /**
     * The signaling service cannot be reached or does not answer properly.
     */
    DUET_ERROR_SIGNALING = 4,
    /**
     * The signaling service refused the user.
     */
    DUET_ERROR_UNAUTHORIZED = 5,
    /**
     * Two are in the room already.
     */
    DUET_ERROR_ROOM_FULL = 6,
    /**
     * The other user is not there.
     */
    DUET_ERROR_NOT_FOUND = 7,
    /**
     * The object was closed.
     */
    DUET_ERROR_CLOSED = 8,
    /**
     * Too many requests are waiting; try again.
     */
    DUET_ERROR_OVERLOADED = 9,
    /**
     * A codec is missing or failed.
     */
    DUET_ERROR_CODEC = 10,
    /**
     * The operating system refused a resource, or a bug in Duet.
     */
    DUET_ERROR_INTERNAL = 11,
    /**
     * Somebody of that name is connected already.
     */
    DUET_ERROR_NAME_TAKEN = 12,
    /**
     * The signaling system has no word for it; or this build cannot read such native pictures.
     */
    DUET_ERROR_UNSUPPORTED = 13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetError DuetError;
#else
typedef int32_t DuetError;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the best part of a block of sound is.
 */
enum DuetPlayed
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing was sent, or nothing came for so long that concealment faded out.
     */
    DUET_PLAYED_SILENCE = 0,
    /**
     * Invented, because a packet is missing.
     */
    DUET_PLAYED_CONCEALED = 1,
    /**
     * What the sender said.
     */
    DUET_PLAYED_DECODED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetPlayed DuetPlayed;
#else
typedef uint32_t DuetPlayed;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a call tells its host.
 */
enum DuetCallEventKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The call is in another state: `state`.
     */
    DUET_CALL_EVENT_KIND_STATE = 0,
    /**
     * It rings at the other end.
     */
    DUET_CALL_EVENT_KIND_REMOTE_RINGING = 1,
    /**
     * What the other end sends: `audio`, `video`, `screen`.
     */
    DUET_CALL_EVENT_KIND_REMOTE_MEDIA = 2,
    /**
     * Who holds the call has changed: `held_locally`, `held_remotely`.
     */
    DUET_CALL_EVENT_KIND_HELD = 3,
    /**
     * About pictures in a call that had none: `video_news`.
     */
    DUET_CALL_EVENT_KIND_VIDEO = 4,
    /**
     * Media flows for the first time: `setup_us`.
     */
    DUET_CALL_EVENT_KIND_CONNECTED = 5,
    /**
     * A new remote frame can be pulled. Several frames may have come.
     */
    DUET_CALL_EVENT_KIND_FRAME_READY = 6,
    /**
     * The call is over: `ended_by`, `reason`, `reason_name`, `phase`, `duration_ms` and the facts after
     * them. Always the last event, exactly once.
     */
    DUET_CALL_EVENT_KIND_ENDED = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetCallEventKind DuetCallEventKind;
#else
typedef uint32_t DuetCallEventKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a call stands.
 */
enum DuetCallState
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * In a room, alone.
     */
    DUET_CALL_STATE_WAITING = 0,
    /**
     * Rings at the other end.
     */
    DUET_CALL_STATE_OUTGOING = 1,
    /**
     * Rings here.
     */
    DUET_CALL_STATE_INCOMING = 2,
    /**
     * Accepted; media is not connected yet.
     */
    DUET_CALL_STATE_CONNECTING = 3,
    /**
     * In the call.
     */
    DUET_CALL_STATE_CONNECTED = 4,
    /**
     * In the call; media was lost and is being recovered.
     */
    DUET_CALL_STATE_RECONNECTING = 5,
    /**
     * Over.
     */
    DUET_CALL_STATE_ENDED = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetCallState DuetCallState;
#else
typedef uint32_t DuetCallState;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * About pictures in a call that had none.
 */
enum DuetVideoNews
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The other end would like pictures: ask the person, then `duet_call_answer_video`.
     */
    DUET_VIDEO_NEWS_ASKED = 0,
    /**
     * Both want them.
     */
    DUET_VIDEO_NEWS_AGREED = 1,
    /**
     * They are not wanted, or nobody answered, or the question was taken back.
     */
    DUET_VIDEO_NEWS_DECLINED = 2,
    /**
     * There were pictures; one of the ends wants no more.
     */
    DUET_VIDEO_NEWS_STOPPED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetVideoNews DuetVideoNews;
#else
typedef uint32_t DuetVideoNews;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Who ended a call.
 */
enum DuetEndedBy
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The person or host at this end.
     */
    DUET_ENDED_BY_LOCAL = 0,
    /**
     * The other end.
     */
    DUET_ENDED_BY_REMOTE = 1,
    /**
     * Nobody: time ran out.
     */
    DUET_ENDED_BY_TIMEOUT = 2,
    /**
     * The service, the network or the engine.
     */
    DUET_ENDED_BY_SYSTEM = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetEndedBy DuetEndedBy;
#else
typedef uint32_t DuetEndedBy;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why a call ended.
 */
enum DuetEndReason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Somebody hung up.
     */
    DUET_END_REASON_HANG_UP = 0,
    /**
     * The callee did not want to answer.
     */
    DUET_END_REASON_DECLINED = 1,
    /**
     * The callee is in another call.
     */
    DUET_END_REASON_BUSY = 2,
    /**
     * Nobody answered.
     */
    DUET_END_REASON_RING_TIMEOUT = 3,
    /**
     * The caller gave up ringing.
     */
    DUET_END_REASON_CANCELLED = 4,
    /**
     * Another device of the callee answered.
     */
    DUET_END_REASON_ACCEPTED_ELSEWHERE = 5,
    /**
     * Another device of the callee declined.
     */
    DUET_END_REASON_DECLINED_ELSEWHERE = 6,
    /**
     * Both ends rang each other; the other of the two calls goes on.
     */
    DUET_END_REASON_GLARE_LOST = 7,
    /**
     * The other one rang anew: their new call takes the place of this one.
     */
    DUET_END_REASON_RECALLED = 8,
    /**
     * Two are in the room already.
     */
    DUET_END_REASON_ROOM_FULL = 9,
    /**
     * The other one left the room.
     */
    DUET_END_REASON_PEER_LEFT = 10,
    /**
     * The other one is not connected to the service.
     */
    DUET_END_REASON_NOT_FOUND = 11,
    /**
     * The invite reached no device of the other one in time.
     */
    DUET_END_REASON_UNREACHABLE = 12,
    /**
     * This user may not do that.
     */
    DUET_END_REASON_UNAUTHORIZED = 13,
    /**
     * Too many calls, rooms or messages.
     */
    DUET_END_REASON_RATE_LIMITED = 14,
    /**
     * The service refused for another reason.
     */
    DUET_END_REASON_REFUSED = 15,
    /**
     * The signaling connection is gone for good.
     */
    DUET_END_REASON_SIGNALING_LOST = 16,
    /**
     * A newer connection of the same user took over.
     */
    DUET_END_REASON_REPLACED = 17,
    /**
     * Media did not connect in time.
     */
    DUET_END_REASON_CONNECT_TIMEOUT = 18,
    /**
     * ICE found no way, or lost it and found no new one.
     */
    DUET_END_REASON_ICE_FAILED = 19,
    /**
     * The DTLS handshake failed.
     */
    DUET_END_REASON_DTLS_FAILED = 20,
    /**
     * The two ends have no codec in common.
     */
    DUET_END_REASON_NO_COMMON_CODEC = 21,
    /**
     * The other end vanished without a word.
     */
    DUET_END_REASON_PEER_GONE = 22,
    /**
     * The callee could not take part in the call.
     */
    DUET_END_REASON_REMOTE_FAILED = 23,
    /**
     * The engine failed; its log says more.
     */
    DUET_END_REASON_INTERNAL = 24,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetEndReason DuetEndReason;
#else
typedef uint32_t DuetEndReason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How far a call had come when it ended.
 */
enum DuetPhase
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It rang, here or there.
     */
    DUET_PHASE_RINGING = 0,
    /**
     * Alone in the room.
     */
    DUET_PHASE_WAITING = 1,
    /**
     * Accepted, media not yet connected.
     */
    DUET_PHASE_CONNECTING = 2,
    /**
     * In the call.
     */
    DUET_PHASE_CONNECTED = 3,
    /**
     * Had been connected; media was lost.
     */
    DUET_PHASE_RECONNECTING = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetPhase DuetPhase;
#else
typedef uint32_t DuetPhase;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How much is logged. Descriptions of connections, addresses and user data appear at debug and trace
 * only.
 */
enum DuetLogLevel
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing.
     */
    DUET_LOG_LEVEL_OFF = 0,
    /**
     * Bugs.
     */
    DUET_LOG_LEVEL_ERROR = 1,
    /**
     * What a host should know of.
     */
    DUET_LOG_LEVEL_WARN = 2,
    /**
     * Milestones.
     */
    DUET_LOG_LEVEL_INFO = 3,
    /**
     * For those who look for a fault.
     */
    DUET_LOG_LEVEL_DEBUG = 4,
    /**
     * Everything.
     */
    DUET_LOG_LEVEL_TRACE = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetLogLevel DuetLogLevel;
#else
typedef uint32_t DuetLogLevel;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a session tells its host.
 */
enum DuetSessionEventKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The session is in another state: `state`.
     */
    DUET_SESSION_EVENT_KIND_STATE = 0,
    /**
     * Somebody rings: `call`, which is the host's to free. Set its event handler, then accept or
     * decline it. A call that is not `DUET_CALL_STATE_INCOMING` any more took the place of one of
     * ours with that person, because both rang at once: it is accepted already.
     */
    DUET_SESSION_EVENT_KIND_INCOMING = 1,
    /**
     * The service is gone for good, and the session with it: `error` and `message`. Calls that are
     * connected go on until they are hung up.
     */
    DUET_SESSION_EVENT_KIND_FAILED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetSessionEventKind DuetSessionEventKind;
#else
typedef uint32_t DuetSessionEventKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a session stands.
 */
enum DuetSessionState
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Not connected yet.
     */
    DUET_SESSION_STATE_CONNECTING = 0,
    /**
     * Connected: can ring and be rung. Sessions over the host's own signaling always are.
     */
    DUET_SESSION_STATE_CONNECTED = 1,
    /**
     * The connection broke and is being made anew; calls go on.
     */
    DUET_SESSION_STATE_RECONNECTING = 2,
    /**
     * Over.
     */
    DUET_SESSION_STATE_CLOSED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetSessionState DuetSessionState;
#else
typedef uint32_t DuetSessionState;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A video codec.
 */
enum DuetVideoCodec
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * None, or not agreed on yet.
     */
    DUET_VIDEO_CODEC_NONE = 0,
    /**
     * H.264.
     */
    DUET_VIDEO_CODEC_H264 = 1,
    /**
     * VP8.
     */
    DUET_VIDEO_CODEC_VP8 = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetVideoCodec DuetVideoCodec;
#else
typedef uint32_t DuetVideoCodec;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How luma and chroma map to RGB.
 */
enum DuetColorSpace
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * ITU-R BT.601, limited range: phone cameras, unless they say otherwise.
     */
    DUET_COLOR_SPACE_BT601_LIMITED = 0,
    /**
     * ITU-R BT.601, full range (JPEG).
     */
    DUET_COLOR_SPACE_BT601_FULL = 1,
    /**
     * ITU-R BT.709, limited range.
     */
    DUET_COLOR_SPACE_BT709_LIMITED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetColorSpace DuetColorSpace;
#else
typedef uint32_t DuetColorSpace;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * When ICE and DTLS run in a ringing call.
 */
enum DuetConnectPolicy
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * While it rings, so that answering feels instant.
     */
    DUET_CONNECT_POLICY_WHILE_RINGING = 0,
    /**
     * Only once accepted: a caller learns nothing about who does not answer.
     */
    DUET_CONNECT_POLICY_AFTER_ACCEPT = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetConnectPolicy DuetConnectPolicy;
#else
typedef uint32_t DuetConnectPolicy;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What happened to the device that calls run on.
 */
enum DuetDeviceNews
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A telephone (GSM) call has begun: calls are held until it ends, and the other ends told so.
     */
    DUET_DEVICE_NEWS_PHONE_CALL_BEGAN = 0,
    /**
     * It is over: calls go on, unless a person holds them.
     */
    DUET_DEVICE_NEWS_PHONE_CALL_ENDED = 1,
    /**
     * Another app has the sound: the microphone is closed and nothing is played. Pictures go on.
     */
    DUET_DEVICE_NEWS_AUDIO_FOCUS_LOST = 2,
    /**
     * The sound is ours again.
     */
    DUET_DEVICE_NEWS_AUDIO_FOCUS_REGAINED = 3,
    /**
     * The app is not visible: the camera is closed. Sound and a shared screen go on.
     */
    DUET_DEVICE_NEWS_BACKGROUND = 4,
    /**
     * The app is visible.
     */
    DUET_DEVICE_NEWS_FOREGROUND = 5,
    /**
     * The device is cool: fit for anything.
     */
    DUET_DEVICE_NEWS_THERMAL_NORMAL = 6,
    /**
     * The device is warm: pictures are sent smaller and less often.
     */
    DUET_DEVICE_NEWS_THERMAL_WARM = 7,
    /**
     * The device is hot: no pictures are sent.
     */
    DUET_DEVICE_NEWS_THERMAL_HOT = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetDeviceNews DuetDeviceNews;
#else
typedef uint32_t DuetDeviceNews;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What kind of memory a native picture is in.
 */
enum DuetNativeKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A `CVPixelBufferRef` (Apple): 4:2:0 in two or three planes of 8 bits, or BGRA. VideoToolbox takes it
     * without a copy.
     */
    DUET_NATIVE_KIND_CV_PIXEL_BUFFER = 1,
    /**
     * An `AHardwareBuffer *` (Android 8.0 and later): RGBA, or YUV 4:2:0 of 8 bits from Android 10 on. It must
     * be readable by the CPU.
     */
    DUET_NATIVE_KIND_A_HARDWARE_BUFFER = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetNativeKind DuetNativeKind;
#else
typedef uint32_t DuetNativeKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How the bytes of a picture are laid out.
 */
enum DuetPixelFormat
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * 8-bit 4:2:0 in three planes Y, U and V, each with its strides: I420, NV12, NV21 and Android's
     * YUV_420_888 alike. Pulled frames are I420: tight planes, one behind the other.
     */
    DUET_PIXEL_FORMAT_YUV420 = 0,
    /**
     * R, G, B, A in memory order, one plane.
     */
    DUET_PIXEL_FORMAT_RGBA = 1,
    /**
     * B, G, R, A in memory order, one plane.
     */
    DUET_PIXEL_FORMAT_BGRA = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum DuetPixelFormat DuetPixelFormat;
#else
typedef uint32_t DuetPixelFormat;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * One call. 0 is none.
 */
typedef uint64_t DuetCall;

/**
 * An event of a call. Valid during the callback only, but for `reason_name`, which is static.
 */
typedef struct DuetCallEvent {
    /**
     * The size of this struct in the library.
     */
    size_t size;
    /**
     * What happened, and which of the fields below mean something.
     */
    DuetCallEventKind kind;
    /**
     * The new state.
     */
    DuetCallState state;
    /**
     * The other end's microphone is open.
     */
    bool audio;
    /**
     * The other end sends pictures.
     */
    bool video;
    /**
     * The pictures are a screen's.
     */
    bool screen;
    /**
     * This end holds the call.
     */
    bool held_locally;
    /**
     * The other end holds the call.
     */
    bool held_remotely;
    /**
     * About pictures.
     */
    DuetVideoNews video_news;
    /**
     * Time since the call was accepted, or since the other one was in the room, in us.
     */
    uint64_t setup_us;
    /**
     * Who ended the call.
     */
    DuetEndedBy ended_by;
    /**
     * Why.
     */
    DuetEndReason reason;
    /**
     * Why, as a word: `hang-up`, `ring-timeout` ...; NULL for other events.
     */
    const char *reason_name;
    /**
     * How far the call had come.
     */
    DuetPhase phase;
    /**
     * How long media had been connected, in ms.
     */
    uint64_t duration_ms;
    /**
     * How often a connected call had to recover its media, or to move to another network.
     */
    uint32_t recoveries;
    /**
     * It was answered; or, in a room, somebody was there.
     */
    bool accepted;
} DuetCallEvent;

/**
 * Receives a call's events, on the engine's event thread, in order. Any Duet function may be called
 * inside; nothing may be thrown out of it.
 */
typedef void (*DuetCallCallback)(const struct DuetCallEvent *event, void *user_data);

/**
 * Called once when Duet has no more use for a `user_data`, on whatever thread that happens.
 */
typedef void (*DuetRelease)(void *user_data);

/**
 * What a call sends and receives, and how much of the network it may use. Zero, or NULL instead of
 * the struct, means the default.
 */
typedef struct DuetCallOptions {
    /**
     * `sizeof(DuetCallOptions)`.
     */
    size_t size;
    /**
     * No sound.
     */
    bool no_audio;
    /**
     * No pictures.
     */
    bool no_video;
    /**
     * The pictures are a screen's: sharp text before smooth motion.
     */
    bool screen;
    /**
     * Frames per second the host will push, 1 to 60; 0: 30.
     */
    uint32_t fps;
    /**
     * The only video codec to use, a `DuetVideoCodec`; 0: all of this build, H.264 first.
     */
    uint32_t codec;
    /**
     * First guess of the network, in kbit/s; 0: 800.
     */
    uint32_t start_kbps;
    /**
     * Upper bound for audio and video together, in kbit/s; 0: 2500.
     */
    uint32_t max_kbps;
} DuetCallOptions;

/**
 * One callback on its way to the host. Called with its `task_data`, it makes the callback; called again,
 * it does nothing.
 */
typedef void (*DuetTask)(void *task_data);

/**
 * Takes a task, and calls `task(task_data)` exactly once: at once or any time later, on any thread, even
 * after the engine was freed. Tasks are run one after the other, in the order in which they came: they are
 * the order of events. A host that cannot queue a task any more runs it at once; one that never runs it
 * leaks it.
 *
 * It is called on the engine's event thread, under no lock, and must not throw.
 */
typedef void (*DuetRun)(DuetTask task, void *task_data, void *user_data);

/**
 * Where an engine's callbacks run: an app's main thread, a dispatch queue, an event loop. With Apple's
 * libdispatch, `run` is one line: `dispatch_async_f(user_data, task_data, task)`.
 */
typedef struct DuetExecutor {
    /**
     * `sizeof(DuetExecutor)`.
     */
    size_t size;
    /**
     * Takes each task; not NULL.
     */
    DuetRun run;
    /**
     * Handed to `run`.
     */
    void *user_data;
    /**
     * Called once when `user_data` is not needed any more: after the last task has run; also when the engine
     * cannot be started. May be NULL.
     */
    DuetRelease release;
} DuetExecutor;

/**
 * How an engine runs. Zero, or NULL instead of the struct, means the default.
 */
typedef struct DuetEngineConfig {
    /**
     * `sizeof(DuetEngineConfig)`.
     */
    size_t size;
    /**
     * Threads for signaling and transport, 1 to 16; 0: 1, which carries several calls.
     */
    uint32_t worker_threads;
    /**
     * Where callbacks run, those of logs aside; NULL: on the engine's event thread.
     */
    const struct DuetExecutor *executor;
} DuetEngineConfig;

/**
 * An engine: threads, sessions and their calls. One serves a whole app. 0 is none.
 */
typedef uint64_t DuetEngine;

/**
 * Receives log lines, on whatever thread writes them: several may call at once. What Duet logs inside
 * the callback is dropped. Both texts are valid during the callback only; nothing may be thrown out of it.
 */
typedef void (*DuetLogCallback)(DuetLogLevel level, const char *target, const char *message, void *user_data);

/**
 * Called once when a native picture is not needed any more, on any thread, under no lock; any function of
 * Duet may be called from it.
 */
typedef void (*DuetReleaseNative)(void *user_data, void *handle);

/**
 * A picture in the platform's own memory. It is held by `handle` until `release` is called.
 */
typedef struct DuetNativeFrame {
    /**
     * `sizeof(DuetNativeFrame)`.
     */
    size_t size;
    /**
     * A `DuetNativeKind`.
     */
    uint32_t kind;
    /**
     * A `DuetColorSpace`.
     */
    uint32_t color;
    /**
     * Clockwise rotation a viewer must apply: 0, 90, 180 or 270. Travels as metadata.
     */
    uint32_t rotation;
    /**
     * When it was captured, in ns of any monotonic clock; 0: now.
     */
    uint64_t capture_time_ns;
    /**
     * The platform's buffer.
     */
    void *handle;
    /**
     * Gives up the host's hold of `handle`, e.g. by `CVPixelBufferRelease`. May be NULL.
     */
    DuetReleaseNative release;
    /**
     * What `release` gets.
     */
    void *user_data;
} DuetNativeFrame;

/**
 * A STUN or TURN server.
 */
typedef struct DuetIceServer {
    /**
     * `stun:host:port` or `turn:host:port?transport=udp`.
     */
    const char *url;
    /**
     * TURN user name, or NULL.
     */
    const char *username;
    /**
     * TURN password, or NULL.
     */
    const char *credential;
} DuetIceServer;

/**
 * Who a session is and how its calls behave. Zero means the default.
 */
typedef struct DuetSessionConfig {
    /**
     * `sizeof(DuetSessionConfig)`.
     */
    size_t size;
    /**
     * `http(s)://host:port` or `ws(s)://host:port` of the service; NULL for the host's own signaling.
     */
    const char *url;
    /**
     * Who we are, 1 to 128 characters.
     */
    const char *user;
    /**
     * Proof of identity as the service defines it, or NULL.
     */
    const char *token;
    /**
     * STUN and TURN servers, added to those the service hands out; NULL for none.
     */
    const struct DuetIceServer *ice_servers;
    /**
     * How many `ice_servers` there are.
     */
    size_t ice_server_count;
    /**
     * Use TURN relays only: hides our addresses from the other side.
     */
    bool relay_only;
    /**
     * A second caller rings instead of being told that we are busy.
     */
    bool call_waiting;
    /**
     * In a room whose other one leaves, wait for the next one instead of ending the call.
     */
    bool room_stay;
    /**
     * When media is set up, a `DuetConnectPolicy`.
     */
    uint32_t connect_policy;
    /**
     * How long a call rings before it counts as not answered, in ms; 0: 60 000.
     */
    uint32_t ring_timeout_ms;
    /**
     * How incoming calls are set up before anybody accepts them; NULL for the defaults.
     */
    const struct DuetCallOptions *incoming;
    /**
     * Which system the service is: `duet`, `socketio-relay`, `ws-broadcast`, `socketio-room`,
     * `socketio-invite` or `peerjs`; NULL: `duet`.
     */
    const char *dialect;
    /**
     * Dangerous: accepts any certificate of the service. For tests against self-signed ones.
     */
    bool insecure;
} DuetSessionConfig;

/**
 * A session and the calls made over it. Keep it as long as its calls. 0 is none.
 */
typedef uint64_t DuetSession;

/**
 * Receives every message for the other side, in order, on the engine's event thread: UTF-8 of at most
 * 64 KiB, not ended by NUL, valid during the callback only.
 */
typedef void (*DuetMessageCallback)(const char *message, size_t length, void *user_data);

/**
 * An event of a session. Valid during the callback only.
 */
typedef struct DuetSessionEvent {
    /**
     * The size of this struct in the library.
     */
    size_t size;
    /**
     * What happened, and which of the fields below mean something.
     */
    DuetSessionEventKind kind;
    /**
     * The new state.
     */
    DuetSessionState state;
    /**
     * The call that rings.
     */
    DuetCall call;
    /**
     * Why the session failed.
     */
    DuetError error;
    /**
     * The same in words; NULL for other events.
     */
    const char *message;
} DuetSessionEvent;

/**
 * Receives a session's events, on the engine's event thread, in order. Any Duet function may be
 * called inside; nothing may be thrown out of it.
 */
typedef void (*DuetSessionCallback)(const struct DuetSessionEvent *event, void *user_data);

/**
 * Pictures out.
 */
typedef struct DuetVideoSendStats {
    /**
     * The codec agreed on.
     */
    DuetVideoCodec codec;
    /**
     * Width of the last encoded frame, in pixels.
     */
    uint32_t width;
    /**
     * Height of the last encoded frame, in pixels.
     */
    uint32_t height;
    /**
     * Frames the host pushed.
     */
    uint64_t frames_pushed;
    /**
     * Frames encoded.
     */
    uint64_t frames_encoded;
    /**
     * Frames pushed and not sent: replaced by a newer one, or the network was full.
     */
    uint64_t frames_dropped;
    /**
     * Key frames encoded.
     */
    uint64_t key_frames;
    /**
     * What the encoder aims at, in bit/s.
     */
    uint64_t target_bps;
    /**
     * RTP packets sent, retransmissions not counted.
     */
    uint64_t packets_sent;
    /**
     * Payload bytes sent, retransmissions not counted.
     */
    uint64_t bytes_sent;
    /**
     * RTP packets sent again on request.
     */
    uint64_t retransmitted;
    /**
     * Key frames the other side asked for.
     */
    uint64_t pli_received;
} DuetVideoSendStats;

/**
 * Pictures in.
 */
typedef struct DuetVideoRecvStats {
    /**
     * The codec received.
     */
    DuetVideoCodec codec;
    /**
     * Width of the last decoded frame, in pixels.
     */
    uint32_t width;
    /**
     * Height of the last decoded frame, in pixels.
     */
    uint32_t height;
    /**
     * Frames decoded.
     */
    uint64_t frames_decoded;
    /**
     * Frames received and never shown: incomplete, undecodable or no buffer free.
     */
    uint64_t frames_dropped;
    /**
     * Key frames decoded.
     */
    uint64_t key_frames;
    /**
     * RTP packets received.
     */
    uint64_t packets_received;
    /**
     * Payload bytes received.
     */
    uint64_t bytes_received;
    /**
     * Packets that never came, retransmissions included.
     */
    uint64_t packets_lost;
    /**
     * Requests for retransmission sent.
     */
    uint64_t nacks_sent;
    /**
     * Requests for a key frame sent.
     */
    uint64_t plis_sent;
    /**
     * Gaps between shown frames longer than three times the average and the average + 150 ms.
     */
    uint64_t freezes;
} DuetVideoRecvStats;

/**
 * Sound out.
 */
typedef struct DuetAudioSendStats {
    /**
     * RTP packets sent.
     */
    uint64_t packets_sent;
    /**
     * Payload bytes sent.
     */
    uint64_t bytes_sent;
} DuetAudioSendStats;

/**
 * Sound in.
 */
typedef struct DuetAudioRecvStats {
    /**
     * RTP packets received.
     */
    uint64_t packets_received;
    /**
     * Packets that never came.
     */
    uint64_t packets_lost;
    /**
     * Packets that came too late to be played.
     */
    uint64_t packets_discarded;
    /**
     * Samples handed to the host, at 48 kHz.
     */
    uint64_t samples;
    /**
     * Of these, invented ones.
     */
    uint64_t concealed_samples;
    /**
     * Of these, invented ones that are silence.
     */
    uint64_t silent_concealed_samples;
    /**
     * Times concealment began.
     */
    uint64_t concealment_events;
    /**
     * Average time a sample spent in the jitter buffer, in us.
     */
    uint64_t jitter_delay_us;
    /**
     * Sum of squared samples (full scale 1.0) times seconds.
     */
    double energy;
} DuetAudioRecvStats;

/**
 * A snapshot of a call's statistics; counters start at zero with the call.
 */
typedef struct DuetCallStats {
    /**
     * `sizeof(DuetCallStats)`, set by the host.
     */
    size_t size;
    /**
     * There was a first measurement of the round trip.
     */
    bool has_rtt;
    /**
     * Round trip over the selected path, in us.
     */
    uint64_t rtt_us;
    /**
     * What the network is believed to carry from here, in bit/s, audio and video together.
     */
    uint64_t available_send_bps;
    /**
     * The DTLS version, e.g. `1.2`; empty until connected.
     */
    char dtls[8];
    /**
     * The ICE connection state (W3C `RTCIceConnectionState`).
     */
    char ice_state[24];
    /**
     * The selected candidate pair, e.g. `host/udp A -> host B`; empty until connected.
     */
    char ice_pair[160];
    /**
     * The encoder at work, e.g. `openh264`; empty before the first frame.
     */
    char encoder[24];
    /**
     * Pictures out.
     */
    struct DuetVideoSendStats outbound_video;
    /**
     * Pictures in.
     */
    struct DuetVideoRecvStats inbound_video;
    /**
     * Sound out.
     */
    struct DuetAudioSendStats outbound_audio;
    /**
     * Sound in.
     */
    struct DuetAudioRecvStats inbound_audio;
} DuetCallStats;

/**
 * One plane of a picture.
 */
typedef struct DuetPlane {
    /**
     * The first sample of the first row.
     */
    const uint8_t *data;
    /**
     * Bytes that may be read from there.
     */
    size_t length;
    /**
     * Bytes from the start of one row to the start of the next.
     */
    size_t row_stride;
    /**
     * Bytes from one sample to the next: 1 for planar, 2 for NV12 and NV21, 4 for RGBA and BGRA.
     */
    size_t pixel_stride;
} DuetPlane;

/**
 * A picture that the host hands in. Its bytes are needed during the call only.
 */
typedef struct DuetVideoFrame {
    /**
     * `sizeof(DuetVideoFrame)`.
     */
    size_t size;
    /**
     * Width in pixels, even, 16 to 4096.
     */
    uint32_t width;
    /**
     * Height in pixels, even, 16 to 4096.
     */
    uint32_t height;
    /**
     * A `DuetPixelFormat`: how many planes there are and what they hold.
     */
    uint32_t format;
    /**
     * A `DuetColorSpace`.
     */
    uint32_t color;
    /**
     * Clockwise rotation a viewer must apply: 0, 90, 180 or 270. Travels as metadata.
     */
    uint32_t rotation;
    /**
     * When it was captured, in ns of any monotonic clock; 0: now.
     */
    uint64_t capture_time_ns;
    /**
     * Y, U and V; or the one plane of a packed format.
     */
    struct DuetPlane planes[3];
} DuetVideoFrame;

/**
 * A picture that the other end sent.
 */
typedef struct DuetFrameInfo {
    /**
     * `sizeof(DuetFrameInfo)`, set by the host.
     */
    size_t size;
    /**
     * Width in pixels; 0 when there is no picture.
     */
    uint32_t width;
    /**
     * Height in pixels; 0 when there is no picture.
     */
    uint32_t height;
    /**
     * Clockwise rotation to apply when showing it: 0, 90, 180 or 270.
     */
    uint32_t rotation;
    /**
     * A `DuetColorSpace`.
     */
    uint32_t color;
    /**
     * When it was decoded, in ns on the engine's clock.
     */
    uint64_t time_ns;
    /**
     * RTP timestamp, 90 kHz.
     */
    uint32_t rtp_timestamp;
    /**
     * Bytes that the host's buffer needs for it.
     */
    size_t needed;
    /**
     * Y, U and V of an acquired frame, readable until it is released. Zero for pulled frames.
     */
    struct DuetPlane planes[3];
} DuetFrameInfo;

/**
 * A decoded frame on loan. 0 is none.
 */
typedef uint64_t DuetFrame;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Hands in sound from the microphone. Copies and returns; never waits. Before the call is connected,
 * and while muted, the sound is discarded.
 *
 * @param samples `frames * channels` samples, interleaved, full scale 32768.
 * @param frames Samples per channel; any number.
 * @param rate Samples per second and channel, 8000 to 48000.
 * @param channels 1 or 2.
 * @return `DUET_ERROR_INVALID_ARGUMENT`; the call goes on.
 *
 * @pre `samples` points to that many readable samples.
 */
DuetError duet_local_audio_push_i16(DuetCall call,
                                    const int16_t *samples,
                                    size_t frames,
                                    uint32_t rate,
                                    uint32_t channels);

/**
 * As `duet_local_audio_push_i16`, for samples of full scale 1.0. What is beyond is clipped.
 *
 * @pre `samples` points to `frames * channels` readable samples.
 */
DuetError duet_local_audio_push_f32(DuetCall call,
                                    const float *samples,
                                    size_t frames,
                                    uint32_t rate,
                                    uint32_t channels);

/**
 * Mutes (`false`) and unmutes. Muted, silence is sent, so that the path stays warm.
 */
DuetError duet_local_audio_set_enabled(DuetCall call, bool enabled);

/**
 * Whether the microphone is on.
 *
 * @pre `enabled` may be written.
 */
DuetError duet_local_audio_is_enabled(DuetCall call, bool *enabled);

/**
 * Fills the whole block with the next sound for the speaker: decoded, concealed or silent. Never waits
 * for the network. Call it as the speaker needs sound, from one thread; its pace is the playout clock.
 *
 * @param samples Room for `frames * channels` samples; both channels of stereo get the same sound.
 * @param frames Samples per channel; any number.
 * @param rate Samples per second and channel, 8000 to 48000.
 * @param channels 1 or 2.
 * @param played What the block holds; may be NULL.
 * @return `DUET_ERROR_INVALID_ARGUMENT`.
 *
 * @pre `samples` points to that many writable samples; `played` is NULL or may be written.
 */
DuetError duet_remote_audio_pull_i16(DuetCall call,
                                     int16_t *samples,
                                     size_t frames,
                                     uint32_t rate,
                                     uint32_t channels,
                                     DuetPlayed *played);

/**
 * As `duet_remote_audio_pull_i16`, for samples of full scale 1.0.
 *
 * @pre `samples` points to `frames * channels` writable samples; `played` is NULL or may be written.
 */
DuetError duet_remote_audio_pull_f32(DuetCall call,
                                     float *samples,
                                     size_t frames,
                                     uint32_t rate,
                                     uint32_t channels,
                                     DuetPlayed *played);

/**
 * Sets the event handler, in the place of the one before. Events before the first handler wait for it.
 *
 * @param callback NULL for none: events wait again.
 * @param user_data Handed to `callback`.
 * @param release Called once when `user_data` is not needed any more, also when this function fails;
 *        may be NULL. After the last event that is soon; a callback that is running when its handler is
 *        replaced finishes first.
 *
 * @pre `callback` may be called on the engine's event thread until `release` was called.
 */
DuetError duet_call_on_event(DuetCall call, DuetCallCallback callback, void *user_data, DuetRelease release);

/**
 * The call's name; both sides of a ringing call know it by the same one.
 *
 * @param buffer Where the name and its NUL go.
 * @param capacity Bytes in `buffer`; 129 are always enough for 128 ASCII characters.
 * @param needed Bytes needed, NUL included; may be NULL.
 * @return `DUET_ERROR_BUFFER_TOO_SMALL`.
 *
 * @pre `buffer` holds `capacity` bytes; `needed` is NULL or may be written.
 */
DuetError duet_call_id(DuetCall call, char *buffer, size_t capacity, size_t *needed);

/**
 * The person at the other end; empty while alone in a room. Parameters as for `duet_call_id`.
 *
 * @pre As `duet_call_id`.
 */
DuetError duet_call_peer(DuetCall call, char *buffer, size_t capacity, size_t *needed);

/**
 * Where the call stands.
 *
 * @pre `state` may be written.
 */
DuetError duet_call_state(DuetCall call, DuetCallState *state);

/**
 * What an incoming call asks for; what this end asked for otherwise.
 *
 * @pre `audio` and `video` may be written.
 */
DuetError duet_call_media(DuetCall call, bool *audio, bool *video);

/**
 * Answers an incoming call; of another call it does nothing. Returns at once.
 *
 * @param options Which media this end sends and their frame rate; codecs and rates are those of the
 *        session's `incoming`. NULL for the defaults.
 *
 * @pre `options` is NULL or valid.
 */
DuetError duet_call_accept(DuetCall call, const struct DuetCallOptions *options);

/**
 * Refuses an incoming call; of another call it does nothing. Returns at once.
 */
DuetError duet_call_decline(DuetCall call);

/**
 * Ends the call in whatever state it is. Idempotent; returns at once.
 */
DuetError duet_call_hang_up(DuetCall call);

/**
 * Pauses the call: nothing is sent or played until `duet_call_resume`; the other end is told.
 *
 * @return `DUET_ERROR_CLOSED` or `DUET_ERROR_OVERLOADED`.
 */
DuetError duet_call_hold(DuetCall call);

/**
 * Goes on with a call that `duet_call_hold` paused. Other calls that talk are put on hold.
 *
 * @return As `duet_call_hold`.
 */
DuetError duet_call_resume(DuetCall call);

/**
 * Asks the other end for pictures, both ways, in a call without; `DUET_CALL_EVENT_KIND_VIDEO` brings
 * the answer.
 *
 * @return As `duet_call_hold`.
 */
DuetError duet_call_ask_video(DuetCall call);

/**
 * Answers `DUET_VIDEO_NEWS_ASKED`.
 *
 * @return As `duet_call_hold`.
 */
DuetError duet_call_answer_video(DuetCall call, bool accept);

/**
 * Ends the pictures in both directions, without asking; takes back a question, too.
 *
 * @return As `duet_call_hold`.
 */
DuetError duet_call_stop_video(DuetCall call);

/**
 * Waits until the call is over, for `timeout_ms` at most: for a host with a loop of its own. Handlers are
 * called all the same. Inside a callback it does not wait.
 *
 * @param event Like that of a callback: `DUET_CALL_EVENT_KIND_ENDED`, or, if the call goes on,
 *        `DUET_CALL_EVENT_KIND_STATE`.
 *
 * @pre `event` is valid and may be written.
 */
DuetError duet_call_wait_ended(DuetCall call, uint32_t timeout_ms, struct DuetCallEvent *event);

/**
 * Hangs up and frees the handle; who waits for the call's end is told of it. Any thread, even inside a callback;
 * returns at once.
 */
DuetError duet_call_free(DuetCall call);

/**
 * The library's version, `major.minor.patch`. A static string; any thread.
 */
const char *duet_version(void);

/**
 * How many handles are in use in this process: for tests that look for leaks.
 */
size_t duet_handle_count(void);

/**
 * Starts an engine and its threads. Nothing touches the network yet. Free it with
 * `duet_engine_free`.
 *
 * @param config NULL for the defaults.
 * @param engine Where the handle goes.
 * @return `DUET_ERROR_INVALID_ARGUMENT`, or `DUET_ERROR_INTERNAL` when the system refuses a thread.
 *
 * @pre `config` is NULL or valid, and its executor, too, until that was released; `engine` may be written.
 */
DuetError duet_engine_new(const struct DuetEngineConfig *config, DuetEngine *engine);

/**
 * Now, in ns, on the clock of every time Duet hands out: monotonic; `CLOCK_MONOTONIC` on Linux and
 * Android.
 *
 * @pre `now_ns` may be written.
 */
DuetError duet_engine_now(DuetEngine engine, uint64_t *now_ns);

/**
 * The device's network changed (other Wi-Fi, cellular, VPN): every call looks for new paths at once
 * instead of after a time-out.
 */
DuetError duet_engine_network_changed(DuetEngine engine);

/**
 * Tells every call what happened to the device. Repetitions are harmless.
 *
 * @param news A `DuetDeviceNews`.
 * @return `DUET_ERROR_OVERLOADED` when a session's queue is full: say it again.
 */
DuetError duet_engine_device_news(DuetEngine engine, uint32_t news);

/**
 * Ends all calls and sessions; what can still be said to the other sides is said in the background.
 * Idempotent; any thread, even inside a callback; returns at once.
 */
DuetError duet_engine_close(DuetEngine engine);

/**
 * Does what `duet_engine_close` does, and waits until the other sides have been told: for a process that is
 * about to end. Inside a callback it does not wait; on the thread of the engine's executor it may wait for that
 * thread's own tasks.
 *
 * @param timeout_ms The longest wait.
 * @param told Whether all were told; may be NULL.
 *
 * @pre `told` is NULL or may be written.
 */
DuetError duet_engine_close_and_wait(DuetEngine engine,
                                     uint32_t timeout_ms,
                                     bool *told);

/**
 * Closes the engine and frees its handle. Handles of its sessions and calls stay valid until they
 * are freed, and answer `DUET_ERROR_CLOSED`. Any thread, even inside a callback; returns at once.
 */
DuetError duet_engine_free(DuetEngine engine);

/**
 * What the last function that failed on this thread had to say, in English: never NULL, empty if
 * none has failed. Valid until the next function fails on this thread; not to be freed.
 */
const char *duet_last_error(void);

/**
 * The name of an error code, e.g. `invalid-handle`; `unknown` for a number that is none. A static
 * string; any thread.
 */
const char *duet_error_name(int32_t code);

/**
 * Sends the log of all engines to `callback`, in the place of the one before. Without one, lines go to the
 * system's log: on Android under the tag `duet`, on Apple's platforms in the subsystem `dev.duet`, from
 * the first engine on and warnings and errors only unless a level was set. Other systems have none.
 *
 * @param level A `DuetLogLevel`: what is above it is not logged.
 * @param callback NULL for none.
 * @param user_data Handed to `callback`.
 * @param release Called once when `user_data` is not needed any more, also when this function fails;
 *        may be NULL.
 * @return `DUET_ERROR_INVALID_ARGUMENT`; `DUET_ERROR_CLOSED` when another library in this process owns
 *         the log.
 *
 * @pre `callback` may be called on any thread until `release` was called.
 */
DuetError duet_log_set_callback(uint32_t level,
                                DuetLogCallback callback,
                                void *user_data,
                                DuetRelease release);

/**
 * Changes how much is logged, at any time.
 *
 * @param level A `DuetLogLevel`.
 */
DuetError duet_log_set_level(uint32_t level);

/**
 * Hands in a picture in the platform's own memory, as its camera gives it, and returns at once; nothing is
 * copied here. A platform's encoder takes it as it is where it can, else it is copied on the encoder's thread.
 * Width and height are the buffer's own: even, 16 to 4096.
 *
 * From the call on the picture is Duet's: `release` is called once, whatever this returns, before or after it
 * does. Only where nothing could be read (`frame` or its `handle` is NULL, or its `size` was never set) it is
 * not called. At most two pictures are held at a time.
 *
 * @param queued Whether it will be encoded unless a newer one comes first; `false` when the track is off or
 *        over. May be NULL.
 * @return `DUET_ERROR_UNSUPPORTED` where this build cannot read such pictures, as on Linux: push the pixels.
 *         `DUET_ERROR_INVALID_ARGUMENT` for a frame that is not valid; the call goes on.
 *
 * @pre `frame` points to as many readable bytes as its size says, its `handle` is a valid buffer of its `kind` until
 * `release` is called, and nobody writes to its picture until then; `release` may be called from any thread.
 * `queued` is NULL or may be written.
 */
DuetError duet_local_video_push_native(DuetCall call,
                                       const struct DuetNativeFrame *frame,
                                       bool *queued);

/**
 * Opens a session to a signaling service. Returns at once; its events tell when it is connected, or
 * why it is not. Calls may be placed right away. Free it with `duet_session_free`.
 *
 * @return `DUET_ERROR_INVALID_ARGUMENT`, `DUET_ERROR_CODEC` or `DUET_ERROR_CLOSED`.
 *
 * @pre Every pointer in `config` is NULL or valid; `session` may be written.
 */
DuetError duet_session_new(DuetEngine engine, const struct DuetSessionConfig *config, DuetSession *session);

/**
 * Opens a session whose messages the host carries: `on_message` is given each message for the other
 * side; what comes from there goes into `duet_session_deliver`. The `url` and `token` of `config` are
 * not used.
 *
 * @param on_message Called for every message; not NULL.
 * @param user_data Handed to `on_message`.
 * @param release Called once when `user_data` is not needed any more, also when this function fails;
 *        may be NULL.
 * @return As `duet_session_new`.
 *
 * @pre Every pointer in `config` is NULL or valid; `on_message` may be called on the engine's event thread
 * until `release` was called; `session` may be written.
 */
DuetError duet_session_new_custom(DuetEngine engine,
                                  const struct DuetSessionConfig *config,
                                  DuetMessageCallback on_message,
                                  void *user_data,
                                  DuetRelease release,
                                  DuetSession *session);

/**
 * Hands in a message that the other side's session gave out.
 *
 * @return `DUET_ERROR_INVALID_ARGUMENT` when it is not one; the calls go on.
 *
 * @pre `message` points to `length` readable bytes.
 */
DuetError duet_session_deliver(DuetSession session, const char *message, size_t length);

/**
 * Sets the event handler, in the place of the one before. Events before the first handler wait for it.
 *
 * @param callback NULL for none: events wait again.
 * @param user_data Handed to `callback`.
 * @param release Called once when `user_data` is not needed any more, also when this function fails;
 *        may be NULL. A callback that is running when its handler is replaced finishes first.
 *
 * @pre `callback` may be called on the engine's event thread until `release` was called.
 */
DuetError duet_session_on_event(DuetSession session,
                                DuetSessionCallback callback,
                                void *user_data,
                                DuetRelease release);

/**
 * Where the session stands.
 *
 * @pre `state` may be written.
 */
DuetError duet_session_state(DuetSession session, DuetSessionState *state);

/**
 * Rings `to`. Free the call with `duet_call_free`; its events tell how it goes.
 *
 * @param options NULL for the defaults.
 * @return `DUET_ERROR_INVALID_ARGUMENT`, `DUET_ERROR_CODEC`, `DUET_ERROR_CLOSED` or
 *         `DUET_ERROR_OVERLOADED`.
 *
 * @pre `to` ends with NUL; `options` is NULL or valid; `call` may be written.
 */
DuetError duet_session_ring(DuetSession session,
                            const char *to,
                            const struct DuetCallOptions *options,
                            DuetCall *call);

/**
 * Enters a room of two and waits there for the other one. Sessions over the host's own signaling have
 * no rooms.
 *
 * @return As `duet_session_ring`.
 *
 * @pre `room` ends with NUL; `options` is NULL or valid; `call` may be written.
 */
DuetError duet_session_join(DuetSession session,
                            const char *room,
                            const struct DuetCallOptions *options,
                            DuetCall *call);

/**
 * Waits until somebody rings, for `timeout_ms` at most: in the place of an event handler that takes calls. From
 * the first wait on, calls that come between two waits are kept for the next one, and ring until they are taken
 * or their caller gives up, and no event waits for a handler any more. If there is such a handler, too, it has a handle of its own for each call, and
 * freeing either hangs up. Inside a callback it does not wait; on the thread of the engine's executor it may wait
 * for that thread's own tasks.
 *
 * @param call The call, which is the host's to free; 0 if nobody rang.
 * @return Why the session failed, or `DUET_ERROR_CLOSED`, also when it is closed or freed meanwhile.
 *
 * @pre `call` may be written.
 */
DuetError duet_session_wait_call(DuetSession session,
                                 uint32_t timeout_ms,
                                 DuetCall *call);

/**
 * A push message says that `from` rings here as `call_id`: the call is there at once as an incoming one,
 * even before the session is connected. It ends if the invite itself does not come in time. Of a call
 * that is known already it does nothing.
 *
 * @pre `call_id` and `from` end with NUL.
 */
DuetError duet_session_expect_call(DuetSession session,
                                   const char *call_id,
                                   const char *from,
                                   bool audio,
                                   bool video,
                                   uint32_t expires_in_ms);

/**
 * Hangs up every call and leaves the service. Idempotent; any thread, even inside a callback; returns
 * at once.
 */
DuetError duet_session_close(DuetSession session);

/**
 * Closes the session and frees its handle. Any thread, even inside a callback; returns at once.
 */
DuetError duet_session_free(DuetSession session);

/**
 * A snapshot of the statistics; after the end, the last one. Never waits for the network.
 *
 * @param stats Set its `size`.
 *
 * @pre `stats` points to a struct of its `size`.
 */
DuetError duet_call_stats(DuetCall call, struct DuetCallStats *stats);

/**
 * Describes an I420 picture without padding: its planes Y, U and V one behind the other. All else in `frame`
 * is as for a struct of zeros.
 *
 * @param width Width in pixels, even, 16 to 4096.
 * @param height Height in pixels, even, 16 to 4096.
 * @param data The first sample of Y.
 * @param length Bytes there: at least `width * height * 3 / 2`.
 * @param frame Set its `size`.
 * @return `DUET_ERROR_INVALID_ARGUMENT`.
 *
 * @pre `data` points to `length` readable bytes whenever the frame is used, `frame` to a struct of its `size`.
 */
DuetError duet_video_frame_i420(uint32_t width,
                                uint32_t height,
                                const uint8_t *data,
                                size_t length,
                                struct DuetVideoFrame *frame);

/**
 * Hands in a picture. Copies its pixels once and returns; never waits. The size may change from frame to
 * frame. Before the call is connected the newest frame is kept, so that the first picture leaves as soon
 * as there is a path.
 *
 * @param queued Whether it will be encoded unless a newer one comes first; `false` when the track is off
 *        or over, or no buffer was free. May be NULL.
 * @return `DUET_ERROR_INVALID_ARGUMENT` for a frame that is not valid; the call goes on.
 *
 * @pre `frame` and its planes point to as many readable bytes as they say; `queued` is NULL or may be written.
 */
DuetError duet_local_video_push(DuetCall call, const struct DuetVideoFrame *frame, bool *queued);

/**
 * Turns the pictures off and on ("camera off"). Off, pushed frames are dropped.
 */
DuetError duet_local_video_set_enabled(DuetCall call, bool enabled);

/**
 * Says whether the frames pushed from now on are a screen's: they are encoded for sharp text before smooth
 * motion, go on in the background, and the other end is told.
 */
DuetError duet_local_video_set_screen(DuetCall call, bool screen);

/**
 * Whether pictures are on.
 *
 * @pre `enabled` may be written.
 */
DuetError duet_local_video_is_enabled(DuetCall call, bool *enabled);

/**
 * Copies the newest picture not taken before into the host's buffer.
 *
 * @param format A `DuetPixelFormat`.
 * @param data The buffer.
 * @param capacity Bytes in it: `width * height * 3 / 2` for YUV420, `row_stride * height` otherwise.
 * @param row_stride Bytes from row to row of a packed format; 0: no padding. Not used for YUV420.
 * @param info Set its `size`. Its `width` is 0 when there is no new picture.
 * @return `DUET_ERROR_BUFFER_TOO_SMALL` when `capacity` is less than `info->needed`: the picture waits.
 *
 * @pre `data` points to `capacity` writable bytes, `info` to a struct of its `size`.
 */
DuetError duet_remote_video_pull(DuetCall call,
                                 uint32_t format,
                                 uint8_t *data,
                                 size_t capacity,
                                 size_t row_stride,
                                 struct DuetFrameInfo *info);

/**
 * Lends the newest picture not taken before, without copying. Release it soon: at most two may be held
 * before new pictures are dropped.
 *
 * @param frame The picture; 0 when there is no new one.
 * @param info Set its `size`. Its planes are readable until `duet_frame_release`. May be NULL.
 *
 * @pre `frame` may be written; `info` is NULL or points to a struct of its `size`.
 */
DuetError duet_remote_video_acquire(DuetCall call, DuetFrame *frame, struct DuetFrameInfo *info);

/**
 * Gives a picture back; its planes must not be read any more. It may outlive its call.
 */
DuetError duet_frame_release(DuetFrame frame);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DUET_H */
