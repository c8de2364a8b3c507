//! Short programs that embed the SMI crates, one for each journey that the README shows.
//!
//! They are in `programs/`; `cargo run -p smi-embed --example proxy` runs one. The README's code is
//! theirs, which a test compares, and is compiled and run as documentation of this crate:
#![doc = include_str!("../../../README.md")]

#[cfg(test)]
mod tests {
    const README: &str = include_str!("../../../README.md");

    /// Each program is in the README to the letter.
    #[test]
    fn the_readme_shows_the_programs() {
        let programs = [
            ("types", include_str!("../programs/types.rs")),
            ("controller", include_str!("../programs/controller.rs")),
            ("proxy", include_str!("../programs/proxy.rs")),
            ("crds", include_str!("../programs/crds.rs")),
            ("split", include_str!("../programs/split.rs")),
            ("metrics", include_str!("../programs/metrics.rs")),
        ];
        for (name, program) in programs {
            let (_, code) = program.split_once("\n\n").expect("a heading before the code");
            let block = format!("```rust\n{code}```\n");
            assert!(README.contains(&block), "README.md does not show programs/{name}.rs as it is");
        }
        assert_eq!(README.matches("```rust\n").count(), programs.len(), "blocks without a program");
    }
}
