use proptest::prelude::*;

use super::*;

/// Keys, as their hashes are all that counts here.
fn hashes(count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(|key| hash(&key.to_le_bytes()))
}

fn ids(count: usize, seed: u64) -> Vec<u64> {
    (0..count).map(|index| hash(format!("shop/backend-{seed}-{index}").as_bytes())).collect()
}

fn race(weights: &[u64], ids: &[u64]) -> Race {
    Race::new(&Weights::new(weights.iter().copied()).unwrap(), ids)
}

fn winner(race: &Race, hash: u64) -> usize {
    race.winner(hash).unwrap()
}

/// The rule as it is documented, without anything remembered, and with the platform's logarithm.
fn model(weights: &[u64], ids: &[u64], hash: u64) -> usize {
    let time = |index: usize| {
        let slot = hash / 2_u64.pow(43);
        let block = u128::from((slot / 256 * 2 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let product = block * u128::from(ids[index] ^ 0x2d35_8dcc_aa6c_78a5);
        let [low, middle, high] = [0, 32, 64].map(|shift| (product >> shift) as u64);
        let mixed = slot.wrapping_mul((low ^ high) | 1).wrapping_add(middle);
        let low = mixed % 256;
        let rank = (low ^ (low / 16)).wrapping_mul((middle / 65_536) | 1) % 256;
        exponential(rank, (mixed / 256) as f64 / 2_f64.powi(56)) / weights[index] as f64
    };
    let running = (0..weights.len()).filter(|index| weights[*index] > 0);
    running.min_by(|a, b| time(*a).total_cmp(&time(*b))).unwrap()
}

/// −ln(1 − (rank + within) / 256), interpolated.
fn exponential(rank: u64, within: f64) -> f64 {
    let at = |rank: u64| -(1.0 - rank as f64 / 256.0).ln();
    if rank < 255 {
        at(rank) + (at(rank + 1) - at(rank)) * within
    } else {
        let next = (within * 256.0).floor();
        at(255) + exponential(next as u64, within * 256.0 - next)
    }
}

#[test]
fn a_place_is_that_of_its_rank() {
    for id in ids(20, 0) {
        let runner = Runner { index: 0, id, pace: 1.0 };
        for first in [0, 256, 1 << 20] {
            let mut seen = [false; BLOCK];
            for (rank, place, quantile) in runner.order(first).ranked(first) {
                assert_eq!(quantile, runner.order(first).quantile(first + u64::from(place)));
                assert_eq!(quantile >> 56, u64::from(rank));
                assert!(runner.earliest(rank) <= runner.time(quantile));
                seen[usize::from(place)] = true;
            }
            assert!(seen.iter().all(|seen| *seen));
        }
    }
}

/// Of all slots, if `SMI_STICKY_SETS` says how many sets of names to try. Else of some, where chance
/// comes on top of the limits.
#[test]
fn shares_are_those_of_the_weights() {
    let sets = std::env::var("SMI_STICKY_SETS").ok().map(|sets| sets.parse::<u64>().unwrap());
    let step = if sets.is_some() { 1 } else { 61 };
    let slots = (1_u64 << 21).div_ceil(step);
    let mut largest: f64 = 0.0;
    for (count, limit) in
        [(2, 0.001), (3, 0.001), (4, 0.001), (5, 0.001), (10, 0.001), (50, 0.001), (100, 0.002)]
    {
        for set in 0..sets.unwrap_or(1) {
            let ids = ids(count, set);
            let equal = vec![1; count];
            let slope = (1..=count as u64).collect();
            let heavy = (1..=count as u64).map(|place| if place == 1 { 9 } else { 1 }).collect();
            for weights in [equal, slope, heavy] {
                let race = race(&weights, &ids);
                let mut counts = vec![0_u64; count];
                (0..slots).for_each(|slot| counts[winner(&race, (slot * step) << 43)] += 1);
                let total: u64 = weights.iter().sum();
                for (got, weight) in counts.iter().zip(&weights) {
                    let share = *weight as f64 / total as f64;
                    let error = (*got as f64 / slots as f64 - share).abs();
                    let chance = match sets {
                        Some(_) => 0.0,
                        None => 4.0 * (share * (1.0 - share) / slots as f64).sqrt(),
                    };
                    assert!(error < limit + chance, "{weights:?} of {set}: {error} of {share}");
                    largest = largest.max(error);
                }
            }
        }
    }
    println!("off by {:.4} points at most", largest * 100.0);
}

/// Enough slots that in some of them nobody is early, and some who come later are known.
#[test]
fn a_block_has_the_winners_of_its_slots() {
    let weights: Vec<u64> = (0..300).map(|index| if index % 5 == 0 { 200 } else { 1 }).collect();
    let race = race(&weights, &ids(weights.len(), 4));
    for slot in 0..40_000 {
        assert_eq!(race.winner(slot << 43), race.run(slot, |_| true), "{slot}");
    }
}

#[test]
fn a_memo_has_room_for_every_index() {
    for count in [1, 3, 4, 15, 16, 255, 256, 65_535, 65_536] {
        let memo = Memo::new(count);
        for slot in [0, 1, 2, 31, 32, 12_345, (1 << 21) - 2, (1 << 21) - 1] {
            assert_eq!(memo.get(slot), None);
            memo.put(slot, count - 1);
            memo.put(slot, count - 1);
        }
        for slot in [0, 1, 2, 31, 32, 12_345, (1 << 21) - 2, (1 << 21) - 1] {
            assert_eq!(memo.get(slot), Some(count - 1), "{count}");
        }
        for slot in [3, 30, 33, 12_346, (1 << 21) - 3] {
            assert_eq!(memo.get(slot), None, "{count}");
        }
    }
}

/// Whoever comes first to a slot, all threads get the same.
#[test]
fn threads_that_fill_one_memo_agree() {
    for count in [3, 200] {
        let (weights, ids) = (vec![3; count], ids(count, 5));
        let race = race(&weights, &ids);
        let hashes: Vec<u64> = hashes(20_000).collect();
        let pick = || hashes.iter().map(|hash| winner(&race, *hash)).collect::<Vec<_>>();
        let (a, b) = std::thread::scope(|scope| {
            let (a, b) = (scope.spawn(pick), scope.spawn(pick));
            (a.join().unwrap(), b.join().unwrap())
        });
        assert_eq!(a, b);
        assert_eq!(a, pick());
    }
}

fn weights_and_ids() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    let few = prop::collection::vec(1..100_u64, 2..20);
    let many = prop::collection::vec(1..1_000_u64, 20..=100);
    let blocks = prop::collection::vec(1..1_000_u64, 129..=200);
    (prop_oneof![few, many, blocks], any::<u64>())
        .prop_map(|(weights, seed)| (weights.clone(), ids(weights.len(), seed)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn the_winner_is_the_first_of_all((weights, ids) in weights_and_ids()) {
        let race = race(&weights, &ids);
        // Many in few blocks, which are remembered, and each twice.
        for hash in hashes(500).chain((0..500).map(|slot| slot << 43)) {
            let expected = model(&weights, &ids, hash);
            prop_assert_eq!(winner(&race, hash), expected);
            prop_assert_eq!(winner(&race, hash), expected);
        }
    }

    /// Changing one weight moves keys from or to it only; changing any moves a key only to one that
    /// has grown in proportion to the one that it leaves.
    #[test]
    fn keys_move_only_to_what_grew(
        (weights, ids) in weights_and_ids(),
        changed in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        (to, other_to) in (0..1_000_u64, 0..1_000_u64),
    ) {
        let (changed, other) = (changed.index(weights.len()), other.index(weights.len()));
        let mut after = weights.clone();
        after[changed] = to;
        let mut both = after.clone();
        both[other] = other_to;
        let races = [&weights, &after, &both].map(|weights| {
            Weights::new(weights.iter().copied()).ok().filter(|weights| weights.total() > 0)
                .map(|weights| Race::new(&weights, &ids))
        });
        let [Some(before_race), Some(after_race), Some(both_race)] = races else { return Ok(()) };
        for hash in hashes(2_000) {
            let (was, is) = (winner(&before_race, hash), winner(&after_race, hash));
            let expected = if to > weights[changed] { is == changed } else { was == changed };
            prop_assert!(was == is || expected, "{was} to {is}");

            let now = winner(&both_race, hash);
            let grew = both[now] * weights[was] > weights[now] * both[was];
            prop_assert!(was == now || grew, "{was} to {now}");
        }
    }

    #[test]
    fn what_is_lost_moves_only_its_own_keys(
        (weights, ids) in weights_and_ids(),
        lost in any::<prop::sample::Index>(),
    ) {
        let lost = lost.index(weights.len());
        let race_before = race(&weights, &ids);
        let mut without = weights.clone();
        without[lost] = 0;
        let race_after = race(&without, &ids);
        for hash in hashes(2_000) {
            let was = winner(&race_before, hash);
            let is = race_before.winner_among(hash, |index| index != lost).unwrap();
            prop_assert!(was == is || was == lost);
            // To be out for a moment is the same as to be gone.
            prop_assert_eq!(is, winner(&race_after, hash));
        }
    }
}

/// How many keys must move is half the sum of the differences of shares.
#[test]
fn no_more_keys_move_than_must() {
    let keys = 50_000;
    for count in [2, 10, 20, 100] {
        let ids = ids(count, 7);
        let before = vec![100; count];
        for to in [0, 50, 150, 300, 1000] {
            let mut after = before.clone();
            after[count / 2] = to;
            let (a, b) = (race(&before, &ids), race(&after, &ids));
            let moved = hashes(keys).filter(|hash| winner(&a, *hash) != winner(&b, *hash)).count();
            let (n, to) = (count as f64, to as f64 / 100.0);
            let must = (to / (n - 1.0 + to) - 1.0 / n).abs();
            let moved = moved as f64 / keys as f64;
            let noise = 3.5 * (must / keys as f64).sqrt();
            assert!(moved < must * 1.1 + noise, "{count} backends to {to}: {moved} of {must}");
            assert!(moved > must * 0.9 - noise, "{count} backends to {to}: {moved} of {must}");
        }
    }
}

#[test]
fn availability_may_leave_nobody() {
    for count in [1, 2, 40] {
        let race = race(&vec![1; count], &ids(count, 1));
        assert_eq!(race.winner_among(12345, |_| false), None);
        assert_eq!(race.winner_among(12345, |index| index == count - 1), Some(count - 1));
    }
}

#[test]
fn what_is_run_beforehand_is_what_keys_would_find() {
    for count in [2, 20, FEW + 2] {
        let ids = ids(count, 7);
        let weights = vec![3; count];
        let (prepared, asked) = (race(&weights, &ids), race(&weights, &ids));
        // All slots take long without optimisation; a run of them does not.
        prepared.run_slots(0..2_048);
        for slot in 0..2_048 {
            assert_eq!(prepared.memo.get(slot), asked.find(slot));
        }
    }
}
