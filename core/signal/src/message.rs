//! Every message of the `duet` dialect, version 1.
//!
//! One JSON object per WebSocket text message: the [`Envelope`]'s fields beside the
//! [`Message`]'s own, told apart by `type`.
//!
//! * A client's first message is [`Message::Hello`]; the server answers [`Message::Welcome`] or a
//!   fatal [`Message::Error`] and closes.
//! * From then on each side numbers what it sends (`seq` 1, 2, 3 ...; `hello`, `welcome`, `ack` and
//!   `error` carry none) and acknowledges what it got (`ack`, cumulative), alone or riding on another
//!   message. What is not acknowledged is sent again after a resume; duplicates are dropped.
//! * The server overwrites `from` and `from_device`: a receiver may trust them.
//! * `to` names a user, all of whose devices get the message, unless `to_device` names one.
//! * A WebSocket closed with code 1000 ends the session at once; closed or lost in any other way, it
//!   can be resumed for a while.

use serde::{Deserialize, Serialize};

/// The protocol version this code speaks.
pub const PROTOCOL_VERSION: u16 = 1;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A person, as the service names them. 1 to 128 characters.
    UserId
}
text_id! {
    /// One connected device of a user, named by the server for the life of a session.
    DeviceId
}
text_id! {
    /// One call, named by the caller (ring) or the server (room): 32 random hexadecimal digits.
    CallId
}
text_id! {
    /// A room of two. 1 to 128 characters.
    RoomId
}
text_id! {
    /// The secret by which a client resumes its session.
    SessionToken
}

/// What surrounds a message on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Envelope {
    /// Sender's number for this message: 1, 2, 3 ... per session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The highest `seq` received so far without a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack: Option<u64>,
    /// Who sent it; stamped by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<UserId>,
    /// Which of the sender's devices sent it; stamped by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_device: Option<DeviceId>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<UserId>,
    /// Which single device of `to` it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_device: Option<DeviceId>,
    /// Which single device of `to` it is not for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except_device: Option<DeviceId>,
    /// The message itself.
    #[serde(flatten)]
    pub message: Message,
}

impl From<Message> for Envelope {
    fn from(message: Message) -> Self {
        Envelope {
            seq: None,
            ack: None,
            from: None,
            from_device: None,
            to: None,
            to_device: None,
            except_device: None,
            message,
        }
    }
}

/// A message; `type` on the wire is the variant's name in kebab-case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Message {
    /// Client to server, first.
    Hello(Hello),
    /// Server to client, answering `hello`.
    Welcome(Welcome),
    /// Only acknowledges; the number is in the envelope.
    Ack,
    /// Server to client: something was refused.
    Error(ErrorInfo),

    /// Caller to callee: please ring.
    Invite(Invite),
    /// Server to caller: a device of the callee has the invite, or will get it when it is back.
    Delivered(CallRef),
    /// Callee to caller: it rings.
    Ringing(CallRef),
    /// Callee to caller: answered.
    Accept(Accept),
    /// Callee to caller: not answered.
    Decline(Decline),
    /// Caller to callee: stop ringing.
    Cancel(CallRef),
    /// Caller to a device that accepted while the connection was set up with another one: the caller makes
    /// a new connection, do the same.
    Anew(CallRef),
    /// Caller to the callee's other devices: one of them accepted.
    AcceptedElsewhere(CallRef),
    /// Caller to the callee's other devices: one of them declined.
    DeclinedElsewhere(CallRef),
    /// Either way, also in rooms: the call is over.
    HangUp(CallRef),

    /// Client to server: enter a room.
    Join(Join),
    /// Server to client: you are in.
    Joined(Joined),
    /// Server to the one already there: somebody came.
    PeerJoined(PeerJoined),
    /// Server to the one still there: the other left.
    PeerLeft(PeerLeft),
    /// Client to server: leave a room.
    Leave(RoomRef),

    /// Either way: an SDP offer or answer (RFC 8866, RFC 9429).
    Description(Description),
    /// Either way: a trickled ICE candidate (RFC 8838, RFC 8840).
    Candidate(Candidate),
    /// Either way: which local sources are live, for the other side's display.
    MediaState(MediaState),
    /// Either way: the sender pauses; send nothing, nothing is heard.
    Hold(CallRef),
    /// Either way: the sender goes on.
    Resume(CallRef),
    /// Either way: the sender would like pictures, both ways.
    AskVideo(CallRef),
    /// Either way: yes to pictures.
    AcceptVideo(CallRef),
    /// Either way: no pictures; an answer, a question taken back, or the end of those there were.
    StopVideo(CallRef),

    /// A type this version does not know; ignored.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// A client's introduction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// Protocol versions the client speaks.
    pub versions: VersionRange,
    /// Who the client is; must match the token where tokens are in use.
    pub user: UserId,
    /// Proof of identity, as the service defines it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The session to continue after a lost connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
    /// What the client can do; unknown words are ignored.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Name and version of the client's software, for diagnosis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// An inclusive range of protocol versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VersionRange {
    /// Lowest version spoken.
    pub min: u16,
    /// Highest version spoken.
    pub max: u16,
}

/// Which session to continue, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resume {
    /// The token of the earlier [`Welcome`].
    pub session: SessionToken,
    /// The highest `seq` the client received without a gap.
    pub received: u64,
    /// The client's device in that session. Should the server have forgotten the session, the new one has
    /// the same device, if nobody else took the name: calls addressed to it go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

/// The server's answer to [`Hello`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// The version both sides will speak: the highest they share.
    pub version: u16,
    /// The secret for [`Resume`].
    pub session: SessionToken,
    /// The name of this device.
    pub device: DeviceId,
    /// True when the earlier session goes on: rooms and undelivered messages are kept, numbering
    /// continues. False: a new session, numbering starts at 1 on both sides.
    pub resumed: bool,
    /// The highest `seq` the server received without a gap; resend what is above.
    pub received: u64,
    /// How long a lost session can be resumed, in milliseconds.
    pub resume_window_ms: u64,
    /// STUN and TURN servers to use beside the host's own.
    #[serde(default)]
    pub ice_servers: Vec<IceServer>,
}

/// A STUN or TURN server (W3C `RTCIceServer`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IceServer {
    /// `stun:host:port` or `turn:host:port?transport=udp`.
    pub urls: Vec<String>,
    /// TURN user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// TURN password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// What was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorInfo {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what was wrong and what to do.
    pub message: String,
    /// True when the server closes the connection after this.
    #[serde(default)]
    pub fatal: bool,
    /// The `seq` of the refused message, when it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<u64>,
    /// The call concerned; of a room that could not be entered, the [`Join::stay`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
}

/// Why the server refused something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// No protocol version in common.
    VersionUnsupported,
    /// The token is missing, wrong or expired.
    Unauthorized,
    /// Not JSON, wrong fields, or an id of bad length.
    Malformed,
    /// Larger than 64 KiB.
    TooLarge,
    /// A message before `hello`, a second `hello`, or a server-only type.
    Unexpected,
    /// The user is not connected.
    NotFound,
    /// Two are in the room already.
    RoomFull,
    /// The room was not joined.
    NotInRoom,
    /// Too many messages, rooms or connections.
    RateLimited,
    /// The session was taken over by a newer connection.
    Replaced,
    /// The client does not read fast enough.
    SlowConsumer,
    /// A code of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Other,
}

/// A request to ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invite {
    /// The call.
    pub call: CallId,
    /// What the caller wants to send and receive.
    pub media: MediaKinds,
    /// How long the invite is worth ringing, in milliseconds from when it was sent.
    pub expires_in_ms: u64,
}

/// Kinds of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MediaKinds {
    /// Sound.
    pub audio: bool,
    /// Pictures.
    pub video: bool,
}

/// Only names a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallRef {
    /// The call.
    pub call: CallId,
}

/// The callee's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accept {
    /// The call.
    pub call: CallId,
    /// What the callee will send and receive.
    pub media: MediaKinds,
    /// Calls in which the callee rang the caller and that are over, the latest first, at most 4. Their invites
    /// may still be under way; the receiver takes each for cancelled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<CallId>,
}

/// The callee's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decline {
    /// The call.
    pub call: CallId,
    /// Why.
    pub reason: DeclineReason,
}

/// Why a callee said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DeclineReason {
    /// The person does not want to.
    Declined,
    /// The person is in another call.
    Busy,
    /// Nobody answered in time.
    Timeout,
    /// The person rings the caller, too, and that call, with the smaller id, goes on.
    Glare,
    /// A reason of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Other,
}

/// Only names a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomRef {
    /// The room.
    pub room: RoomId,
}

/// A wish to enter a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Join {
    /// The room.
    pub room: RoomId,
    /// The client's name for this stay, 1 to 128 characters. The server repeats it in what it says to this
    /// client of the stay, so that an answer that comes after leaving and entering again is known as late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<CallId>,
}

/// One is in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joined {
    /// The room.
    pub room: RoomId,
    /// The receiver's [`Join::stay`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<CallId>,
    /// The other one and the call with them, if somebody is there already. Who finds somebody there
    /// makes the offer and is the impolite side of a glare (W3C perfect negotiation).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<RoomPeer>,
}

/// The other one in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomPeer {
    /// Who.
    pub user: UserId,
    /// Which device.
    pub device: DeviceId,
    /// The call between the two, named by the server.
    pub call: CallId,
}

/// Somebody came into one's room. They will make the offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeerJoined {
    /// The room.
    pub room: RoomId,
    /// The receiver's [`Join::stay`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<CallId>,
    /// Who, and the call with them.
    pub peer: RoomPeer,
}

/// The other one left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeerLeft {
    /// The room.
    pub room: RoomId,
    /// The call that is over.
    pub call: CallId,
    /// They did not say so: their session was lost and could not be resumed in time. Their media may flow all
    /// the same, and they may be back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// An SDP description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Description {
    /// The call.
    pub call: CallId,
    /// Offer or answer.
    pub kind: DescriptionKind,
    /// The SDP text.
    pub sdp: String,
    /// Which exchange of its sender an offer opens: any number that its last offers in this call did not
    /// have. An answer repeats its offer's, so that a late one is not taken for an answer to a later offer.
    /// A sender that does not number leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<u32>,
}

/// The kind of an SDP description (W3C `RTCSdpType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DescriptionKind {
    /// Opens an exchange.
    Offer,
    /// Closes it.
    Answer,
}

/// A trickled candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Candidate {
    /// The call.
    pub call: CallId,
    /// The candidate; `null` when there are no more.
    pub candidate: Option<IceCandidate>,
}

/// A candidate as browsers write it (W3C `RTCIceCandidateInit`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IceCandidate {
    /// The candidate-attribute, with the `candidate:` prefix.
    pub candidate: String,
    /// The media section's identification tag.
    #[serde(default)]
    pub sdp_mid: Option<String>,
    /// The media section's index.
    #[serde(default)]
    pub sdp_m_line_index: Option<u16>,
    /// The ICE generation it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

/// Which local sources are live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MediaState {
    /// The call.
    pub call: CallId,
    /// The microphone is open.
    pub audio: bool,
    /// Pictures are sent.
    pub video: bool,
    /// The pictures are a screen's.
    #[serde(default)]
    pub screen: bool,
}
