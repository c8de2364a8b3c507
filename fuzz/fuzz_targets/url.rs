//! `cargo fuzz run url`: see `smi_fuzz::metrics::url`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| smi_fuzz::metrics::url(input));

#[cfg(not(fuzzing))]
fn main() {
    // Without libFuzzer: one input, from standard input.
    let mut input = Vec::new();
    if std::io::Read::read_to_end(&mut std::io::stdin(), &mut input).is_ok() {
        smi_fuzz::metrics::url(&input);
    }
}
