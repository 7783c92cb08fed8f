//! What the bench asks of a peer.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use duet_core::VideoCodec;

/// One side of a bench call.
#[derive(Parser)]
#[command(name = "duet-bench-peer", version)]
pub(crate) struct Args {
    /// Who makes the offer.
    #[arg(long, value_enum)]
    pub(crate) role: Role,
    /// vp8, h264 or openh264.
    #[arg(long, default_value = "vp8")]
    pub(crate) codec: VideoCodec,
    #[arg(long, default_value_t = 640)]
    pub(crate) width: u32,
    #[arg(long, default_value_t = 480)]
    pub(crate) height: u32,
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) fps: u32,
    /// Upper bound of what is sent.
    #[arg(long, default_value_t = 1500)]
    pub(crate) bitrate_kbps: u32,
    /// First guess of the network; 0 for the engine's own.
    #[arg(long, default_value_t = 0)]
    pub(crate) start_kbps: u32,
    /// What is sent: a, v, both or nothing. Everything is received.
    #[arg(long, default_value = "av")]
    pub(crate) send: String,
    /// Raw I420 pictures.
    #[arg(long)]
    pub(crate) content: PathBuf,
    /// Where the files go.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Keep every so many received pictures; 0 for none.
    #[arg(long, default_value_t = 0)]
    pub(crate) dump_every: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Offer,
    Answer,
}

impl Role {
    /// The name by which the other side knows it.
    pub(crate) fn user(self) -> &'static str {
        match self {
            Role::Offer => "offer",
            Role::Answer => "answer",
        }
    }
}
