//! Lines typed while a call runs.

use std::io::{self, BufRead};
use std::sync::mpsc::Sender;
use std::thread;

use super::action::Typed;
use crate::cli::party::Note;

/// Sends what is typed on stdin, line by line, until it ends. The thread ends with the process.
pub(super) fn notify(notes: Sender<Note>) {
    let reading = thread::Builder::new().name("stdin".into()).spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if notes.send(Note::Typed(Typed::from(line.as_str()))).is_err() {
                return;
            }
        }
    });
    if let Err(error) = reading {
        log::warn!("what is typed is not heard: {error}");
    }
}
