//! What a call does wrong when a test has broken a rule; nothing in a product.

use super::Call;
use crate::effect::Effect;
use crate::input::{Input, PeerInput, WireInput};
use crate::mutation::{Rule, broken};
use crate::state::State;

impl Call {
    /// True when that was all that comes of `input`.
    pub(super) fn go_wrong(&mut self, input: Input) -> bool {
        match (self.state, input) {
            (State::Outgoing { .. } | State::Incoming { .. }, Input::Peer(PeerInput::Connected))
                if broken(Rule::MediaWithoutAccept) =>
            {
                self.push(Effect::ReleaseMedia);
                false
            }
            (State::Connecting, Input::Wire(WireInput::Accept { .. }))
                if broken(Rule::SecondAcceptStartsPeer) =>
            {
                self.start_peer(true);
                true
            }
            (State::Connecting, Input::Wire(WireInput::Cancel)) => broken(Rule::CrossedCancelIgnored),
            _ => false,
        }
    }
}
