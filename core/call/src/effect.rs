//! Everything a call may ask of its driver.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ended::Ended;
use crate::input::{DeclineReason, MediaKinds, Sources, Word};
use crate::state::CallState;
use crate::timers::TimerId;

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Send a signaling message.
    Send(Signal),
    /// Make the peer connection and start to negotiate. Never while there is one. Descriptions and
    /// candidates that arrived earlier wait for it, but those for a connection closed since.
    StartPeer {
        /// This end makes the offer.
        offerer: bool,
        /// This end gives way when both offer (W3C perfect negotiation).
        polite: bool,
    },
    /// Offer new ICE credentials (RFC 8445 section 9). Nothing to do while an own offer with new
    /// credentials is still unanswered and not older than a second, or before the first description was
    /// exchanged.
    RestartIce,
    /// The call is accepted and connected: let pictures and sound pass, both ways, as far as
    /// [`Effect::SetFlow`] lets them. At most once for each peer connection.
    ReleaseMedia,
    /// Which media may pass once released. Until it is said first, all kinds of [`Call::media`](crate::Call::media)
    /// may.
    SetFlow(Flow),
    /// Both ends want pictures now: make the peer connection carry them, without interrupting the sound.
    /// Nothing to do where it carries them already.
    AddVideo {
        /// This end makes the offer.
        offerer: bool,
    },
    /// Say [`Input::TimerFired`](crate::Input::TimerFired) after this time.
    StartTimer(TimerId, Duration),
    /// Forget that timer.
    CancelTimer(TimerId),
    /// Tell the host.
    Notify(Notice),
    /// Close the peer connection.
    ClosePeer,
    /// The call is over; nothing follows.
    Ended(Ended),
}

/// A signaling message of a call; descriptions and candidates are the peer connection's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Signal {
    /// Please ring.
    Invite {
        /// What this end wants to send and receive.
        media: MediaKinds,
        /// How long the invite is worth ringing, from now.
        expires_in: Duration,
    },
    /// It rings here.
    Ringing,
    /// Answered.
    Accept {
        /// What this end will send and receive.
        media: MediaKinds,
    },
    /// This end makes a new peer connection: make a new one, too.
    Anew,
    /// Another device of that person answered.
    AcceptedElsewhere,
    /// Another device of that person declined.
    DeclinedElsewhere,
    /// Not answered.
    Decline {
        /// Why.
        reason: DeclineReason,
    },
    /// Stop ringing.
    Cancel,
    /// The call is over.
    HangUp,
    /// Enter the room.
    Join,
    /// Leave the room.
    Leave,
    /// What this end sends.
    MediaState(Sources),
    /// About the call in progress.
    Talk(Word),
}

/// Which media may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// Sound is sent.
    pub send_audio: bool,
    /// Pictures are sent.
    pub send_video: VideoFlow,
    /// The other end's sound is played.
    pub play_audio: bool,
    /// The other end's pictures are shown.
    pub show_video: bool,
}

/// Which pictures are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VideoFlow {
    /// None; the camera is closed.
    Off,
    /// Smaller ones, less often, to spare the device.
    Reduced,
    /// As the network allows.
    Full,
}

/// News for the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Notice {
    /// The call is in another state. The first state is not announced but for [`CallState::Waiting`],
    /// which is when the service has confirmed that this end is in the room.
    State(CallState),
    /// It rings at the other end.
    RemoteRinging,
    /// What the other end sends.
    RemoteMedia(Sources),
    /// Media is released: connected for the first time; in a room, for the first time with this other one.
    Connected,
    /// Who holds the call has changed.
    Held {
        /// This end, by its person's wish or for a telephone call.
        local: bool,
        /// The other end.
        remote: bool,
    },
    /// About pictures in a call that had none.
    Video(VideoNews),
}

/// What became of the wish for pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VideoNews {
    /// The other end would like pictures: ask the person.
    Asked,
    /// Both want them; this end's camera opens, unless [`UserInput::SetMedia`](crate::UserInput::SetMedia)
    /// closes it.
    Agreed,
    /// They are not wanted, or nobody answered, or the question was taken back.
    Declined,
    /// There were pictures; one of the ends wants no more.
    Stopped,
}
