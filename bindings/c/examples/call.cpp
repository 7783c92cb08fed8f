// A call in a page of C++: `call URL NAME [CALLEE]` rings CALLEE, or waits to be rung; the hundredth picture ends it.
#include <duet.hpp>

#include <chrono>
#include <iostream>
#include <vector>

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    duet::Engine engine;
    duet::Session session = engine.session(argv[1], argv[2]);
    duet::Call call = argc > 3 ? session.ring(argv[3]) : session.next_call().get();
    call.accept();  // Of a call that we placed, it does nothing.

    int pictures = 0;
    std::promise<void> over;
    call.on_event([&](const DuetCallEvent &event) {
        if (event.kind == DUET_CALL_EVENT_KIND_FRAME_READY && call.acquire_video() && ++pictures == 100) call.hang_up();
        if (event.kind != DUET_CALL_EVENT_KIND_ENDED) return;
        std::cout << pictures << " pictures, " << event.reason_name << std::endl;
        over.set_value();
    });
    const std::vector<std::uint8_t> gray(640 * 480 * 3 / 2, 128);
    const auto picture = duet::i420(640, 480, gray.data(), gray.size());
    const auto ended = over.get_future();
    while (ended.wait_for(std::chrono::milliseconds(33)) != std::future_status::ready) call.push_video(picture);
    engine.close_and_wait(1000);
}
