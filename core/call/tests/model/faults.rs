//! The properties: every way in which a world can be wrong.

use stateright::Property;

use crate::world::{State, World};

/// What must be possible, or the rest proves nothing.
pub const TALK: &str = "two people talk";

/// Something that must never be. Its text is the name of the property that forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    MediaBeforeAccept,
    MediaBeforeConnection,
    MediaHeldBack,
    AcceptUnasked,
    TwoLiveCalls,
    TwoDevices,
    EndedTwice,
    EffectAfterEnd,
    TimerLeak,
    PeerLeak,
    RangAgain,
    RangWhileBusy,
    SameRoles,
    Disagreement,
    GlareWithoutOneSurvivor,
    /// Found on the graph: nobody does anything more, and not everything is over.
    Stuck,
    /// Found on the graph: without its users' help and with no luck of the network, this never comes to
    /// rest.
    NeverSettles,
    /// Found on the graph: from here nothing leads to the end of all calls.
    NeverEnds,
}

/// The faults seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults(u32);

impl Faults {
    pub fn note(&mut self, fault: Fault) {
        self.0 |= 1 << fault as u32;
    }

    /// Notes `fault` unless it `holds` what forbids it.
    pub fn unless(&mut self, holds: bool, fault: Fault) {
        if !holds {
            self.note(fault);
        }
    }

    pub fn has(self, fault: Fault) -> bool {
        self.0 & 1 << fault as u32 != 0
    }
}

impl Fault {
    pub const ALL: [Fault; 18] = [
        Fault::MediaBeforeAccept,
        Fault::MediaBeforeConnection,
        Fault::MediaHeldBack,
        Fault::AcceptUnasked,
        Fault::TwoLiveCalls,
        Fault::TwoDevices,
        Fault::EndedTwice,
        Fault::EffectAfterEnd,
        Fault::TimerLeak,
        Fault::PeerLeak,
        Fault::RangAgain,
        Fault::RangWhileBusy,
        Fault::SameRoles,
        Fault::Disagreement,
        Fault::GlareWithoutOneSurvivor,
        Fault::Stuck,
        Fault::NeverSettles,
        Fault::NeverEnds,
    ];

    pub fn rule(self) -> &'static str {
        match self {
            Fault::MediaBeforeAccept => "no media before the call is accepted",
            Fault::MediaBeforeConnection => "no media before the peers are connected",
            Fault::MediaHeldBack => "media passes once accepted and connected",
            Fault::AcceptUnasked => "nobody accepts but the user, or for a user who rings that person",
            Fault::TwoLiveCalls => "at most one live call between two people",
            Fault::TwoDevices => "the caller talks to one device",
            Fault::EndedTwice => "one end for each call",
            Fault::EffectAfterEnd => "nothing happens in a call that is over",
            Fault::TimerLeak => "timers are armed once, cancelled once, and never outlive their call",
            Fault::PeerLeak => "one peer connection for each call, closed when it is over",
            Fault::RangAgain => "a call rings once, and not after its end",
            Fault::RangWhileBusy => "nobody in a call is rung",
            Fault::SameRoles => "one end offers, the other is polite",
            Fault::Disagreement => "once every message has arrived both sides have the same calls",
            Fault::GlareWithoutOneSurvivor => "two who ring each other are in one call",
            Fault::Stuck => "where nothing more can happen everything is over",
            Fault::NeverSettles => "without help or luck every call comes to its end or is connected",
            Fault::NeverEnds => "from everywhere all calls can end",
        }
    }

    /// Those that a state shows by itself.
    pub fn properties() -> Vec<Property<World>> {
        macro_rules! never {
            ($($fault:ident)*) => {
                vec![$(Property::always(Fault::$fault.rule(), |_, state: &State| !state.faults.has(Fault::$fault)),)*]
            };
        }
        let mut properties = never!(MediaBeforeAccept MediaBeforeConnection MediaHeldBack AcceptUnasked TwoLiveCalls TwoDevices EndedTwice
            EffectAfterEnd TimerLeak PeerLeak RangAgain RangWhileBusy SameRoles Disagreement
            GlareWithoutOneSurvivor Stuck NeverSettles NeverEnds);
        properties.push(Property::sometimes(TALK, |_, state: &State| state.talk()));
        properties
    }
}
