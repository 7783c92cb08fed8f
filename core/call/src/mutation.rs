//! Rules that a test may break on purpose, one at a time, to see that the model check notices.
//!
//! Without the feature `mutations` every question is answered "no" by a constant, and the compiler
//! leaves no trace of it.

/// A rule of the machine, by what happens when it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Media passes as soon as it is connected, though nobody has answered.
    MediaWithoutAccept,
    /// Media passes as soon as the call is answered, though nothing is connected.
    MediaWithoutConnection,
    /// Media that is connected before the answer does not pass after it.
    EarlyConnectionForgotten,
    /// Who loses a glare keeps the losing call.
    GlareLoserGoesOn,
    /// In a glare each side takes its own call for the survivor.
    GlareWithoutOrder,
    /// In a glare each side gives way to the other.
    GlareBothGiveWay,
    /// Who wins a glare drops the other's invite without a word.
    GlareLoserNotTold,
    /// An answer does not name the calls of its sender that are over.
    OwnCallsNotNamed,
    /// An invite that comes after its cancellation rings.
    LateInviteRings,
    /// Somebody who is in a call is rung.
    BusyIsRung,
    /// Hanging up a call that was accepted is not told to the other end.
    HangUpNotSent,
    /// A callee who has answered ignores that the caller had given up meanwhile.
    CrossedCancelIgnored,
    /// A second answer makes a second peer connection.
    SecondAcceptStartsPeer,
    /// Lost media is waited for without end.
    ReconnectTimerNotArmed,
    /// Who closed their connection is waited for without end.
    ClosedTimerNotArmed,
    /// An accepted call may connect without end.
    ConnectTimerNotArmed,
    /// An invite rings until somebody does something.
    InviteNeverExpires,
    /// A call that is over leaves its timers running.
    TimersOutliveCall,
    /// A call that is over leaves its peer connection open.
    PeerOutlivesCall,
    /// The end is told twice.
    EndedTwice,
    /// Both ends make the offer.
    BothOffer,
    /// The devices that were not chosen are not told.
    OthersNotTold,
    /// Nor where the chosen one hangs up and that overtakes its answer.
    OthersNotToldOfHangUp,
    /// The answer to a join of a room counts for any later join of it.
    StaysMixedUp,
    /// Who was connected to one device stays so, though another answers.
    AnotherDeviceKept,
}

#[cfg(feature = "mutations")]
impl Rule {
    /// Every rule that can be broken.
    pub const ALL: [Rule; 25] = [
        Rule::MediaWithoutAccept,
        Rule::MediaWithoutConnection,
        Rule::EarlyConnectionForgotten,
        Rule::GlareLoserGoesOn,
        Rule::GlareWithoutOrder,
        Rule::GlareBothGiveWay,
        Rule::GlareLoserNotTold,
        Rule::OwnCallsNotNamed,
        Rule::LateInviteRings,
        Rule::BusyIsRung,
        Rule::HangUpNotSent,
        Rule::CrossedCancelIgnored,
        Rule::SecondAcceptStartsPeer,
        Rule::ReconnectTimerNotArmed,
        Rule::ClosedTimerNotArmed,
        Rule::ConnectTimerNotArmed,
        Rule::InviteNeverExpires,
        Rule::TimersOutliveCall,
        Rule::PeerOutlivesCall,
        Rule::EndedTwice,
        Rule::BothOffer,
        Rule::OthersNotTold,
        Rule::OthersNotToldOfHangUp,
        Rule::StaysMixedUp,
        Rule::AnotherDeviceKept,
    ];
}

#[cfg(feature = "mutations")]
mod chosen {
    use std::cell::Cell;

    use super::Rule;

    thread_local! {
        static BROKEN: Cell<Option<Rule>> = const { Cell::new(None) };
    }

    /// Breaks `rule`, and only that, for every call of this thread; `None` mends it.
    pub fn break_rule(rule: Option<Rule>) {
        BROKEN.set(rule);
    }

    pub(crate) fn broken(rule: Rule) -> bool {
        BROKEN.get() == Some(rule)
    }
}

#[cfg(not(feature = "mutations"))]
mod chosen {
    use super::Rule;

    #[inline(always)]
    pub(crate) const fn broken(_: Rule) -> bool {
        false
    }
}

#[cfg(feature = "mutations")]
pub use chosen::break_rule;
pub(crate) use chosen::broken;
