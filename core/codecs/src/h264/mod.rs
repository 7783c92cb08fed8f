//! H.264 constrained baseline by openh264, called through its C++ virtual tables.

mod annexb;
mod decoder;
mod encoder;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;

/// The implementation's name for statistics.
pub(crate) const IMPLEMENTATION: &str = "openh264";

const CODEC: &str = "H.264";
