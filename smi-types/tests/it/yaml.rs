//! Reading YAML 1.2 in tests, with the library and nothing of this crate.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, MergeKeyPolicy, Options};

/// YAML 1.2 core: `true` and `false` are the only booleans, `<<` is an ordinary key.
pub(crate) fn core() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        with_snippet: false,
    }
}

pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_saphyr::from_str_with_options(text, core())
}

pub(crate) fn read_all<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, Error> {
    serde_saphyr::from_multiple_with_options(text, core())
}
