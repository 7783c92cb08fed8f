//! What an engine stands on. Tests put scripted parts in the place of the real ones.

use std::sync::Arc;

use crate::peer::{MakePeer, RealPeers};
use crate::transport::socket::{Dial, Tcp};

/// The parts of the world an engine uses, beside its threads and the clock.
#[derive(Clone)]
pub(crate) struct Platform {
    /// Connects to signaling services.
    pub(crate) dialer: Arc<dyn Dial>,
    /// Makes peer connections.
    pub(crate) peers: Arc<dyn MakePeer>,
    /// Names calls, and spreads the retries of many clients.
    pub(crate) chance: Chance,
}

impl Platform {
    /// The network of the device.
    pub(crate) fn real() -> Self {
        Platform {
            dialer: Arc::new(Tcp),
            peers: Arc::new(RealPeers),
            chance: Chance(Arc::new(rand::random::<u128>)),
        }
    }
}

/// Random numbers.
#[derive(Clone)]
pub(crate) struct Chance(Arc<dyn Fn() -> u128 + Send + Sync>);

impl Chance {
    /// The same numbers for the same seed.
    #[cfg(test)]
    pub(crate) fn seeded(seed: u64) -> Self {
        use rand::{Rng, SeedableRng};
        let rng = std::sync::Mutex::new(rand::rngs::StdRng::seed_from_u64(seed));
        Chance(Arc::new(move || rng.lock().expect("no panic while drawing").random()))
    }

    /// 128 random bits.
    pub(crate) fn number(&self) -> u128 {
        (self.0)()
    }

    /// 0.0 to 1.0.
    pub(crate) fn share(&self) -> f64 {
        // The upper 32 bits are as good as any and exact as a float.
        f64::from((self.number() >> 96) as u32) / f64::from(u32::MAX)
    }
}
