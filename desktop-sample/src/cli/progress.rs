//! What a person sees while a call runs: lines for what happened, one live line for how it goes.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::report::{Event, line};

/// The live line moves this often even when the figures do not.
const SPIN: Duration = Duration::from_millis(120);

/// Where a side's news go: JSON lines or text, on stdout; the live line is on stderr.
#[derive(Clone)]
pub(crate) struct Screen {
    side: Option<char>,
    json: bool,
    all: Arc<MultiProgress>,
    live: ProgressBar,
}

impl Screen {
    /// A screen for one call, or the first of several sides.
    pub(crate) fn new(side: Option<char>, json: bool) -> Self {
        Self::within(Arc::new(MultiProgress::new()), side, json)
    }

    /// A screen for another side of the same demo.
    pub(crate) fn beside(&self, side: char) -> Self {
        Self::within(self.all.clone(), Some(side), self.json)
    }

    fn within(all: Arc<MultiProgress>, side: Option<char>, json: bool) -> Self {
        let live = if json { ProgressBar::hidden() } else { all.add(ProgressBar::new_spinner()) };
        live.set_style(ProgressStyle::default_spinner());
        if !json {
            live.enable_steady_tick(SPIN);
        }
        Screen { side, json, all, live }
    }

    /// Tells scripts what happened. People get their own words: [`Screen::say`].
    pub(crate) fn event(&self, event: &Event) {
        if self.json {
            print(&line(event, self.side));
        }
    }

    /// Tells people what happened.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        if !self.json {
            let text = text.as_ref();
            self.all.suspend(|| match self.side {
                Some(side) => print(&format!("{}: {text}", side.to_ascii_uppercase())),
                None => print(text),
            });
        }
    }

    /// Replaces the live line.
    pub(crate) fn live(&self, text: String) {
        match self.side {
            Some(side) => self.live.set_message(format!("{}: {text}", side.to_ascii_uppercase())),
            None => self.live.set_message(text),
        }
    }

    /// Takes the live line away.
    pub(crate) fn clear(&self) {
        self.live.finish_and_clear();
    }
}

/// A reader that went away must not end the call.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        log::debug!("nobody reads stdout");
    }
}
