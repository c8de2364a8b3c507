/// One period of a rotation, written out: nginx's smooth weighted round-robin.
///
/// At each turn every index gains its weight. The richest, the first of several, has the turn and
/// pays the total. After one period all are back at nothing, so each has had as many turns as its
/// weight says.
///
/// Source: nginx, `ngx_http_upstream_get_peer`, by M. Dounin (2012).
pub(super) fn one_period(weights: &[u64]) -> Box<[u32]> {
    let period: u64 = weights.iter().sum();
    // Periods are short here, so that no sum comes near 64 bits.
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let total = signed(period);
    let mut accounts: Vec<Account> = weights
        .iter()
        .zip(0_u32..)
        .filter(|(weight, _)| **weight > 0)
        .map(|(weight, index)| Account { index, weight: signed(*weight), balance: 0 })
        .collect();

    (0..period).map_while(|_| next(&mut accounts, total)).collect()
}

/// What an index has gained and not yet paid.
struct Account {
    index: u32,
    weight: i64,
    balance: i64,
}

/// Whose turn it is; `None` without accounts.
fn next(accounts: &mut [Account], total: i64) -> Option<u32> {
    accounts.iter_mut().for_each(|account| account.balance += account.weight);
    // Of equals, `max_by_key` takes the last it sees.
    let richest = accounts.iter_mut().rev().max_by_key(|account| account.balance)?;
    richest.balance -= total;
    Some(richest.index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Weights;
    use crate::pick::deviation::Deviation;

    fn period_of(weights: &[u64]) -> Vec<u32> {
        one_period(weights).into()
    }

    #[test]
    fn turns_are_those_of_nginx() {
        // The example of the change that brought this to nginx: a a b a c a a.
        assert_eq!(period_of(&[5, 1, 1]), [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(period_of(&[2, 2]), [0, 1, 0, 1]);
        assert_eq!(period_of(&[3, 1]), [0, 0, 1, 0]);
        assert_eq!(period_of(&[0, 2]), [1, 1]);
    }

    proptest! {
        #[test]
        fn a_period_is_exact(weights in prop::collection::vec(0..200_u64, 1..20)) {
            let weights = Weights::new(weights).unwrap();
            prop_assume!(weights.total() > 0);
            let mut deviation = Deviation::new(&weights);
            one_period(weights.as_slice()).iter().for_each(|index| deviation.count(*index as usize));
            prop_assert_eq!(deviation.counts(), weights.as_slice());
        }
    }
}
