use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use duet_codecs::NativeBuffer;
use duet_media::Time;
use duet_media::frame::{ColorSpace, FrameError, I420Frame, Rotation};

use super::*;

/// A track, and how many of its native pictures were released. Whoever releases one asks the track
/// something: under its lock that would never end.
fn track() -> (LocalVideo, Arc<AtomicU32>) {
    (LocalVideo::new(&CallOptions::default(), || {}), Arc::default())
}

fn native(track: &LocalVideo, released: &Arc<AtomicU32>) -> NativeFrame {
    let (track, released) = (Arc::downgrade(&track.shared), released.clone());
    let picture = I420Frame::black(32, 16).expect("a valid size");
    let buffer = NativeBuffer::of_picture(picture, move || {
        if let Some(shared) = track.upgrade() {
            assert!(shared.monitor.value.try_lock().is_ok(), "released under the track's lock");
        }
        released.fetch_add(1, Ordering::Relaxed);
    });
    NativeFrame {
        buffer,
        rotation: Rotation::default(),
        color: ColorSpace::default(),
        capture_time: Time::ZERO,
    }
}

#[test]
fn a_native_picture_is_released_once_when_a_newer_one_takes_its_place() {
    let (track, released) = track();
    assert_eq!(track.push_native(native(&track, &released)), Ok(Pushed::Queued));
    assert_eq!(released.load(Ordering::Relaxed), 0);
    assert_eq!(track.push_native(native(&track, &released)), Ok(Pushed::Queued));
    assert_eq!(released.load(Ordering::Relaxed), 1);
    let pixels = I420Frame::black(32, 16).expect("a valid size");
    track.push(&pixels.as_video_frame().expect("sized")).expect("valid");
    assert_eq!(released.load(Ordering::Relaxed), 2);
    assert_eq!(track.stats().frames_dropped, 2);
}

#[test]
fn a_native_picture_is_released_when_the_camera_goes_off_and_none_is_kept_while_it_is() {
    let (track, released) = track();
    track.push_native(native(&track, &released)).expect("valid");
    track.set_enabled(false);
    assert_eq!(released.load(Ordering::Relaxed), 1);
    assert_eq!(track.push_native(native(&track, &released)), Ok(Pushed::Dropped));
    assert_eq!(released.load(Ordering::Relaxed), 2);
}

#[test]
fn a_native_picture_is_released_when_the_call_ends_and_when_the_track_is_gone() {
    let (first, released) = track();
    first.push_native(native(&first, &released)).expect("valid");
    first.stop();
    assert_eq!(released.load(Ordering::Relaxed), 1);
    let (second, _) = track();
    second.push_native(native(&second, &released)).expect("valid");
    drop(second);
    assert_eq!(released.load(Ordering::Relaxed), 2);
}

#[test]
fn a_native_picture_of_no_size_is_refused_and_released() {
    let (track, released) = track();
    let unsized_picture = {
        let released = released.clone();
        NativeBuffer::of_picture(I420Frame::default(), move || {
            released.fetch_add(1, Ordering::Relaxed);
        })
    };
    let frame = NativeFrame { buffer: unsized_picture, ..native(&track, &Arc::default()) };
    let refused = track.push_native(frame);
    assert_eq!(refused, Err(FrameError::BadDimension { width: 0, height: 0 }));
    assert_eq!(released.load(Ordering::Relaxed), 1);
}
