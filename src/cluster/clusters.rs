//! The answer: a partition of documents, with a witness for each removal.
//!
//! In: for every document its representative and its witness. Out: [`Clusters`]. Cost: a counting sort; 40
//! bytes a document.

use std::collections::HashMap;

use crate::index::{DocId, Neighbor};
use crate::sketch::Estimate;

/// A verified similarity between two documents.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct WeakestLink {
    /// One document.
    pub left: DocId,
    /// The other.
    pub right: DocId,
    /// Their Jaccard similarity; exact (standard error 0) where the texts themselves were compared or are
    /// equal.
    pub jaccard: Estimate,
}

/// One cluster of [`Clusters`].
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Cluster<'c> {
    /// The document that is kept: the most preferred one.
    pub representative: DocId,
    /// All documents of the cluster, the representative included, by number.
    pub members: &'c [DocId],
    /// The weakest link that holds the cluster together; `None` for a single document.
    ///
    /// In witness mode it is the least similar pair of a removed document and its witness. For connected
    /// components it is the weakest link of a maximum spanning tree: without it the cluster would fall apart,
    /// and all other links of the tree are at least as strong.
    pub weakest: Option<WeakestLink>,
}

/// A partition of documents into clusters of near-duplicates, with the evidence for each removal.
///
/// Made by [`clusters`](crate::clusters) or a [`Dedup`](crate::Dedup). Every document is in one cluster; most
/// clusters are a single document. Iteration by reference gives every [`Cluster`]. Iteration by value gives
/// the members of every cluster, the kept one first.
///
/// # Example
/// ```
/// let texts = ["the same few words again", "something else entirely here", "The same few words, again!"];
/// let clusters = refrain::clusters(&texts);
/// assert_eq!(clusters.len(), 2);
/// let kept: Vec<usize> = clusters.kept().map(|id| id.position()).collect();
/// assert_eq!(kept.len(), 2);
/// for (removed, witness) in clusters.removed() {
///     println!("{removed} is removed, {} is kept: {}", witness.id, witness.jaccard);
///     assert!(clusters.is_kept(witness.id));
/// }
/// for cluster in &clusters {
///     println!("{} and {} copies", cluster.representative, cluster.members.len() - 1);
/// }
/// for members in clusters {
///     println!("{members:?}");
/// }
/// ```
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "ClustersRecord", try_from = "ClustersRecord")
)]
pub struct Clusters {
    /// The witness of each document, unless the document is a representative.
    witnesses: Vec<Option<Neighbor>>,
    /// The place of the cluster of each document in `starts`.
    cluster_of: Vec<u32>,
    representatives: Vec<DocId>,
    weakest: Vec<Option<WeakestLink>>,
    /// Members of all clusters, one cluster after the other.
    members: Vec<DocId>,
    starts: Vec<usize>,
    capped: u64,
}

impl Clusters {
    /// The number of clusters, single documents included: how many documents are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.representatives.len()
    }

    /// Whether there was no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.representatives.is_empty()
    }

    /// The number of documents.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.witnesses.len()
    }

    /// All clusters, by the number of their representative.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cluster<'_>> {
        (0..self.representatives.len()).map(|place| self.at(place))
    }

    /// The clusters of more than one document.
    pub fn duplicates(&self) -> impl Iterator<Item = Cluster<'_>> {
        self.iter().filter(|cluster| cluster.members.len() > 1)
    }

    /// The cluster that holds the document.
    ///
    /// # Panics
    /// If there is no such document.
    #[must_use]
    pub fn cluster(&self, id: DocId) -> Cluster<'_> {
        self.at(self.cluster_of[id.position()] as usize)
    }

    /// The kept document of the cluster that contains `id`.
    ///
    /// # Panics
    /// If there is no such document.
    #[must_use]
    pub fn representative(&self, id: DocId) -> DocId {
        self.representatives[self.cluster_of[id.position()] as usize]
    }

    /// Whether the document is kept.
    ///
    /// # Panics
    /// If there is no such document.
    #[must_use]
    pub fn is_kept(&self, id: DocId) -> bool {
        self.representative(id) == id
    }

    /// The document that the removal was verified against, and their similarity. `None` if the document is
    /// kept.
    ///
    /// In witness mode the witness is kept, and is the most similar of the kept documents that are preferred
    /// to the removed one. For connected components it is the most similar document of the cluster, kept or
    /// not.
    ///
    /// # Panics
    /// If there is no such document.
    #[must_use]
    pub fn witness(&self, id: DocId) -> Option<Neighbor> {
        self.witnesses[id.position()]
    }

    /// The kept documents, by number.
    pub fn kept(&self) -> impl ExactSizeIterator<Item = DocId> {
        self.representatives.iter().copied()
    }

    /// The removed documents with their witnesses, by number.
    pub fn removed(&self) -> impl Iterator<Item = (DocId, Neighbor)> {
        (0..)
            .map(DocId::at)
            .zip(&self.witnesses)
            .filter_map(|(id, witness)| witness.map(|witness| (id, witness)))
    }

    /// Entries of overfull buckets that were not checked ([`Neighbors::capped`](crate::Neighbors::capped)),
    /// over all documents: if there are any, some documents may be kept although a similar one is kept too. 0
    /// means that every candidate was verified.
    #[must_use]
    pub fn capped(&self) -> u64 {
        self.capped
    }

    fn at(&self, place: usize) -> Cluster<'_> {
        Cluster {
            representative: self.representatives[place],
            members: &self.members[self.starts[place]..self.starts[place + 1]],
            weakest: self.weakest[place],
        }
    }

    /// Collects the decisions: for every document its representative and, if that is another, its witness.
    pub(super) fn collect(
        representative: &[u32],
        witnesses: Vec<Option<Neighbor>>,
        mut weakest: HashMap<u32, WeakestLink>,
        capped: u64,
    ) -> Clusters {
        let count = representative.len();
        let representatives: Vec<u32> =
            (0..count as u32).filter(|&id| representative[id as usize] == id).collect();
        let mut place = vec![0u32; count];
        for (at, &id) in (0..).zip(&representatives) {
            place[id as usize] = at;
        }
        let cluster_of: Vec<u32> = representative.iter().map(|&id| place[id as usize]).collect();
        // Counting sort of the documents by cluster.
        let mut starts = vec![0; representatives.len() + 1];
        cluster_of.iter().for_each(|&cluster| starts[cluster as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let mut next = starts.clone();
        let mut members = vec![DocId::at(0); count];
        for (id, &cluster) in (0..).zip(&cluster_of) {
            members[next[cluster as usize]] = DocId::at(id);
            next[cluster as usize] += 1;
        }
        Clusters {
            witnesses,
            cluster_of,
            weakest: representatives.iter().map(|id| weakest.remove(id)).collect(),
            representatives: representatives.into_iter().map(DocId::at).collect(),
            members,
            starts,
            capped,
        }
    }
}

/// The serde form of [`Clusters`]: the data from which the rest is computed.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct ClustersRecord {
    /// For each document.
    representatives: Vec<DocId>,
    /// For each document; `None` for representatives.
    witnesses: Vec<Option<Neighbor>>,
    /// For each representative of a larger cluster.
    weakest: Vec<(DocId, WeakestLink)>,
    capped: u64,
}

#[cfg(feature = "serde")]
impl From<Clusters> for ClustersRecord {
    fn from(clusters: Clusters) -> ClustersRecord {
        let representative = |&cluster: &u32| clusters.representatives[cluster as usize];
        ClustersRecord {
            representatives: clusters.cluster_of.iter().map(representative).collect(),
            weakest: clusters
                .iter()
                .filter_map(|cluster| Some((cluster.representative, cluster.weakest?)))
                .collect(),
            capped: clusters.capped,
            witnesses: clusters.witnesses,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<ClustersRecord> for Clusters {
    type Error = crate::error::Error;

    fn try_from(record: ClustersRecord) -> Result<Clusters, Self::Error> {
        let ClustersRecord { representatives, witnesses, weakest, capped } = record;
        let is_kept = |id: DocId| representatives.get(id.position()) == Some(&id);
        let whole = representatives.len() == witnesses.len()
            && representatives.iter().all(|&id| is_kept(id))
            && (0..).zip(&witnesses).all(|(number, witness)| witness.is_none() == is_kept(DocId::at(number)))
            && weakest.iter().all(|&(id, _)| is_kept(id));
        if !whole {
            return Err(crate::error::Error::corrupt(
                "the clusters are inconsistent: expected a kept representative for every document, and a witness for every \
                 removed one",
            ));
        }
        let representatives: Vec<u32> = representatives.into_iter().map(u32::from).collect();
        let weakest = weakest.into_iter().map(|(id, link)| (u32::from(id), link)).collect();
        Ok(Clusters::collect(&representatives, witnesses, weakest, capped))
    }
}

impl<'c> IntoIterator for &'c Clusters {
    type Item = Cluster<'c>;
    type IntoIter = Box<dyn ExactSizeIterator<Item = Cluster<'c>> + 'c>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

/// The members of each cluster, the kept one first.
impl IntoIterator for Clusters {
    type Item = Vec<DocId>;
    type IntoIter = std::vec::IntoIter<Vec<DocId>>;

    fn into_iter(self) -> Self::IntoIter {
        let members = |cluster: Cluster<'_>| {
            let others = cluster.members.iter().copied().filter(|&id| id != cluster.representative);
            std::iter::once(cluster.representative).chain(others).collect()
        };
        self.iter().map(members).collect::<Vec<_>>().into_iter()
    }
}
