//! One module for each protocol spoken; each translates to what the hub, or for those of other
//! systems the rooms, understand.
//!
//! | module | where | who |
//! |---|---|---|
//! | `duet` | `/v1/ws` | our engine and page |
//! | `socketio_relay`, `socketio_room`, `socketio_invite` | `/socket.io/`, told apart by their events | pages with Socket.IO 2 and 4 |
//! | `ws_broadcast` | a WebSocket at `/` | pages with a WebSocket alone |
//! | `peerjs` | `/peerjs`, and where one likes | pages with PeerJS |
//!
//! What pages of those systems may ask for beyond what their own servers have is in [`crate::query`].

pub(crate) mod duet;
pub(crate) mod peerjs;
pub(crate) mod socketio_invite;
pub(crate) mod socketio_relay;
pub(crate) mod socketio_room;
pub(crate) mod ws_broadcast;

use duet_signal::message::ErrorCode;

use crate::hub::Refusal;

/// A room of two has two already.
fn full() -> Refusal {
    Refusal::new(ErrorCode::RoomFull, "two are in the room already")
}
