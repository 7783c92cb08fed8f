//! Ctrl-C and SIGTERM: a first one asks, a second one insists.

use std::process;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

/// A process that was asked to end is gone after this, whatever hangs: one who sends SIGTERM waits
/// half a second before sending SIGKILL.
const DEADLINE: Duration = Duration::from_millis(480);
/// What shells report for a process ended by SIGINT.
const INSISTED: i32 = 130;

/// Sends `note` when the process is asked to end, and ends it for good if it does not by itself.
pub(crate) fn notify<T: Send + 'static>(sender: Sender<T>, note: T) {
    let listening = thread::Builder::new().name("signals".into()).spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return log::warn!("no proper hang-up on Ctrl-C: {error}"),
        };
        runtime.block_on(async {
            if asked().await.is_err() {
                return;
            }
            // The receiver is gone: the process is ending already.
            let _ = sender.send(note);
            tokio::select! {
                _ = asked() => {}
                () = tokio::time::sleep(DEADLINE) => {}
            }
            process::exit(INSISTED);
        });
    });
    if let Err(error) = listening {
        log::warn!("no proper hang-up on Ctrl-C: {error}");
    }
}

/// Resolves when the process is asked to end.
async fn asked() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
