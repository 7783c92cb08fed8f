//! VP8 (RFC 6386) by libvpx.

mod context;
mod decoder;
mod encoder;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;

/// The implementation's name for statistics.
pub(crate) const IMPLEMENTATION: &str = "libvpx";

const CODEC: &str = "VP8";
