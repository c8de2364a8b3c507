//! Regular expressions in RE2's dialect. (placeholder, written next)
