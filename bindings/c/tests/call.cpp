// A whole call between two engines in C++: `call` over the host's own signaling, `call URL` over a service.
#include <duet.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace {

// No step of a call takes this long, even under valgrind on a loaded machine.
constexpr auto deadline = std::chrono::seconds(90);
constexpr int width = 160, height = 120;
constexpr std::size_t block = 480;

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            std::exit(1);                                                           \
        }                                                                           \
    } while (0)

// Held by every executor.
const auto counted = std::make_shared<int>(0);

struct Side {
    std::mutex lock;
    std::condition_variable changed;
    int tasks = 0;
    // An executor may run a task at once; whatever it captured is gone with the engine and its last task.
    duet::Engine engine{[this, alive = counted](const std::function<void()> &task) {
        tasks++;
        task();
    }};
    std::optional<duet::Session> session;
    std::optional<duet::Call> call;
    bool signaling = false, ringing = false, connected = false;
    std::optional<DuetEndReason> ended;
    int pictures = 0;
    bool sound = false;

    // Numbers can be stale: what is still said to somebody who has left is an error, not a crash.
    std::shared_ptr<std::atomic<DuetSession>> address = std::make_shared<std::atomic<DuetSession>>(0);

    void open(const std::string &name, const char *url, Side &other) {
        session = url != nullptr ? engine.session(url, name)
                                 : engine.custom_session(name, [to = other.address](std::string_view message) {
                                       duet_session_deliver(*to, message.data(), message.size());
                                   });
        *address = session->handle();
        signaling = url == nullptr;
    }

    void listen() {
        session->on_event([this](const DuetSessionEvent &event) {
            std::lock_guard guard(lock);
            signaling |= event.kind == DUET_SESSION_EVENT_KIND_STATE
                         && event.state == DUET_SESSION_STATE_CONNECTED;
            if (event.kind == DUET_SESSION_EVENT_KIND_INCOMING) {
                call.emplace(event.call);
                ringing = true;
            }
            changed.notify_all();
        });
    }

    void watch() {
        call->on_event([this](const DuetCallEvent &event) {
            std::lock_guard guard(lock);
            connected |= event.kind == DUET_CALL_EVENT_KIND_CONNECTED;
            if (event.kind == DUET_CALL_EVENT_KIND_ENDED) {
                ended = event.reason;
            }
            changed.notify_all();
        });
    }

    template <typename Condition>
    void wait(const char *what, Condition condition) {
        std::unique_lock guard(lock);
        if (!changed.wait_for(guard, deadline, condition)) {
            std::fprintf(stderr, "no %s in time\n", what);
            std::exit(1);
        }
    }

    void exchange(unsigned tick) {
        std::vector<std::uint8_t> pixels(width * height * 4, static_cast<std::uint8_t>(tick * 8));
        auto frame = duet::make<DuetVideoFrame>();
        frame.width = width;
        frame.height = height;
        frame.format = DUET_PIXEL_FORMAT_RGBA;
        frame.planes[0] = {pixels.data(), pixels.size(), width * 4, 4};
        if (tick % 4 == 0) {
            call->push_video(frame);
        }
        if (auto picture = call->acquire_video()) {
            CHECK(picture->width() == width && picture->height() == height);
            pictures++;
        }
        std::array<float, block> samples{};
        for (std::size_t n = 0; n < block; n++) {
            samples[n] = n / 60 % 2 == 0 ? 0.3F : -0.3F;
        }
        call->push_audio(samples.data(), block, 48000);
        sound |= call->pull_audio(samples.data(), block, 48000) == DUET_PLAYED_DECODED;
    }
};

void run(const char *url) {
    Side alice, bob;
    alice.open("alice", url, bob);
    bob.open("bob", url, alice);
    alice.listen();
    bob.listen();
    alice.wait("signaling", [&] { return alice.signaling; });
    bob.wait("signaling", [&] { return bob.signaling; });

    alice.call = alice.session->ring("bob");
    alice.watch();
    bob.wait("call", [&] { return bob.ringing; });
    bob.watch();
    CHECK(bob.call->peer() == "alice" && bob.call->id() == alice.call->id());
    bob.call->accept();
    alice.wait("connection", [&] { return alice.connected; });
    bob.wait("connection", [&] { return bob.connected; });

    const auto end = std::chrono::steady_clock::now() + deadline;
    for (unsigned tick = 0; alice.pictures < 10 || bob.pictures < 10 || !alice.sound || !bob.sound; tick++) {
        CHECK(std::chrono::steady_clock::now() < end);
        alice.exchange(tick);
        bob.exchange(tick);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(alice.call->stats().inbound_video.frames_decoded >= 10);
    CHECK(!alice.session->wait_call(0) && !alice.call->wait_ended(0));
    alice.call->hang_up();
    const auto end_of_call = alice.call->wait_ended(90'000);
    CHECK(end_of_call && end_of_call->reason == DUET_END_REASON_HANG_UP);
    alice.wait("end", [&] { return alice.ended.has_value(); });
    bob.wait("end", [&] { return bob.ended.has_value(); });
    CHECK(alice.ended == DUET_END_REASON_HANG_UP && bob.ended == DUET_END_REASON_HANG_UP);
    CHECK(alice.tasks > 0 && bob.tasks > 0);
    std::printf("%d and %d pictures\n", alice.pictures, bob.pictures);
}

// Codec threads end in the background: what they hold is no leak before they have.
void wait_for_threads() {
    const auto end = std::chrono::steady_clock::now() + deadline;
    const auto threads = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
    };
    while (threads() > 1) {
        CHECK(std::chrono::steady_clock::now() < end);
        std::this_thread::yield();
    }
}

}  // namespace

int main(int argc, char **argv) {
    run(argc > 1 ? argv[1] : nullptr);
    try {
        duet::Engine engine;
        auto session = engine.session("ws://127.0.0.1:1", "");
        CHECK(false);
    } catch (const duet::Error &error) {
        CHECK(error.code() == DUET_ERROR_INVALID_ARGUMENT);
    }
    CHECK(duet_handle_count() == 0);
    wait_for_threads();
    CHECK(counted.use_count() == 1);
    return 0;
}
