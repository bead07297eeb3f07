//! Deduplication with keys of the caller: paths, URLs, numbers of a table.
//!
//! In: texts with keys. Out: the answers of a [`Dedup`], by key. The idea: a [`Dedup`] numbers texts in order
//! of arrival, so a list of keys in the same order is enough.

use super::clustering::Clustering;
use super::stream::{Arrival, Dedup};
use crate::cluster::Clusters;
use crate::error::Error;
use crate::index::DocId;
use crate::sketch::Estimate;

/// A [`Dedup`] that stores a key of the caller with each text. Keys need not be distinct.
///
/// # Example
/// ```
/// use refrain::{Dedup, KeyedDedup, Sketcher};
/// let mut dedup = KeyedDedup::new(Dedup::new(Sketcher::default(), 0.8)?);
/// dedup.push("a.txt", "An owl and a cat went to sea in a beautiful boat, and took some honey");
/// dedup.push("b.txt", "The sun was shining on the sea, shining with all his might");
/// let arrival = dedup.push("c.txt", "an owl and a cat went to sea in a beautiful boat and took some honey");
/// assert_eq!(dedup.key(arrival.resembles.unwrap().id), &"a.txt");
///
/// let clusters = dedup.finish()?;
/// assert!(clusters.kept().eq(&["a.txt", "b.txt"]));
/// for (removed, witness, jaccard) in clusters.removed() {
///     println!("{removed} is removed because of {witness}: {jaccard} (estimated)");
/// }
/// # Ok::<(), refrain::Error>(())
/// ```
///
/// Exact verification by texts that the caller reads again:
/// ```
/// # use refrain::{Clustering, Dedup, KeyedDedup, Sketcher};
/// # use std::collections::HashMap;
/// let store = HashMap::from([(17, "one text of some words"), (23, "One text of some words.")]);
/// let mut dedup = KeyedDedup::new(Dedup::new(Sketcher::default(), 0.8)?);
/// dedup.extend(store.clone());
/// let clusters = dedup.finish_with(&Clustering::by_key().verify_with(|key: &i32| store.get(key)))?;
/// assert!(clusters.removed().all(|(_, _, jaccard)| jaccard.value == 1.0 && jaccard.std_error == 0.0));
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyedDedup<K> {
    dedup: Dedup,
    /// The key of each text, by its number.
    keys: Vec<K>,
}

impl<K> KeyedDedup<K> {
    /// Adds keys to a `Dedup` without texts.
    ///
    /// # Panics
    /// If it has texts; [`KeyedDedup::from_parts`] takes their keys.
    #[must_use]
    pub fn new(dedup: Dedup) -> KeyedDedup<K> {
        KeyedDedup::from_parts(dedup, Vec::new()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Combines a `Dedup`, such as one from [`Dedup::load`], with the keys of its texts.
    ///
    /// # Errors
    /// [`Error::is_setting`] if there are not as many keys as texts.
    pub fn from_parts(dedup: Dedup, keys: Vec<K>) -> Result<KeyedDedup<K>, Error> {
        if keys.len() != dedup.len() {
            return Err(Error::setting(format!(
                "{} keys for {} texts; give one for each text, in order of arrival",
                keys.len(),
                dedup.len()
            )));
        }
        Ok(KeyedDedup { dedup, keys })
    }

    /// The `Dedup`, to save it, and the keys in order of arrival.
    #[must_use]
    pub fn into_parts(self) -> (Dedup, Vec<K>) {
        (self.dedup, self.keys)
    }

    /// The `Dedup` without the keys.
    #[must_use]
    pub fn dedup(&self) -> &Dedup {
        &self.dedup
    }

    /// The key of a text.
    ///
    /// # Panics
    /// If there is no such text.
    #[must_use]
    pub fn key(&self, id: DocId) -> &K {
        &self.keys[id.position()]
    }

    /// [`Dedup::push`] with a key.
    ///
    /// # Panics
    /// After [`DocId::LIMIT`] texts.
    pub fn push(&mut self, key: K, text: &str) -> Arrival {
        let arrival = self.dedup.push(text);
        self.keys.push(key);
        arrival
    }

    /// [`Dedup::finish`] by key.
    ///
    /// # Errors
    /// [`Error::is_cancelled`].
    pub fn finish(self) -> Result<KeyedClusters<K>, Error>
    where
        K: Sync,
    {
        self.finish_with(&Clustering::by_key())
    }

    /// [`Dedup::finish_with`] by key: the callbacks get keys.
    ///
    /// # Errors
    /// [`Error::is_cancelled`].
    pub fn finish_with(self, clustering: &Clustering<'_, K>) -> Result<KeyedClusters<K>, Error>
    where
        K: Sync,
    {
        let KeyedDedup { dedup, keys } = self;
        let clusters = dedup.finish_keyed(clustering, |id| &keys[id.position()])?;
        Ok(KeyedClusters { clusters, keys })
    }
}

impl<K, T: AsRef<str> + Sync> Extend<(K, T)> for KeyedDedup<K> {
    /// Adds many texts with their keys, as [`Dedup::push_all`] does: in batches, on all threads.
    fn extend<I: IntoIterator<Item = (K, T)>>(&mut self, texts: I) {
        let keys = &mut self.keys;
        self.dedup.extend(texts.into_iter().map(|(key, text)| {
            keys.push(key);
            text
        }));
    }
}

/// [`Clusters`] of texts with keys.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "KeyedClustersRecord<K>")
)]
pub struct KeyedClusters<K> {
    clusters: Clusters,
    keys: Vec<K>,
}

/// The serde form of [`KeyedClusters`], before its lengths are checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct KeyedClustersRecord<K> {
    clusters: Clusters,
    keys: Vec<K>,
}

#[cfg(feature = "serde")]
impl<K> TryFrom<KeyedClustersRecord<K>> for KeyedClusters<K> {
    type Error = Error;

    fn try_from(record: KeyedClustersRecord<K>) -> Result<KeyedClusters<K>, Error> {
        let KeyedClustersRecord { clusters, keys } = record;
        if clusters.documents() != keys.len() {
            return Err(Error::corrupt(format!(
                "{} keys for clusters of {} texts; expected one for each",
                keys.len(),
                clusters.documents()
            )));
        }
        Ok(KeyedClusters { clusters, keys })
    }
}

impl<K> KeyedClusters<K> {
    /// The clusters by number.
    #[must_use]
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// The key of a text.
    ///
    /// # Panics
    /// If there is no such text.
    #[must_use]
    pub fn key(&self, id: DocId) -> &K {
        &self.keys[id.position()]
    }

    /// The keys of the kept texts, in order of arrival.
    pub fn kept(&self) -> impl ExactSizeIterator<Item = &K> {
        self.clusters.kept().map(|id| self.key(id))
    }

    /// The keys of the removed texts, each with the key of its witness and their similarity.
    pub fn removed(&self) -> impl Iterator<Item = (&K, &K, Estimate)> {
        self.clusters.removed().map(|(id, witness)| (self.key(id), self.key(witness.id), witness.jaccard))
    }

    /// The clusters by number, and all keys in order of arrival.
    #[must_use]
    pub fn into_parts(self) -> (Clusters, Vec<K>) {
        (self.clusters, self.keys)
    }
}
