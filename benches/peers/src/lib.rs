//! Code that the tables share: alternating runs ([`rounds`]), peak memory ([`memory`]), suffix arrays and the
//! copies they find ([`substrings`]), shingles for peers that have none ([`spans`]), documents
//! ([`documents`]), Python peers ([`python`]), our own command ([`command`]).
//!
//! Each table has a binary: `cargo run --release --manifest-path benches/peers/Cargo.toml --bin diff |
//! passages | sketch | corpus | substrings`.

pub mod command;
pub mod documents;
pub mod memory;
pub mod python;
pub mod rounds;
pub mod spans;
pub mod substrings;
