//! The buckets of a histogram: 16 of the same width for each power of two of microseconds.

use std::time::Duration;

/// Buckets per power of two, in bits.
const BITS: u32 = 4;
/// Buckets per power of two. So many microseconds from 0 have a bucket each.
const STEPS: u64 = 1 << BITS;
/// Powers of two that are told apart: 2^32 µs are 71 minutes.
const POWERS: u32 = 32;

/// How many buckets there are.
pub(super) const COUNT: usize = ((POWERS - BITS + 1) as usize) << BITS;
/// The last bucket, for all that is too long for the others.
const LAST: usize = COUNT - 1;

/// The bucket of a latency, always below [`COUNT`].
pub(super) const fn index(latency: Duration) -> usize {
    let seconds = latency.as_secs();
    if seconds > (1 << POWERS) / 1_000_000 {
        return LAST;
    }
    let micros = seconds.saturating_mul(1_000_000).saturating_add(latency.subsec_micros() as u64);
    if micros < STEPS {
        return micros as usize;
    }
    let shift = micros.ilog2().saturating_sub(BITS);
    // From 16 to 31: the leading bit, and the four bits after it.
    let step = (micros >> shift) as usize;
    let index = ((shift as usize) << BITS).saturating_add(step);
    if index < LAST { index } else { LAST }
}

/// The shortest latency of a bucket, in microseconds.
pub(super) const fn lower(index: usize) -> u64 {
    let index = index as u64;
    let shift = (index >> BITS).saturating_sub(1);
    if index < STEPS { index } else { (STEPS | (index & (STEPS - 1))) << shift }
}

/// The width of a bucket in microseconds.
pub(super) const fn width(index: usize) -> u64 {
    1 << ((index as u64) >> BITS).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buckets_follow_each_other_without_gaps() {
        let mut end = 0;
        for bucket in 0..COUNT {
            assert_eq!(lower(bucket), end, "{bucket}");
            end += width(bucket);
            for micros in [lower(bucket), lower(bucket) + width(bucket) / 2, end - 1] {
                assert_eq!(index(Duration::from_micros(micros)), bucket, "{micros}");
            }
            assert_eq!(index(Duration::from_micros(end) - Duration::from_nanos(1)), bucket);
        }
        assert_eq!(end, 1 << POWERS);
        assert_eq!(index(Duration::from_micros(end)), LAST);
        assert_eq!(index(Duration::MAX), LAST);
    }

    #[test]
    fn no_bucket_is_wider_than_a_sixteenth_of_its_latencies() {
        for bucket in 16..COUNT {
            assert!(width(bucket) * 16 <= lower(bucket), "{bucket}");
        }
    }
}
