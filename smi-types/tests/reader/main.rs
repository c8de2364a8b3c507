//! The reader from the outside: manifests in, objects and problems out.

#![expect(clippy::string_slice, reason = "a test that panics has failed, which is what it is for")]

// `cfg(test)` is always true here; it tells Clippy that helpers are part of tests.
#[cfg(test)]
mod cases;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod outline;
#[cfg(test)]
mod places;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod shared;
#[cfg(test)]
#[cfg(feature = "kube")]
mod typed;
#[cfg(test)]
mod values;
