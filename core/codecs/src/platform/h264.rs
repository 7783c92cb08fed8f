//! What an H.264 access unit in Annex B holds, the parameter sets of a stream, and its level.

use duet_media::rtp::nal_units;

pub(super) const START_CODE: [u8; 4] = [0, 0, 0, 1];

pub(super) const IDR: u8 = 5;
pub(super) const SPS: u8 = 7;
pub(super) const PPS: u8 = 8;

/// More parameter sets of a kind than any sender of one stream has.
const MAX_SETS: usize = 4;

/// What an access unit holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// A slice of any picture.
    pub(crate) slice: bool,
    /// A slice of an IDR picture: decoding may start here.
    pub(crate) idr: bool,
    /// A sequence parameter set.
    pub(crate) sps: bool,
}

/// Looks through an access unit in Annex B.
pub(crate) fn contents(annex_b: &[u8]) -> Contents {
    let mut found = Contents::default();
    for unit in nal_units(annex_b) {
        match kind(unit) {
            1..=IDR => {
                found.slice = true;
                found.idr |= kind(unit) == IDR;
            }
            SPS => found.sps = true,
            _ => {}
        }
    }
    found
}

/// The parameter sets of a stream, as they last were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ParameterSets {
    sps: Vec<Vec<u8>>,
    pps: Vec<Vec<u8>>,
}

impl ParameterSets {
    /// Takes over what an access unit in Annex B carries; whether that changed anything. With a new
    /// sequence parameter set everything before it is forgotten.
    pub(crate) fn update(&mut self, annex_b: &[u8]) -> bool {
        let mut carried = ParameterSets::default();
        for unit in nal_units(annex_b) {
            match kind(unit) {
                SPS => carried.add_sps(unit),
                PPS => carried.add_pps(unit),
                _ => {}
            }
        }
        if carried.sps.is_empty() {
            if carried.pps.iter().all(|unit| self.pps.contains(unit)) {
                return false;
            }
            carried.sps.clone_from(&self.sps);
        }
        if carried.pps.is_empty() {
            carried.pps.clone_from(&self.pps);
        }
        let changed = carried != *self;
        if changed {
            *self = carried;
        }
        changed
    }

    fn add_sps(&mut self, unit: &[u8]) {
        add(&mut self.sps, unit);
    }

    fn add_pps(&mut self, unit: &[u8]) {
        add(&mut self.pps, unit);
    }

    /// Whether a decoder can start with them.
    #[cfg(any(test, target_vendor = "apple"))]
    pub(crate) fn is_complete(&self) -> bool {
        !self.sps.is_empty() && !self.pps.is_empty()
    }

    /// Each set, sequence parameter sets first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.sps.iter().chain(&self.pps).map(Vec::as_slice)
    }

    /// Appends them to `out` in Annex B.
    #[cfg(any(test, target_os = "android"))]
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for unit in self.iter() {
            out.extend_from_slice(&START_CODE);
            out.extend_from_slice(unit);
        }
    }
}

fn add(sets: &mut Vec<Vec<u8>>, unit: &[u8]) {
    if sets.len() < MAX_SETS && !sets.iter().any(|known| known == unit) {
        sets.push(unit.to_vec());
    }
}

pub(super) fn kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |header| header & 0x1F)
}

/// The lowest level (table A-1 of ITU-T H.264) that a stream of the baseline profile needs, times ten:
/// 31 for level 3.1. The highest that is listed if none does.
#[cfg(any(test, target_os = "android"))]
pub(crate) fn level(width: u32, height: u32, fps: f32, bitrate_bps: u32) -> u32 {
    /// Level, macroblocks a second, macroblocks a picture, kbit/s.
    const LEVELS: &[(u32, u32, u32, u32)] = &[
        (10, 1_485, 99, 64),
        (11, 3_000, 396, 192),
        (12, 6_000, 396, 384),
        (13, 11_880, 396, 768),
        (20, 11_880, 396, 2_000),
        (21, 19_800, 792, 4_000),
        (22, 20_250, 1_620, 4_000),
        (30, 40_500, 1_620, 10_000),
        (31, 108_000, 3_600, 14_000),
        (32, 216_000, 5_120, 20_000),
        (40, 245_760, 8_192, 20_000),
        (42, 522_240, 8_704, 50_000),
        (50, 589_824, 22_080, 135_000),
        (51, 983_040, 36_864, 240_000),
        (52, 2_073_600, 36_864, 240_000),
    ];
    let picture = width.div_ceil(16) * height.div_ceil(16);
    let second = (picture as f32 * fps.clamp(1.0, 60.0)).ceil() as u32;
    let fits = |&&(_, per_second, per_picture, kbps): &&(u32, u32, u32, u32)| {
        second <= per_second && picture <= per_picture && bitrate_bps / 1000 <= kbps
    };
    LEVELS.iter().find(fits).or(LEVELS.last()).map_or(52, |&(level, ..)| level)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[
        0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 4, 5, 0, 0, 1,
        0x65, 6,
    ];

    #[test]
    fn a_key_frame_is_known_by_its_slices() {
        assert_eq!(contents(KEY), Contents { slice: true, idr: true, sps: true });
        assert_eq!(contents(&[0, 0, 1, 0x41, 1]), Contents { slice: true, idr: false, sps: false });
        assert_eq!(contents(&[7, 7, 7]), Contents::default());
    }

    #[test]
    fn parameter_sets_are_kept_and_a_change_is_told_once() {
        let mut sets = ParameterSets::default();
        assert!(!sets.is_complete());
        assert!(sets.update(KEY));
        assert!(sets.is_complete());
        assert!(!sets.update(KEY));
        assert!(!sets.update(&[0, 0, 1, 0x41, 9]), "a picture without sets changes nothing");
        let mut written = Vec::new();
        sets.write(&mut written);
        assert_eq!(written, [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3]);
    }

    #[test]
    fn a_new_sequence_replaces_the_old_one_and_another_picture_set_joins_it() {
        let mut sets = ParameterSets::default();
        sets.update(KEY);
        assert!(sets.update(&[0, 0, 1, 0x67, 9]));
        assert_eq!(sets.iter().collect::<Vec<_>>(), [&[0x67, 9][..], &[0x68, 3]]);
        assert!(sets.update(&[0, 0, 1, 0x68, 4]));
        assert_eq!(sets.iter().collect::<Vec<_>>(), [&[0x67, 9][..], &[0x68, 4]]);
    }

    #[test]
    fn a_stream_with_endless_parameter_sets_does_not_grow_us() {
        let mut flood = Vec::new();
        for n in 1..=100 {
            flood.extend([0, 0, 1, 0x67, n, 0, 0, 1, 0x68, n]);
        }
        let mut sets = ParameterSets::default();
        sets.update(&flood);
        assert_eq!(sets.iter().count(), 2 * MAX_SETS);
    }

    #[test]
    fn the_level_is_the_lowest_that_fits() {
        assert_eq!(level(640, 480, 30.0, 1_500_000), 30);
        assert_eq!(level(1280, 720, 30.0, 2_500_000), 31);
        assert_eq!(level(1280, 720, 60.0, 2_500_000), 32);
        assert_eq!(level(1920, 1080, 30.0, 4_000_000), 40);
        assert_eq!(level(320, 240, 15.0, 300_000), 12);
        assert_eq!(level(4096, 4096, 60.0, u32::MAX), 52);
    }
}
