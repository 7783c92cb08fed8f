use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, Weak};

use super::I420Frame;

/// A bounded pool of frames. When all are lent out, [`FramePool::take`] gives `None`: the caller
/// drops its frame instead of waiting. Cheap to clone; clones share the frames.
#[derive(Clone, Debug)]
pub struct FramePool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: Vec<I420Frame>,
    unmade: usize,
}

/// A frame on loan; it goes back to its pool when dropped, from any thread.
#[derive(Debug)]
pub struct PooledFrame {
    frame: Option<I420Frame>,
    home: Weak<Shared>,
}

impl FramePool {
    /// A pool of at most `capacity` frames, made when first needed.
    pub fn new(capacity: usize) -> Self {
        let state = State { free: Vec::with_capacity(capacity), unmade: capacity };
        FramePool { shared: Arc::new(Shared { state: Mutex::new(state) }) }
    }

    /// A frame of unspecified size and content, or `None` when all are lent out.
    pub fn take(&self) -> Option<PooledFrame> {
        let mut state = self.shared.state.lock().unwrap_or_else(|e| e.into_inner());
        let frame = match state.free.pop() {
            Some(frame) => frame,
            None if state.unmade > 0 => {
                state.unmade -= 1;
                I420Frame::default()
            }
            None => return None,
        };
        Some(PooledFrame { frame: Some(frame), home: Arc::downgrade(&self.shared) })
    }
}

impl Deref for PooledFrame {
    type Target = I420Frame;

    fn deref(&self) -> &I420Frame {
        self.frame.as_ref().expect("a pooled frame is there until dropped")
    }
}

impl DerefMut for PooledFrame {
    fn deref_mut(&mut self) -> &mut I420Frame {
        self.frame.as_mut().expect("a pooled frame is there until dropped")
    }
}

impl Drop for PooledFrame {
    fn drop(&mut self) {
        let (Some(frame), Some(home)) = (self.frame.take(), self.home.upgrade()) else { return };
        home.state.lock().unwrap_or_else(|e| e.into_inner()).free.push(frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exhausted_pool_refuses_until_a_frame_comes_back() {
        let pool = FramePool::new(2);
        let first = pool.take().expect("first");
        let _second = pool.take().expect("second");
        assert!(pool.take().is_none());
        drop(first);
        assert!(pool.take().is_some());
    }

    #[test]
    fn a_frame_may_outlive_its_pool() {
        let pool = FramePool::new(1);
        let frame = pool.take().expect("frame");
        drop(pool);
        drop(frame);
    }
}
