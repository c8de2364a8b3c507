//! Pingora's selections and a Maglev table.

use std::collections::BTreeSet;
use std::sync::Arc;

use maglev::{ConsistentHasher, Maglev};
use pingora_load_balancing::Backend;
use pingora_load_balancing::selection::{
    BackendIter, BackendSelection, Consistent, FVNHash, Random, RoundRobin,
};

use crate::measure::{Beside, beside, beside_shared, line};
use crate::{each, random_floor, smooth_floor, sticky_floor, weights};

fn backends(size: usize) -> BTreeSet<Backend> {
    let backend = |(index, weight): (usize, u64)| {
        let address = format!("10.{}.{}.1:80", index / 250, index % 250);
        Backend::new_with_weight(&address, weight as usize).expect("an address")
    };
    weights(size).into_iter().enumerate().map(backend).collect()
}

fn pingora<S: BackendSelection>(size: usize) -> Arc<S>
where
    S::Iter: BackendIter,
{
    Arc::new(S::build(&backends(size)))
}

fn by_key<S: BackendSelection>(size: usize, keys: &[[u8; 36]]) -> Beside
where
    S::Iter: BackendIter,
{
    let selection = pingora::<S>(size);
    let mut own = keys.iter().cycle();
    beside(sticky_floor(size, keys), || {
        selection.iter(own.next().expect("endless")).next().map(|backend| backend.weight)
    })
}

pub fn random() {
    let time = |size| {
        let selection = pingora::<Random>(size);
        beside(random_floor(size), || selection.iter(b"").next().map(|backend| backend.weight))
    };
    line("pingora Random", &each(time));
}

pub fn smooth(is_shared: bool) {
    let time = |size| {
        let selection = pingora::<RoundRobin>(size);
        let pick = || selection.iter(b"").next().map(|backend| backend.weight);
        match is_shared {
            true => beside_shared(smooth_floor(size), pick),
            false => beside(smooth_floor(size), pick),
        }
    };
    line("pingora RoundRobin (not smooth)", &each(time));
}

pub fn sticky(keys: &[[u8; 36]]) {
    line("pingora Consistent (ketama)", &each(|size| by_key::<Consistent>(size, keys)));
    line("pingora FNVHash", &each(|size| by_key::<FVNHash>(size, keys)));
    line(
        "maglev (unweighted)",
        &each(|size| {
            // Its permutations for 10,000 nodes take more memory than many machines have.
            if size > 100 {
                return Beside { own: f64::NAN, floor: f64::NAN };
            }
            let maglev = Maglev::new(0..size);
            let mut own = keys.iter().cycle();
            beside(sticky_floor(size, keys), || maglev.get(own.next().expect("endless")).copied())
        }),
    );
}
