//! Where a track is quiet, so that a correction of its drift is not heard.

/// How fast the floor rises, in parts of a peak's unit per packet.
const RISE: u16 = 1;
const UNIT: u16 = 64;
/// How far above the floor is still quiet, in units.
const MARGIN: u16 = 2;

/// Follows the quietest peaks of a track.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// In 1/64 of a peak's unit.
    floor: u16,
}

impl Quiet {
    /// Whether a packet with this peak is quiet; `silent` if it certainly is.
    pub(super) fn judge(&mut self, peak: u8, silent: bool) -> bool {
        let peak = u16::from(peak) * UNIT;
        self.floor = (self.floor + RISE).min(peak);
        silent || peak <= self.floor + MARGIN * UNIT
    }
}
