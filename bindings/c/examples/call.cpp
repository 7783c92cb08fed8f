// A call in a page of C++: `call URL NAME [CALLEE]` rings CALLEE, or waits to be rung; the hundredth picture ends it.
#include <duet.hpp>

#include <iostream>
#include <vector>

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    duet::Engine engine;
    duet::Session session = engine.session(argv[1], argv[2]);
    duet::Call call = argc > 3 ? session.ring(argv[3]) : session.wait_call(60000).value();
    call.accept();  // Of a call that we placed, it does nothing.

    const std::vector<std::uint8_t> gray(640 * 480 * 3 / 2, 128);
    const auto picture = duet::i420(640, 480, gray.data(), gray.size());
    int pictures = 0;
    while (pictures < 100 && !call.wait_ended(33)) {
        call.push_video(picture);
        pictures += call.acquire_video().has_value();
    }
    call.hang_up();
    std::cout << pictures << " pictures, " << call.wait_ended(1000).value().reason_name << std::endl;
    engine.close_and_wait(1000);
}
