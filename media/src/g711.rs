//! G.711: telephone speech in eight bits per sample, µ-law and A-law (ITU-T G.711, 1988).

/// Sample rate of G.711, in hertz.
pub const RATE: u32 = 8000;

/// Which of the two companding laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// µ-law (North America, Japan), RTP's PCMU.
    Mu,
    /// A-law (elsewhere), RTP's PCMA.
    A,
}

impl Law {
    /// Appends one byte to `out` for every sample.
    pub fn encode(self, samples: &[i16], out: &mut Vec<u8>) {
        match self {
            Self::Mu => out.extend(samples.iter().map(|&sample| mu_from_linear(sample))),
            Self::A => out.extend(samples.iter().map(|&sample| a_from_linear(sample))),
        }
    }

    /// Appends one sample to `out` for every byte. Every byte is a valid code.
    pub fn decode(self, codes: &[u8], out: &mut Vec<i16>) {
        let table = match self {
            Self::Mu => &MU,
            Self::A => &A,
        };
        out.extend(codes.iter().map(|&code| table[usize::from(code)]));
    }

    /// The code of silence.
    #[must_use]
    pub const fn silence(self) -> u8 {
        match self {
            Self::Mu => 0xFF,
            Self::A => 0xD5,
        }
    }
}

static MU: [i16; 256] = table(Law::Mu);
static A: [i16; 256] = table(Law::A);

const fn table(law: Law) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = match law {
            Law::Mu => linear_from_mu(code as u8),
            Law::A => linear_from_a(code as u8),
        };
        code += 1;
    }
    table
}

/// Fourteen-bit magnitude plus a bias of 33 makes every segment begin at a power of two
/// (table 2a and its note); all bits are inverted on the line.
const fn mu_from_linear(sample: i16) -> u8 {
    let magnitude = (if sample < 0 { !sample } else { sample }) as u16 >> 2;
    let biased = if magnitude + 33 > 0x1FFF {
        0x1FFF
    } else {
        magnitude + 33
    };
    let segment = 10 - biased.leading_zeros() as u16;
    let step = biased >> (segment + 1) & 0x0F;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !(sign | segment << 4 | step) as u8
}

const fn linear_from_mu(code: u8) -> i16 {
    let code = !code;
    let segment = code >> 4 & 7;
    let biased = ((code & 0x0F) as i16 * 2 + 33) << segment;
    let magnitude = (biased - 33) << 2;
    if code & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// Thirteen bits, of which the lowest is below every step; even bits are inverted on the line
/// (table 1a and its note).
const fn a_from_linear(sample: i16) -> u8 {
    let magnitude = (if sample < 0 { !sample } else { sample }) as u16 >> 4;
    let code = if magnitude < 32 {
        magnitude
    } else {
        let segment = 12 - magnitude.leading_zeros() as u16;
        segment << 4 | magnitude >> (segment - 1) & 0x0F
    };
    let sign = if sample < 0 { 0 } else { 0x80 };
    (sign | code) as u8 ^ 0x55
}

const fn linear_from_a(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = code >> 4 & 7;
    let step = (code & 0x0F) as i16 * 16 + 8;
    let magnitude = if segment == 0 {
        step
    } else {
        (step + 256) << (segment - 1)
    };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(law: Law, sample: i16) -> i16 {
        let (mut codes, mut out) = (Vec::new(), Vec::new());
        law.encode(&[sample], &mut codes);
        law.decode(&codes, &mut out);
        out[0]
    }

    /// Decoder output values y1…y128 of G.711 tables 1a and 2a at the segments' ends, in sixteen
    /// bits (A-law ×8, µ-law ×4), with their character signals.
    #[test]
    fn decodes_the_values_of_the_standard() {
        let mu = [
            (0xFF, 0),
            (0xFE, 2),
            (0xEF, 33),
            (0xDF, 99),
            (0xCF, 231),
            (0xBF, 495),
            (0xAF, 1023),
            (0x9F, 2079),
            (0x8F, 4191),
            (0x80, 8031),
        ];
        for (code, value) in mu {
            assert_eq!(MU[code], value * 4, "{code:#x}");
            assert_eq!(MU[code ^ 0x80], -value * 4, "{code:#x}");
        }
        let a = [
            (0x80, 1),
            (0x81, 3),
            (0x90, 33),
            (0xA0, 66),
            (0xB0, 132),
            (0xC0, 264),
            (0xD0, 528),
            (0xE0, 1056),
            (0xF0, 2112),
            (0xFF, 4032),
        ];
        for (code, value) in a {
            assert_eq!(A[code ^ 0x55], value * 8, "{code:#x}");
            assert_eq!(A[code ^ 0x80 ^ 0x55], -value * 8, "{code:#x}");
        }
    }

    #[test]
    fn every_code_comes_back() {
        for law in [Law::Mu, Law::A] {
            for code in 0..=255u8 {
                let (mut samples, mut codes) = (Vec::new(), Vec::new());
                law.decode(&[code], &mut samples);
                law.encode(&samples, &mut codes);
                // µ-law has a negative zero, which linear samples do not know.
                let expected = if law == Law::Mu && code == 0x7F {
                    0xFF
                } else {
                    code
                };
                assert_eq!(codes, [expected], "{law:?}");
            }
        }
    }

    /// A sample may be off by half the width of its step: the standard puts the value in the
    /// middle between two decision values.
    #[test]
    fn every_sample_falls_into_its_step_in_order() {
        for law in [Law::Mu, Law::A] {
            let mut previous = i32::MIN;
            for sample in i16::MIN..=i16::MAX {
                let value = i32::from(round_trip(law, sample));
                let error = (value - i32::from(sample)).abs();
                let (bound, largest) = match law {
                    // Fourteen of sixteen bits decide: three units do not count.
                    Law::Mu => ((1 << (value.abs() + 132).ilog2() >> 5) + 3, 32_124),
                    Law::A => ((1 << value.abs().ilog2() >> 5).max(8), 32_256),
                };
                let clipped = value.abs() == largest && i32::from(sample).abs() > largest;
                assert!(error <= bound || clipped, "{law:?} {sample} became {value}");
                assert!(value >= previous, "{law:?} is monotonic at {sample}");
                previous = value;
            }
        }
    }

    #[test]
    fn silence_is_nearly_nothing() {
        for law in [Law::Mu, Law::A] {
            let mut samples = Vec::new();
            law.decode(&[law.silence()], &mut samples);
            assert!(samples[0].abs() <= 8);
        }
    }
}
