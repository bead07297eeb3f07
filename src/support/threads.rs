//! The only module that depends on whether the crate uses threads.
//!
//! Without the feature `rayon` these are plain loops. With it they run on the threads of the current rayon
//! pool. Callers pass work that shares nothing, in an order that does not matter, so results are the same
//! either way; `tests/index.rs` and `tests/clusters.rs` check that with pools of several sizes.

#[cfg(feature = "rayon")]
use rayon::prelude::*;

/// Runs `work` on every item.
pub(crate) fn for_each_mut<T: Send>(items: &mut [T], work: impl Fn(&mut T) + Sync + Send) {
    #[cfg(feature = "rayon")]
    items.par_iter_mut().for_each(work);
    #[cfg(not(feature = "rayon"))]
    items.iter_mut().for_each(work);
}

/// `work` of every item, in the order of the items.
pub(crate) fn map<T: Sync, U: Send>(items: &[T], work: impl Fn(&T) -> U + Sync + Send) -> Vec<U> {
    #[cfg(feature = "rayon")]
    return items.par_iter().map(work).collect();
    #[cfg(not(feature = "rayon"))]
    items.iter().map(work).collect()
}

/// Sorts in place. Items that compare equal must be equal, so that the order is unique.
#[cfg(feature = "corpus")]
pub(crate) fn sort_unstable<T: Ord + Send>(items: &mut [T]) {
    items.par_sort_unstable();
}
