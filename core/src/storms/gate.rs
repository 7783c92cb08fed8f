//! Suspends the tasks of one host, as a phone does, or ends them, as a crash does.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

/// Between a runtime and the tasks of one host.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    mood: Mood,
    waiting: Vec<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Open,
    Suspended,
    Crashed,
}

impl Gate {
    /// The task runs while the gate is open; after a crash it is gone at once.
    pub(crate) fn guard<F>(self: &Arc<Self>, task: F) -> impl Future<Output = ()> + Send + use<F>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Guarded { gate: Arc::clone(self), task: Some(Box::pin(task)) }
    }

    pub(super) fn suspend(&self) {
        let mut state = self.lock();
        if state.mood == Mood::Open {
            state.mood = Mood::Suspended;
        }
    }

    pub(super) fn resume(&self) {
        self.change(|mood| if mood == Mood::Suspended { Mood::Open } else { mood });
    }

    pub(super) fn crash(&self) {
        self.change(|_| Mood::Crashed);
    }

    fn change(&self, to: impl FnOnce(Mood) -> Mood) {
        let mut state = self.lock();
        state.mood = to(state.mood);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic while holding the gate")
    }
}

struct Guarded {
    gate: Arc<Gate>,
    task: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Future for Guarded {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mood = {
            let mut state = self.gate.lock();
            // Kept while open, too: a crash must reach a task that waits for something else.
            if !state.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                state.waiting.push(cx.waker().clone());
            }
            state.mood
        };
        match (mood, self.task.as_mut()) {
            (Mood::Suspended, Some(_)) => Poll::Pending,
            (Mood::Open, Some(task)) => {
                let poll = task.as_mut().poll(cx);
                if poll.is_ready() {
                    self.task = None;
                }
                poll
            }
            (Mood::Crashed, _) | (_, None) => {
                self.task = None;
                Poll::Ready(())
            }
        }
    }
}
