/**
 * @file duet.hpp
 * Duet for C++17: objects that free themselves, exceptions, and handlers that may hold anything.
 *
 * A thin layer over duet.h, whose words on threads, ownership and units hold here too. Objects can be moved,
 * not copied. Handlers run on the engine's event thread, or where its executor runs them; a handler that throws
 * ends the program.
 */
#ifndef DUET_HPP
#define DUET_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "duet.h"

namespace duet {

/** Why Duet refused. */
class Error : public std::runtime_error {
public:
    explicit Error(DuetError code) : std::runtime_error(duet_last_error()), code_(code) {}

    /** The code, for programs; what() is for people. */
    DuetError code() const noexcept { return code_; }

private:
    DuetError code_;
};

/** Throws unless `code` is DUET_OK. */
inline void check(DuetError code) {
    if (code != DUET_ERROR_NONE) {
        throw Error(code);
    }
}

/** A C struct of zeros with its size set: all defaults. */
template <typename Struct>
Struct make() noexcept {
    Struct value{};
    value.size = sizeof(Struct);
    return value;
}

/** An I420 picture without padding: width * height * 3 / 2 bytes, which are needed whenever it is pushed. */
inline DuetVideoFrame i420(std::uint32_t width, std::uint32_t height, const std::uint8_t *data,
                           std::size_t length) {
    auto frame = make<DuetVideoFrame>();
    check(duet_video_frame_i420(width, height, data, length, &frame));
    return frame;
}

namespace detail {

/** Owns a handle. */
template <DuetError (*Free)(std::uint64_t)>
class Handle {
public:
    Handle() = default;
    explicit Handle(std::uint64_t raw) noexcept : raw_(raw) {}
    Handle(Handle &&other) noexcept : raw_(std::exchange(other.raw_, 0)) {}
    Handle &operator=(Handle &&other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~Handle() { reset(); }

    void reset() noexcept {
        if (raw_ != 0) {
            Free(std::exchange(raw_, 0));
        }
    }
    std::uint64_t get() const noexcept { return raw_; }

private:
    std::uint64_t raw_ = 0;
};

/** A handler on the heap, as C's user_data. */
template <typename... Arguments>
struct Handler {
    using Function = std::function<void(Arguments...)>;

    static void *box(Function function) { return new Function(std::move(function)); }
    static void release(void *user_data) noexcept { delete static_cast<Function *>(user_data); }
    static void call(void *user_data, Arguments... arguments) noexcept {
        (*static_cast<Function *>(user_data))(arguments...);
    }
};

/** Reads a text of unknown length. */
template <typename Get>
std::string text(Get get) {
    std::string value(128, '\0');
    std::size_t needed = 0;
    DuetError code = get(&value[0], value.size(), &needed);
    if (code == DUET_ERROR_BUFFER_TOO_SMALL) {
        value.resize(needed);
        code = get(&value[0], value.size(), &needed);
    }
    check(code);
    value.resize(needed - 1);
    return value;
}

}  // namespace detail

/** A decoded picture on loan; gives itself back. */
class Frame {
public:
    Frame(DuetFrame raw, const DuetFrameInfo &info) noexcept : handle_(raw), info_(info) {}

    int width() const noexcept { return static_cast<int>(info_.width); }
    int height() const noexcept { return static_cast<int>(info_.height); }
    /** Everything else; its planes are readable as long as this object lives. */
    const DuetFrameInfo &info() const noexcept { return info_; }

private:
    detail::Handle<duet_frame_release> handle_;
    DuetFrameInfo info_;
};

/** One call. Hangs up when destroyed. */
class Call {
public:
    using EventHandler = std::function<void(const DuetCallEvent &)>;

    /** Takes over a handle, e.g. of a call that rings. */
    explicit Call(DuetCall raw) noexcept : handle_(raw) {}

    DuetCall handle() const noexcept { return handle_.get(); }

    /** Sets the event handler, in the place of the one before; none for an empty one. */
    void on_event(EventHandler handler) {
        using Boxed = detail::Handler<const DuetCallEvent &>;
        if (!handler) {
            check(duet_call_on_event(handle(), nullptr, nullptr, nullptr));
            return;
        }
        check(duet_call_on_event(
            handle(), [](const DuetCallEvent *event, void *data) { Boxed::call(data, *event); },
            Boxed::box(std::move(handler)), Boxed::release));
    }

    std::string id() const {
        return detail::text([this](auto... rest) { return duet_call_id(handle(), rest...); });
    }
    std::string peer() const {
        return detail::text([this](auto... rest) { return duet_call_peer(handle(), rest...); });
    }
    DuetCallState state() const {
        DuetCallState state{};
        check(duet_call_state(handle(), &state));
        return state;
    }
    /** Waits until the call is over, for `timeout_ms` at most; none if it goes on. Not at all inside a handler. */
    std::optional<DuetCallEvent> wait_ended(std::uint32_t timeout_ms) const {
        auto event = make<DuetCallEvent>();
        check(duet_call_wait_ended(handle(), timeout_ms, &event));
        return event.kind == DUET_CALL_EVENT_KIND_ENDED ? std::make_optional(event) : std::nullopt;
    }
    DuetCallStats stats() const {
        auto stats = make<DuetCallStats>();
        check(duet_call_stats(handle(), &stats));
        return stats;
    }

    void accept(const DuetCallOptions &options = make<DuetCallOptions>()) {
        check(duet_call_accept(handle(), &options));
    }
    void decline() { check(duet_call_decline(handle())); }
    void hang_up() { check(duet_call_hang_up(handle())); }
    void hold() { check(duet_call_hold(handle())); }
    void resume() { check(duet_call_resume(handle())); }
    void ask_video() { check(duet_call_ask_video(handle())); }
    void answer_video(bool accept) { check(duet_call_answer_video(handle(), accept)); }
    void stop_video() { check(duet_call_stop_video(handle())); }

    /** Hands in a picture; whether it will be encoded unless a newer one comes first. */
    bool push_video(const DuetVideoFrame &frame) {
        bool queued = false;
        check(duet_local_video_push(handle(), &frame, &queued));
        return queued;
    }
    /** Hands in a picture in the platform's own memory; its `release` is called once, also where this throws. */
    bool push_native_video(const DuetNativeFrame &frame) {
        bool queued = false;
        check(duet_local_video_push_native(handle(), &frame, &queued));
        return queued;
    }
    void set_screen(bool screen) { check(duet_local_video_set_screen(handle(), screen)); }
    void set_video_enabled(bool enabled) { check(duet_local_video_set_enabled(handle(), enabled)); }

    /** Lends the newest picture not taken before. */
    std::optional<Frame> acquire_video() {
        DuetFrame frame = 0;
        auto info = make<DuetFrameInfo>();
        check(duet_remote_video_acquire(handle(), &frame, &info));
        return frame == 0 ? std::nullopt : std::optional<Frame>(std::in_place, frame, info);
    }
    /** Copies the newest picture not taken before into `data`; none if there is no new one. */
    std::optional<DuetFrameInfo> pull_video(DuetPixelFormat format, std::uint8_t *data, std::size_t capacity,
                                            std::size_t row_stride = 0) {
        auto info = make<DuetFrameInfo>();
        check(duet_remote_video_pull(handle(), format, data, capacity, row_stride, &info));
        return info.width == 0 ? std::nullopt : std::make_optional(info);
    }

    void push_audio(const std::int16_t *samples, std::size_t frames, std::uint32_t rate,
                    std::uint32_t channels = 1) {
        check(duet_local_audio_push_i16(handle(), samples, frames, rate, channels));
    }
    void push_audio(const float *samples, std::size_t frames, std::uint32_t rate, std::uint32_t channels = 1) {
        check(duet_local_audio_push_f32(handle(), samples, frames, rate, channels));
    }
    void set_audio_enabled(bool enabled) { check(duet_local_audio_set_enabled(handle(), enabled)); }

    /** Fills the whole block; says what it holds. */
    DuetPlayed pull_audio(std::int16_t *samples, std::size_t frames, std::uint32_t rate,
                          std::uint32_t channels = 1) {
        DuetPlayed played{};
        check(duet_remote_audio_pull_i16(handle(), samples, frames, rate, channels, &played));
        return played;
    }
    DuetPlayed pull_audio(float *samples, std::size_t frames, std::uint32_t rate, std::uint32_t channels = 1) {
        DuetPlayed played{};
        check(duet_remote_audio_pull_f32(handle(), samples, frames, rate, channels, &played));
        return played;
    }

private:
    detail::Handle<duet_call_free> handle_;
};

/** One user's presence at a signaling service, or over the host's own signaling. Keep it as long as its calls. */
class Session {
public:
    /** The call of an incoming one is for the handler to take: `Call(event.call)`. */
    using EventHandler = std::function<void(const DuetSessionEvent &)>;

    explicit Session(DuetSession raw) noexcept : handle_(raw) {}

    DuetSession handle() const noexcept { return handle_.get(); }

    /** Sets the event handler, in the place of the one before; none for an empty one. */
    void on_event(EventHandler handler) {
        using Boxed = detail::Handler<const DuetSessionEvent &>;
        if (!handler) {
            check(duet_session_on_event(handle(), nullptr, nullptr, nullptr));
            return;
        }
        check(duet_session_on_event(
            handle(), [](const DuetSessionEvent *event, void *data) { Boxed::call(data, *event); },
            Boxed::box(std::move(handler)), Boxed::release));
    }

    /** Waits until somebody rings, for `timeout_ms` at most; none if nobody did. Not at all inside a handler. */
    std::optional<Call> wait_call(std::uint32_t timeout_ms) {
        DuetCall call = 0;
        check(duet_session_wait_call(handle(), timeout_ms, &call));
        return call == 0 ? std::nullopt : std::optional<Call>(std::in_place, call);
    }

    DuetSessionState state() const {
        DuetSessionState state{};
        check(duet_session_state(handle(), &state));
        return state;
    }
    Call ring(const std::string &to, const DuetCallOptions &options = make<DuetCallOptions>()) {
        DuetCall call = 0;
        check(duet_session_ring(handle(), to.c_str(), &options, &call));
        return Call(call);
    }
    Call join(const std::string &room, const DuetCallOptions &options = make<DuetCallOptions>()) {
        DuetCall call = 0;
        check(duet_session_join(handle(), room.c_str(), &options, &call));
        return Call(call);
    }
    /** Hands in a message that the other side's session gave out. */
    void deliver(std::string_view message) {
        check(duet_session_deliver(handle(), message.data(), message.size()));
    }
    void close() { check(duet_session_close(handle())); }

private:
    detail::Handle<duet_session_free> handle_;
};

/** The root of everything: threads, sessions and their calls. */
class Engine {
public:
    using MessageHandler = std::function<void(std::string_view)>;
    /** Is given each task, on the engine's event thread, and sees to it that it runs, once, in order. */
    using Executor = std::function<void(std::function<void()>)>;

    /** An engine whose handlers run where `executor` runs them. */
    explicit Engine(Executor executor, DuetEngineConfig config = make<DuetEngineConfig>()) {
        using Boxed = detail::Handler<std::function<void()>>;
        auto run = make<DuetExecutor>();
        run.run = [](DuetTask task, void *task_data, void *data) {
            Boxed::call(data, [task, task_data] { task(task_data); });
        };
        run.user_data = Boxed::box(std::move(executor));
        run.release = Boxed::release;
        config.executor = &run;
        DuetEngine raw = 0;
        check(duet_engine_new(&config, &raw));
        handle_ = detail::Handle<duet_engine_free>(raw);
    }
    explicit Engine(const DuetEngineConfig &config = make<DuetEngineConfig>()) {
        DuetEngine raw = 0;
        check(duet_engine_new(&config, &raw));
        handle_ = detail::Handle<duet_engine_free>(raw);
    }

    DuetEngine handle() const noexcept { return handle_.get(); }

    /** A session as `user` at the service at `url`. */
    Session session(const std::string &url, const std::string &user) {
        auto config = make<DuetSessionConfig>();
        config.url = url.c_str();
        config.user = user.c_str();
        return session(config);
    }
    Session session(const DuetSessionConfig &config) {
        DuetSession session = 0;
        check(duet_session_new(handle(), &config, &session));
        return Session(session);
    }
    /** A session whose messages the host carries: `send` is given each message for the other side. */
    Session custom_session(const std::string &user, MessageHandler send) {
        auto config = make<DuetSessionConfig>();
        config.user = user.c_str();
        return custom_session(config, std::move(send));
    }
    Session custom_session(const DuetSessionConfig &config, MessageHandler send) {
        using Boxed = detail::Handler<std::string_view>;
        DuetSession session = 0;
        check(duet_session_new_custom(
            handle(), &config,
            [](const char *message, std::size_t length, void *data) {
                Boxed::call(data, std::string_view(message, length));
            },
            Boxed::box(std::move(send)), Boxed::release, &session));
        return Session(session);
    }

    /** Now, in ns, on the clock of every time Duet hands out. */
    std::uint64_t now() const {
        std::uint64_t now = 0;
        check(duet_engine_now(handle(), &now));
        return now;
    }
    void network_changed() { check(duet_engine_network_changed(handle())); }
    void device_news(DuetDeviceNews news) { check(duet_engine_device_news(handle(), news)); }
    void close() { check(duet_engine_close(handle())); }
    /** Closes, and waits until the other sides have been told; whether all were. Not at all inside a handler. */
    bool close_and_wait(std::uint32_t timeout_ms) {
        bool told = false;
        check(duet_engine_close_and_wait(handle(), timeout_ms, &told));
        return told;
    }

private:
    detail::Handle<duet_engine_free> handle_;
};

}  // namespace duet

#endif
