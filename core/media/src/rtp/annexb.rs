//! Splitting an Annex B byte stream (ITU-T H.264, annex B) into its NAL units.

/// The NAL units of `stream`, without start codes and without the zero bytes that may surround
/// them. Empty units are left out, and so is what precedes the first start code.
pub fn nal_units(stream: &[u8]) -> NalUnits<'_> {
    let rest = match find_start(stream) {
        Some(at) => &stream[at + 3..],
        None => &[],
    };
    NalUnits { rest }
}

/// See [`nal_units`].
#[derive(Clone, Debug)]
pub struct NalUnits<'a> {
    /// From behind a start code on.
    rest: &'a [u8],
}

impl<'a> Iterator for NalUnits<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let end = find_start(self.rest).unwrap_or(self.rest.len());
            let unit = trim_zeros(&self.rest[..end]);
            self.rest = self.rest.get(end + 3..).unwrap_or_default();
            if !unit.is_empty() {
                return Some(unit);
            }
        }
        None
    }
}

/// Where the next 00 00 01 is.
fn find_start(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(window) = bytes.get(at..at + 3) {
        // A start code may begin at a zero, not before another byte: mostly every third is looked at.
        match window {
            [0, 0, 1] => return Some(at),
            [_, _, 0] => at += 1,
            _ => at += 3,
        }
    }
    None
}

/// A NAL unit never ends in a zero byte: those are padding, or the first of a long start code.
fn trim_zeros(unit: &[u8]) -> &[u8] {
    let end = unit.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &unit[..end]
}
