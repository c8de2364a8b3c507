//! `cargo fuzz run audit`: see `smi_fuzz::audit`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| smi_fuzz::audit(input));

#[cfg(not(fuzzing))]
fn main() {
    // Without libFuzzer: one input, from standard input.
    let mut input = Vec::new();
    if std::io::Read::read_to_end(&mut std::io::stdin(), &mut input).is_ok() {
        smi_fuzz::audit(&input);
    }
}
