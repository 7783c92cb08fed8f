//! Send-side transport control: how much to send, when, and what to send again.
//!
//! ```text
//! encoder -> Pacer -> (number it, History inside BandwidthEstimator) -> socket
//!              ^  ^                          |
//!   pacing_bps |  | Retransmission           v
//!   BandwidthEstimator <- transport-wide feedback
//!   RetransmitCache    <- NACK
//!   KeyframeThrottle   <- PLI, FIR
//! ```
//!
//! The owner of these parts is one object on one thread; nothing here locks or reads a clock.
//! A typical owner, every time something happened and at least every 50 ms:
//! 1. gives feedback to [`BandwidthEstimator::on_feedback`], or calls [`BandwidthEstimator::on_tick`];
//! 2. hands [`BandwidthEstimator::pacing_bps`] to [`Pacer::set_rate`] and
//!    [`BandwidthEstimator::target_bps`] to [`RetransmitCache::set_target`];
//! 3. tells the encoder [`BandwidthEstimator::video_bps`], and to skip frames while
//!    [`Pacer::is_congested`];
//! 4. pops the pacer until it is empty, and sleeps until [`Pacer::next_send_time`];
//! 5. has a key frame made when [`Pacer::take_video_loss`], [`RetransmitCache::take_starved`] or
//!    [`KeyframeThrottle`] say so.

mod acked;
mod aimd;
mod delay;
mod estimator;
mod history;
mod keyframe;
mod loss;
mod pacer;
mod retransmit;
pub(crate) mod sequence;
mod trains;
mod trendline;

pub use estimator::{BandwidthEstimator, EstimatorConfig, EstimatorStats};
pub use keyframe::KeyframeThrottle;
pub use pacer::{Pacer, PacketKind};
pub use retransmit::{RetransmitCache, RetransmitStats};
