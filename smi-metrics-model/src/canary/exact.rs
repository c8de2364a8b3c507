//! Fisher's exact test of two shares.

/// More requests than this are halved until they are fewer: it takes time that grows with their
/// square root, and nothing is gained beyond.
const ENOUGH: u64 = 1 << 32;

/// How often chance gives the first group at least, and at most, so many hits as it has, given how
/// many hits and misses there are in all. Both are from 0 to 1, and 1 if there is nothing to
/// compare.
pub(super) fn tails(first: (u64, u64), second: (u64, u64)) -> (f64, f64) {
    let all = [first.0, first.1, second.0, second.1];
    let total = all.iter().fold(0_u128, |sum, count| sum + u128::from(*count));
    let halvings = (0..64).find(|halvings| total >> halvings <= u128::from(ENOUGH)).unwrap_or(64);
    let [hits, misses, other_hits, other_misses] =
        all.map(|count| count.checked_shr(halvings).unwrap_or(0));

    // The hits of the first group follow the hypergeometric distribution.
    let size = hits.saturating_add(misses);
    let all_hits = hits.saturating_add(other_hits);
    let all_misses = misses.saturating_add(other_misses);
    let least = size.saturating_sub(all_misses);
    let most = size.min(all_hits);
    let weights = Weights { size: size as f64, hits: all_hits as f64, misses: all_misses as f64 };

    // The likeliest number has the weight 1, and the others follow from it by their ratios.
    let mode = weights.mode().clamp(least as f64, most as f64) as u64;
    let mut sums = Sums { observed: hits, at_least: 0.0, at_most: 0.0, total: 0.0 };
    sums.add(mode, 1.0);
    let mut weight = 1.0;
    for count in mode..most {
        weight *= weights.ratio(count as f64);
        if weight < f64::MIN_POSITIVE {
            break;
        }
        sums.add(count.saturating_add(1), weight);
    }
    let mut weight = 1.0;
    for count in (least..mode).rev() {
        weight /= weights.ratio(count as f64);
        if weight < f64::MIN_POSITIVE {
            break;
        }
        sums.add(count, weight);
    }
    ((sums.at_least / sums.total).min(1.0), (sums.at_most / sums.total).min(1.0))
}

struct Weights {
    size: f64,
    hits: f64,
    misses: f64,
}

impl Weights {
    /// The likeliest number of hits.
    fn mode(&self) -> f64 {
        ((self.size + 1.0) * (self.hits + 1.0) / (self.hits + self.misses + 2.0)).floor()
    }

    /// How much likelier one hit more is: above 0 below the largest possible number.
    fn ratio(&self, count: f64) -> f64 {
        let more = (self.hits - count) * (self.size - count);
        let fewer = (count + 1.0) * (self.misses - self.size + count + 1.0);
        more / fewer
    }
}

struct Sums {
    observed: u64,
    at_least: f64,
    at_most: f64,
    /// At least 1: that of the likeliest number.
    total: f64,
}

impl Sums {
    fn add(&mut self, count: u64, weight: f64) {
        self.total += weight;
        if count >= self.observed {
            self.at_least += weight;
        }
        if count <= self.observed {
            self.at_most += weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    /// Fisher's lady tasting tea: 3 of 4 cups by chance in 17 of 70 cases.
    #[test]
    fn the_lady_tasting_tea() {
        let (at_least, at_most) = tails((3, 1), (1, 3));
        assert_close(at_least, 17.0 / 70.0);
        assert_close(at_most, 69.0 / 70.0);
    }

    /// All ways to choose the hits, counted out.
    #[test]
    fn small_tables_by_counting() {
        for hits in 0..6_u64 {
            for misses in 0..6 {
                for other_hits in 0..6 {
                    for other_misses in 0..6 {
                        let found = tails((hits, misses), (other_hits, other_misses));
                        let size = hits + misses;
                        let (all_hits, total) =
                            (hits + other_hits, size + other_hits + other_misses);
                        if total > 12 {
                            continue;
                        }
                        let mut ways = [0_u64; 3];
                        for choice in 0..1_u64 << total {
                            if u64::from(choice.count_ones()) != size {
                                continue;
                            }
                            let got = (choice & ((1 << all_hits) - 1)).count_ones().into();
                            ways[0] += 1;
                            ways[1] += u64::from(hits <= got);
                            ways[2] += u64::from(hits >= got);
                        }
                        if ways[0] > 0 {
                            assert_close(found.0, ways[1] as f64 / ways[0] as f64);
                            assert_close(found.1, ways[2] as f64 / ways[0] as f64);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_counts_make_it_no_number() {
        let counts = [0, 1, 2, 1_000, u64::MAX / 2, u64::MAX];
        for a in counts {
            for b in counts {
                for c in counts {
                    for d in counts {
                        let (at_least, at_most) = tails((a, b), (c, d));
                        assert!((0.0..=1.0).contains(&at_least), "{a} {b} {c} {d}");
                        assert!((0.0..=1.0).contains(&at_most), "{a} {b} {c} {d}");
                    }
                }
            }
        }
    }
}
