//! The decision engine against a reference model, on generated worlds.
//!
//! - `world` is what both are asked about; `engine` puts the engine's answers into its words.
//! - `reference` is the documents written down as plain code. It shares only the input types.
//! - `generate` makes small dense worlds, with broken parts, and questions that they suggest.
//! - `agreement`, `union`, `unreadable` and `order` state the properties; `diff` and `mutate` those of
//!   comparing two policies.
//!
//! `SMI_MODEL_CASES` sets the number of worlds for the comparison, 2,000 unless set, each with some
//! fifty questions; the other properties take a share of that. Each property prints what it
//! compared. Seeds that failed once are kept in `regressions` and asked first.

// `cfg(test)` is always true here; it tells Clippy that helpers are part of tests.
#[cfg(test)]
mod agreement;
#[cfg(test)]
mod breaking;
#[cfg(test)]
mod check;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod mutate;
#[cfg(test)]
mod order;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod union;
#[cfg(test)]
mod unreadable;
#[cfg(test)]
mod world;
