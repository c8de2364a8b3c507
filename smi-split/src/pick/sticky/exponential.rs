//! Exponentially distributed numbers, the same bit for bit on every machine.
//!
//! The logarithm of the standard library is that of the platform, which may differ in the last bit
//! from machine to machine, and is slow for our purpose. Here a table has the logarithms, made by
//! the compiler with sums, products and quotients, which IEEE 754 defines exactly.

/// The quantile of the exponential distribution with mean 1 at `quantile` / 2^64.
///
/// Between 256 quantiles that are exact, others are interpolated. What comes after the last of
/// these is the same distribution again: it has no memory.
#[inline]
pub(super) fn exponential(quantile: u64) -> f64 {
    let (cell, within) = ((quantile >> 56) as usize, quantile << 8);
    match CELLS.get(cell) {
        Some(cell) => cell.start + cell.slope * half(within),
        None => LAST_START + after_last(within),
    }
}

/// The smallest result for a quantile whose first eight bits are `cell`.
pub(super) fn start(cell: u8) -> f64 {
    CELLS.get(usize::from(cell)).map_or(LAST_START, |cell| cell.start)
}

#[cold]
fn after_last(quantile: u64) -> f64 {
    exponential(quantile)
}

/// Half of a number, which converts in one instruction as it is signed.
#[inline]
fn half(number: u64) -> f64 {
    (number >> 1) as i64 as f64
}

/// A 256th of all numbers.
struct Cell {
    /// −ln(1 − k/256)
    start: f64,
    /// What it gains to its end, divided by 2^63.
    slope: f64,
}

/// All cells but the last, which has no end.
static CELLS: [Cell; 255] = cells();

const LAST_START: f64 = logarithm(255);

#[expect(clippy::indexing_slicing, reason = "a constant: evaluated by the compiler")]
const fn cells() -> [Cell; 255] {
    let mut cells = [const { Cell { start: 0.0, slope: 0.0 } }; 255];
    let mut cell = 0;
    while cell < 255 {
        let (own, next) = (logarithm(cell), logarithm(cell + 1));
        cells[cell as usize] = Cell { start: own, slope: (next - own) / (1_u64 << 63) as f64 };
        cell += 1;
    }
    cells
}

/// −ln(1 − cell/256) = ln(256) − ln(256 − cell)
const fn logarithm(cell: u32) -> f64 {
    let rest = 256 - cell;
    let halvings = 8 - rest.ilog2();
    // rest / 256 = m / 2^halvings with m in [1, 2), and ln(m) = 2 · artanh((m − 1) / (m + 1)).
    let m = rest as f64 / (1_u32 << rest.ilog2()) as f64;
    let z = (m - 1.0) / (m + 1.0);
    let mut sum = 0.0;
    let mut power = 41;
    while power > 0 {
        sum = sum * z * z + 1.0 / power as f64;
        power -= 2;
    }
    halvings as f64 * std::f64::consts::LN_2 - 2.0 * z * sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bits_never_change() {
        let quantiles = [0, 1 << 20, 1 << 57, 1 << 59, 1 << 63, u64::MAX - (1 << 50), u64::MAX];
        let bits = quantiles.map(|quantile| exponential(quantile).to_bits());
        let expected = [
            0x0,
            0x3d30_0805_5958_8b00,
            0x3f80_1015_7588_de40,
            0x3fa0_415d_89e7_4440,
            0x3fe6_2e42_fefa_39ef,
            0x4023_687a_9f1a_f2b0,
            0x4046_2e42_fefa_39ef,
        ];
        assert_eq!(bits, expected, "{bits:#x?}");
    }

    #[test]
    fn the_mean_is_one() {
        let numbers = 1 << 16;
        let quantile = |place: u64| (place << 48) + (1 << 47);
        let sum: f64 = (0..numbers).map(|place| exponential(quantile(place))).sum();
        let mean = sum / numbers as f64;
        assert!((mean - 1.0).abs() < 1e-3, "{mean}");
    }

    proptest! {
        #[test]
        fn it_is_near_the_logarithm(quantile in 0..u64::MAX - (1 << 30)) {
            let exact = -(-(quantile as f64) / 2_f64.powi(64)).ln_1p();
            let error = (exponential(quantile) - exact).abs();
            prop_assert!(error < 0.125 * (256.0_f64 / 255.0).ln() || exact > 1.0 && error < 0.13, "{error}");
        }

        #[test]
        fn it_grows(a in any::<u64>(), b in any::<u64>()) {
            prop_assert!((a < b) <= (exponential(a) <= exponential(b)));
            let fraction = a as f64 / 2_f64.powi(64);
            prop_assert!(exponential(a) >= fraction * (1.0 - 1e-12), "never below a uniform one");
        }
    }
}
