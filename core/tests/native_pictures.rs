//! Pictures in the platform's own memory, in a call: here of a kind that any system can read.

mod support;

use std::cell::Cell;
use std::sync::mpsc::{RecvTimeoutError, channel};

use duet_core::frame::{ColorSpace, I420Frame, Rotation};
use duet_core::{CallOptions, NativeBuffer, NativeFrame, Time};
use support::{DEADLINE, Host, TestServer};

#[test]
fn native_pictures_are_seen_by_the_other_side_and_each_is_released_once() {
    let server = TestServer::start();
    let (alice, bob) = (Host::connect(&server.url(), "alice"), Host::connect(&server.url(), "bob"));
    bob.connected();
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    incoming.call.accept(CallOptions::default());
    outgoing.connected();
    incoming.connected();

    let (release, released) = channel();
    let pushed = Cell::new(0);
    let remote = incoming.call.remote_video();
    incoming.wait("a native picture", |_| {
        let release = release.clone();
        let picture = I420Frame::black(128, 96).expect("a valid size");
        let buffer = NativeBuffer::of_picture(picture, move || release.send(()).expect("still counted"));
        let (rotation, color) = (Rotation::Deg90, ColorSpace::default());
        let frame = NativeFrame { buffer, rotation, color, capture_time: Time::ZERO };
        outgoing.call.local_video().push_native(frame).expect("valid");
        pushed.set(pushed.get() + 1);
        let seen = remote.acquire()?;
        (seen.width() == 128 && seen.rotation == Rotation::Deg90).then_some(())
    });
    outgoing.call.hang_up();
    outgoing.ended();
    drop(release);
    for n in 0..pushed.get() {
        assert_eq!(released.recv_timeout(DEADLINE), Ok(()), "{n} of {} were released", pushed.get());
    }
    assert_eq!(released.recv_timeout(DEADLINE), Err(RecvTimeoutError::Disconnected), "once each");
}
