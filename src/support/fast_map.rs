//! Hash maps and sets in memory with a faster hash than that of the standard library.
//!
//! The keys of the hash are drawn at random when the program starts. The order of iteration therefore changes
//! from run to run, and no answer may depend on it.

use std::collections::{HashMap, HashSet};

/// A [`HashMap`] with the hash of `ahash`.
pub(crate) type FastMap<K, V> = HashMap<K, V, ahash::RandomState>;
/// A [`HashSet`] with the hash of `ahash`.
pub(crate) type FastSet<K> = HashSet<K, ahash::RandomState>;
