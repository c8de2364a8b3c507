use std::fmt;

use crate::weights::gcd;

/// An exact part of a whole, printed as a reduced fraction: `9/10`.
///
/// ```
/// use smi_split::Weights;
///
/// let weights = Weights::new([90, 10])?;
/// let share = weights.share(0).unwrap();
/// assert_eq!(share.to_string(), "9/10");
/// assert_eq!(share.percent(), 90.0);
/// # Ok::<(), smi_split::WeightsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Share {
    numerator: u64,
    denominator: u64,
}

impl Share {
    /// `part` of `whole`, reduced. Nothing of anything is 0/1.
    pub(crate) fn new(part: u64, whole: u64) -> Self {
        // Of zero and `whole` the greatest common divisor is `whole`, which makes the 0/1.
        match gcd(part, whole) {
            0 => Self { numerator: 0, denominator: 1 },
            divisor => Self { numerator: part / divisor, denominator: whole / divisor },
        }
    }

    /// The number above the line.
    pub fn numerator(self) -> u64 {
        self.numerator
    }

    /// The number below the line, never zero.
    pub fn denominator(self) -> u64 {
        self.denominator
    }

    /// The share in hundredths of the whole, as near as a float comes.
    pub fn percent(self) -> f64 {
        self.numerator as f64 / self.denominator as f64 * 100.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}
