//! zlib under the name of zlib-ng, which has the same interface.
//!
//! `pingora-core` compresses with zlib-ng, and that takes CMake to build. This workspace has to build
//! with a Rust toolchain and a C compiler, so its `[patch.crates-io]` puts this crate in the place of
//! `libz-ng-sys`. Who copies the proxy installs CMake, or copies this too.

pub use libz_sys::*;
