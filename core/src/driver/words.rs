//! Between the words of the state machine and those of the wire.

use std::time::Duration;

use duet_call::{
    DeclineReason, Input, MediaKinds, PeerInput, Refusal, Signal, SignalingLoss, Sources, WireInput, Word,
};
use duet_signal::Message;
use duet_signal::message::{
    self, Accept, CallId, CallRef, Decline, ErrorCode, Invite, Join, RoomId, RoomRef,
};

use crate::Error;
use crate::peer::{PeerError, PeerState};

/// The message that carries `signal`; `None` for a room signal of a call that is in no room.
pub(super) fn to_message(signal: Signal, call: CallId, room: Option<RoomId>) -> Option<Message> {
    Some(match signal {
        Signal::Invite { media, expires_in } => {
            let expires_in_ms = u64::try_from(expires_in.as_millis()).unwrap_or(u64::MAX);
            Message::Invite(Invite { call, media: to_wire(media), expires_in_ms })
        }
        Signal::Ringing => Message::Ringing(CallRef { call }),
        Signal::Accept { media } => Message::Accept(Accept { call, media: to_wire(media), over: Vec::new() }),
        Signal::Decline { reason } => Message::Decline(Decline { call, reason: decline_to_wire(reason) }),
        Signal::Cancel => Message::Cancel(CallRef { call }),
        Signal::HangUp => Message::HangUp(CallRef { call }),
        // Until two meet, the call goes by this end's name for it.
        Signal::Join => Message::Join(Join { room: room?, stay: Some(call) }),
        Signal::Leave => Message::Leave(RoomRef { room: room? }),
        Signal::Anew => Message::Anew(CallRef { call }),
        Signal::AcceptedElsewhere => Message::AcceptedElsewhere(CallRef { call }),
        Signal::DeclinedElsewhere => Message::DeclinedElsewhere(CallRef { call }),
        Signal::MediaState(Sources { audio, video, screen }) => {
            Message::MediaState(message::MediaState { call, audio, video, screen })
        }
        Signal::Talk(Word::Hold) => Message::Hold(CallRef { call }),
        Signal::Talk(Word::Resume) => Message::Resume(CallRef { call }),
        Signal::Talk(Word::AskVideo) => Message::AskVideo(CallRef { call }),
        Signal::Talk(Word::AcceptVideo) => Message::AcceptVideo(CallRef { call }),
        Signal::Talk(Word::StopVideo) => Message::StopVideo(CallRef { call }),
    })
}

/// What a call hears of `message`, and which call; `None` for messages that are not about a
/// call's state.
pub(super) fn to_input(message: &Message) -> Option<(&CallId, WireInput)> {
    Some(match message {
        Message::Ringing(CallRef { call }) => (call, WireInput::Ringing),
        Message::Accept(Accept { call, media, over: _ }) => {
            (call, WireInput::Accept { media: from_wire(*media) })
        }
        Message::Decline(Decline { call, reason }) => {
            (call, WireInput::Decline { reason: decline_from_wire(*reason) })
        }
        Message::Cancel(CallRef { call }) => (call, WireInput::Cancel),
        Message::HangUp(CallRef { call }) => (call, WireInput::HangUp),
        Message::MediaState(message::MediaState { call, audio, video, screen }) => {
            let media = Sources { audio: *audio, video: *video, screen: *screen };
            (call, WireInput::MediaState(media))
        }
        Message::Anew(CallRef { call }) => (call, WireInput::Anew),
        Message::AcceptedElsewhere(CallRef { call }) => (call, WireInput::AcceptedElsewhere),
        Message::DeclinedElsewhere(CallRef { call }) => (call, WireInput::DeclinedElsewhere),
        Message::Hold(CallRef { call }) => (call, WireInput::Talk(Word::Hold)),
        Message::Resume(CallRef { call }) => (call, WireInput::Talk(Word::Resume)),
        Message::AskVideo(CallRef { call }) => (call, WireInput::Talk(Word::AskVideo)),
        Message::AcceptVideo(CallRef { call }) => (call, WireInput::Talk(Word::AcceptVideo)),
        Message::StopVideo(CallRef { call }) => (call, WireInput::Talk(Word::StopVideo)),
        _ => return None,
    })
}

pub(super) fn to_wire(media: MediaKinds) -> message::MediaKinds {
    message::MediaKinds { audio: media.audio, video: media.video }
}

pub(super) fn from_wire(media: message::MediaKinds) -> MediaKinds {
    MediaKinds { audio: media.audio, video: media.video }
}

pub(super) fn refusal(code: ErrorCode) -> Refusal {
    match code {
        ErrorCode::NotFound => Refusal::NotFound,
        ErrorCode::Unauthorized => Refusal::Unauthorized,
        ErrorCode::RateLimited => Refusal::RateLimited,
        _ => Refusal::Other,
    }
}

pub(super) fn signaling_loss(error: &Error) -> SignalingLoss {
    match error {
        Error::Unauthorized(_) => SignalingLoss::Unauthorized,
        Error::Replaced => SignalingLoss::Replaced,
        _ => SignalingLoss::Unreachable,
    }
}

pub(super) fn peer_state(state: PeerState) -> Option<Input> {
    match state {
        PeerState::Connected => Some(Input::Peer(PeerInput::Connected)),
        PeerState::Disconnected => Some(Input::Peer(PeerInput::Disconnected)),
        PeerState::Failed => Some(Input::Peer(PeerInput::IceFailed)),
        PeerState::Connecting | PeerState::Closed => None,
    }
}

pub(super) fn peer_error(error: &PeerError) -> Input {
    match error {
        PeerError::NoTurnServer | PeerError::NoRelay | PeerError::Ice { .. } => {
            Input::Peer(PeerInput::IceFailed)
        }
        PeerError::Dtls => Input::Peer(PeerInput::DtlsFailed),
        PeerError::NoCommonCodec => Input::Peer(PeerInput::NoCommonCodec),
        PeerError::Description(_) => Input::Peer(PeerInput::BadDescription),
        PeerError::Transport(_) => Input::Host(duet_call::HostInput::Failed),
    }
}

pub(super) fn expiry(invite: &Invite) -> Duration {
    Duration::from_millis(invite.expires_in_ms)
}

fn decline_to_wire(reason: DeclineReason) -> message::DeclineReason {
    match reason {
        DeclineReason::Declined => message::DeclineReason::Declined,
        DeclineReason::Busy => message::DeclineReason::Busy,
        DeclineReason::Timeout => message::DeclineReason::Timeout,
        DeclineReason::Glare => message::DeclineReason::Glare,
        DeclineReason::Failed => message::DeclineReason::Other,
    }
}

fn decline_from_wire(reason: message::DeclineReason) -> DeclineReason {
    match reason {
        message::DeclineReason::Declined => DeclineReason::Declined,
        message::DeclineReason::Busy => DeclineReason::Busy,
        message::DeclineReason::Timeout => DeclineReason::Timeout,
        message::DeclineReason::Glare => DeclineReason::Glare,
        message::DeclineReason::Other => DeclineReason::Failed,
    }
}
