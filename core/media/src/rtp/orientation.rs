//! Which way up a picture is, as a header extension says it (3GPP TS 26.114 section 7.4.5, "CVO").
//!
//! One byte: four zero bits, the camera (front or back), a mirror flag, and two bits that count the quarter
//! turns. Camera and mirror flag are not used: a picture is sent as its viewer is to see it, turned only.

use crate::frame::Rotation;

/// The extension's name in session descriptions.
pub const VIDEO_ORIENTATION: &str = "urn:3gpp:video-orientation";

/// The extension's byte for pictures that a viewer turns by `rotation`.
pub fn orientation_byte(rotation: Rotation) -> u8 {
    match rotation {
        Rotation::Deg0 => 0,
        Rotation::Deg90 => 1,
        Rotation::Deg180 => 2,
        Rotation::Deg270 => 3,
    }
}

/// What a viewer has to do, from the extension's byte.
pub fn rotation_of(orientation: u8) -> Rotation {
    match orientation & 0b11 {
        0 => Rotation::Deg0,
        1 => Rotation::Deg90,
        2 => Rotation::Deg180,
        _ => Rotation::Deg270,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rotation_survives_the_byte_whatever_else_is_in_it() {
        for rotation in [Rotation::Deg0, Rotation::Deg90, Rotation::Deg180, Rotation::Deg270] {
            let byte = orientation_byte(rotation);
            assert_eq!(byte & !0b11, 0);
            for camera_and_mirror in [0b0000, 0b0100, 0b1000, 0b1100] {
                assert_eq!(rotation_of(byte | camera_and_mirror), rotation);
            }
        }
    }
}
