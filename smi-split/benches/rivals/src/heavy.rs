//! Pingora's selections and a Maglev table.

use std::collections::BTreeSet;
use std::sync::Arc;

use maglev::{ConsistentHasher, Maglev};
use pingora_load_balancing::Backend;
use pingora_load_balancing::selection::{
    BackendIter, BackendSelection, Consistent, FVNHash, Random, RoundRobin,
};

use crate::measure::{line, nanoseconds, shared};
use crate::{each, weights};

fn backends(size: usize) -> BTreeSet<Backend> {
    let backend = |(index, weight): (usize, u64)| {
        let address = format!("10.{}.{}.1:80", index / 250, index % 250);
        Backend::new_with_weight(&address, weight as usize).expect("an address")
    };
    weights(size).into_iter().enumerate().map(backend).collect()
}

fn pingora<S: BackendSelection + Send + Sync>(
    size: usize,
    keys: &[[u8; 36]],
    is_shared: bool,
) -> f64
where
    S::Iter: BackendIter,
{
    let selection = Arc::new(S::build(&backends(size)));
    if is_shared {
        return shared(|| selection.iter(&keys[0]).next().cloned());
    }
    let mut keys = keys.iter().cycle();
    nanoseconds(|| selection.iter(keys.next().expect("endless")).next().map(|b| b.weight))
}

pub fn random(floor: &[f64]) {
    line("pingora Random", &each(|size| pingora::<Random>(size, &[[0; 36]], false)), floor);
}

pub fn smooth(floor: &[f64], is_shared: bool) {
    let times = each(|size| pingora::<RoundRobin>(size, &[[0; 36]], is_shared));
    line("pingora RoundRobin (not smooth)", &times, floor);
}

pub fn sticky(floor: &[f64], keys: &[[u8; 36]]) {
    line(
        "pingora Consistent (ketama)",
        &each(|size| pingora::<Consistent>(size, keys, false)),
        floor,
    );
    line("pingora FNVHash", &each(|size| pingora::<FVNHash>(size, keys, false)), floor);
    line(
        "maglev (unweighted)",
        &each(|size| {
            // Its permutations for 10,000 nodes take more memory than many machines have.
            if size > 100 {
                return f64::NAN;
            }
            let maglev = Maglev::new(0..size);
            let mut keys = keys.iter().cycle();
            nanoseconds(|| maglev.get(keys.next().expect("endless")).copied())
        }),
        floor,
    );
}
