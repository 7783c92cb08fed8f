//! From connecting to `welcome`.

use duet_signal::decode;
use duet_signal::message::{ErrorCode, Hello, Message, PROTOCOL_VERSION, UserId, VersionRange, Welcome};
use tokio::time::timeout;

use super::{End, fatal};
use crate::app::App;
use crate::hub::Seat;
use crate::wire::{Incoming, Wire};

/// Longest name of a user or room, in characters.
pub(super) const MAX_NAME_CHARS: usize = 128;

/// Waits for `hello`, judges it, and answers `welcome`.
pub(super) async fn meet(wire: &mut Wire, app: &App) -> Result<Seat, End> {
    let timing = &app.config.timing;
    let hello = timeout(timing.hello_deadline, read(wire)).await.unwrap_or_else(|_| {
        let text = format!("no hello within {} ms", timing.hello_deadline.as_millis());
        Err(End::Fatal(fatal(ErrorCode::Unexpected, text)))
    })?;
    let version = common_version(hello.versions)?;
    check_name(&hello.user)?;
    if let Err(denied) = app.config.auth.authenticate(&hello.user, hello.token.as_deref()) {
        return Err(End::Fatal(fatal(ErrorCode::Unauthorized, denied.to_string())));
    }
    let opened = app
        .hub
        .open(&hello.user, hello.resume.as_ref())
        .map_err(|refusal| End::Fatal(fatal(refusal.code, refusal.text)))?;
    let welcome = Welcome {
        version,
        session: opened.token,
        device: opened.seat.device().clone(),
        resumed: opened.resumed,
        received: opened.received,
        resume_window_ms: u64::try_from(timing.resume_window.as_millis()).unwrap_or(u64::MAX),
        ice_servers: app.config.ice_servers.clone(),
    };
    if wire.send_message(Message::Welcome(welcome)).await.is_err() {
        // A resumed session must survive this connection too.
        log::debug!("a client left before its welcome");
    }
    Ok(opened.seat)
}

async fn read(wire: &mut Wire) -> Result<Hello, End> {
    loop {
        let refuse = |code, text: String| Err(End::Fatal(fatal(code, text)));
        return match wire.next().await {
            Incoming::Text(text) => match decode(&text) {
                Ok(envelope) => match envelope.message {
                    Message::Hello(hello) => Ok(hello),
                    _ => refuse(ErrorCode::Unexpected, "say hello first".to_owned()),
                },
                Err(error) => refuse(super::connection::code_of(&error), error.to_string()),
            },
            Incoming::Binary => refuse(ErrorCode::Malformed, super::connection::BINARY.to_owned()),
            Incoming::Flood => refuse(ErrorCode::TooLarge, super::connection::FLOOD.to_owned()),
            Incoming::Alive => continue,
            Incoming::Closed | Incoming::Lost => Err(End::Lost),
        };
    }
}

fn common_version(spoken: VersionRange) -> Result<u16, End> {
    if spoken.min > spoken.max {
        let text = format!("the version range {} to {} is empty", spoken.min, spoken.max);
        return Err(End::Fatal(fatal(ErrorCode::Malformed, text)));
    }
    if (spoken.min..=spoken.max).contains(&PROTOCOL_VERSION) {
        return Ok(PROTOCOL_VERSION);
    }
    let text = format!(
        "this server speaks version {PROTOCOL_VERSION}, the client {} to {}; update the older one",
        spoken.min, spoken.max
    );
    Err(End::Fatal(fatal(ErrorCode::VersionUnsupported, text)))
}

fn check_name(user: &UserId) -> Result<(), End> {
    if is_name(user.as_str()) {
        return Ok(());
    }
    let text = format!("a user id has 1 to {MAX_NAME_CHARS} characters");
    Err(End::Fatal(fatal(ErrorCode::Malformed, text)))
}

/// Whether a text may name a user or a room.
pub(super) fn is_name(text: &str) -> bool {
    // Four bytes a character at most: long texts need no counting.
    !text.is_empty() && text.len() <= 4 * MAX_NAME_CHARS && text.chars().count() <= MAX_NAME_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_in_characters() {
        assert!(is_name("a") && is_name(&"ü".repeat(128)) && is_name(&"🦀".repeat(128)));
        assert!(!is_name("") && !is_name(&"a".repeat(129)) && !is_name(&"🦀".repeat(129)));
    }

    #[test]
    fn the_common_version_is_the_one_both_speak() {
        assert!(matches!(common_version(VersionRange { min: 1, max: 9 }), Ok(1)));
        assert!(common_version(VersionRange { min: 2, max: 9 }).is_err());
        assert!(common_version(VersionRange { min: 0, max: 0 }).is_err());
        assert!(common_version(VersionRange { min: 2, max: 1 }).is_err());
    }
}
