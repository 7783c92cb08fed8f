// A call in a page of C++: `call URL NAME [CALLEE]` rings CALLEE, or waits to be rung.
#include <duet.hpp>

#include <chrono>
#include <future>
#include <iostream>
#include <vector>

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    duet::Engine engine;
    duet::Session session = engine.session(argv[1], argv[2]);
    std::promise<duet::Call> incoming;
    session.on_event([&](const DuetSessionEvent &event) {
        if (event.kind == DUET_SESSION_EVENT_KIND_INCOMING) incoming.set_value(duet::Call(event.call));
    });
    duet::Call call = argc > 3 ? session.ring(argv[3]) : incoming.get_future().get();
    call.accept();  // Of a call that we placed, it does nothing.

    std::promise<void> over;
    call.on_event([&](const DuetCallEvent &event) {
        if (event.kind == DUET_CALL_EVENT_KIND_FRAME_READY) {
            if (auto frame = call.acquire_video()) std::cout << frame->width() << "x" << frame->height() << "\n";
        } else if (event.kind == DUET_CALL_EVENT_KIND_ENDED) {
            std::cout << "over: " << event.reason_name << "\n";
            over.set_value();
        }
    });
    std::vector<std::uint8_t> gray(640 * 480 * 4, 128);
    auto picture = duet::make<DuetVideoFrame>();
    picture.width = 640, picture.height = 480, picture.format = DUET_PIXEL_FORMAT_RGBA;
    picture.planes[0] = {gray.data(), gray.size(), 640 * 4, 4};
    for (auto ended = over.get_future(); ended.wait_for(std::chrono::milliseconds(33)) != std::future_status::ready;) {
        call.push_video(picture);
    }
}
