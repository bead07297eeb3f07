//! What the tables share: alternating runs ([`rounds`]), peak memory ([`memory`]), suffix arrays and what they say about copies
//! ([`substrings`]), shingles for peers that have none ([`spans`]), documents ([`documents`]), Python peers ([`python`]).
//!
//! One binary a table: `cargo run --release --manifest-path benches/peers/Cargo.toml --bin diff | passages | sketch | corpus`.

pub mod documents;
pub mod memory;
pub mod python;
pub mod rounds;
pub mod spans;
pub mod substrings;
