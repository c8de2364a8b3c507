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
    race.winner(hash, |_| true).unwrap()
}

/// The rule without slots, lists and shortcuts.
fn slow_winner(weights: &[u64], ids: &[u64], hash: u64) -> usize {
    let time = |index: usize| {
        let runner = Runner { index, id: ids[index], pace: 1.0, not_before: 0.0 };
        runner.arrival(hash) / weights[index] as f64
    };
    let running = (0..weights.len()).filter(|index| weights[*index] > 0);
    running.min_by(|a, b| time(*a).total_cmp(&time(*b))).unwrap()
}

#[test]
fn a_rank_is_that_of_one_slot() {
    for id in ids(20, 0) {
        let runner = Runner { index: 0, id, pace: 1.0, not_before: 0.0 };
        for slot in 0..SLOTS {
            assert_eq!(runner.order().slot(runner.rank(slot)), slot);
        }
    }
}

/// The sampling error comes on top of the limits; `SMI_STICKY_KEYS` sets how many keys there are, and
/// with ten million it hardly counts.
#[test]
fn shares_are_those_of_the_weights() {
    let keys = std::env::var("SMI_STICKY_KEYS").map_or(50_000, |keys| keys.parse().unwrap());
    let sampling = |share: f64| 3.5 * (share * (1.0 - share) / keys as f64).sqrt();
    for (count, limit) in [(2, 0.001), (3, 0.001), (10, 0.001), (50, 0.001), (100, 0.002)] {
        for slope in [0, 1] {
            let weights: Vec<u64> = (0..count as u64).map(|index| 1 + index * slope).collect();
            let race = race(&weights, &ids(count, slope));
            let mut counts = vec![0_u64; count];
            hashes(keys).for_each(|hash| counts[winner(&race, hash)] += 1);
            let total: u64 = weights.iter().sum();
            let mut largest: f64 = 0.0;
            for (got, weight) in counts.iter().zip(&weights) {
                let share = *weight as f64 / total as f64;
                let error = (*got as f64 / keys as f64 - share).abs();
                assert!(error < limit + sampling(share), "{count} backends: {error} of {share}");
                largest = largest.max(error);
            }
            println!("{count} backends, slope {slope}: off by {:.4} points", largest * 100.0);
        }
    }
}

fn weights_and_ids() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    let few = prop::collection::vec(1..100_u64, 2..20);
    let many = prop::collection::vec(1..1_000_u64, 20..=100);
    (prop_oneof![few, many], any::<u64>())
        .prop_map(|(weights, seed)| (weights.clone(), ids(weights.len(), seed)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn the_winner_is_the_first_of_all((weights, ids) in weights_and_ids()) {
        let race = race(&weights, &ids);
        for hash in hashes(2_000) {
            prop_assert_eq!(winner(&race, hash), slow_winner(&weights, &ids, hash));
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
        for hash in hashes(5_000) {
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
        for hash in hashes(5_000) {
            let was = winner(&race_before, hash);
            let is = race_before.winner(hash, |index| index != lost).unwrap();
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
        assert_eq!(race.winner(12345, |_| false), None);
        assert_eq!(race.winner(12345, |index| index == count - 1), Some(count - 1));
    }
}
