//! Records of a fixed number of bytes, and ranges of their keys.
//!
//! In: values. Out: their bytes, little-endian; and the values read back from the bytes.

/// A value that is stored in a fixed number of bytes.
///
/// Every implementation must satisfy two laws: `load(store(record)) == record`, and `one <= other` implies
/// `one.key() <= other.key()`, so that records are ordered by their keys first.
pub(crate) trait Record: Copy + Ord + Send + Sync {
    /// The value that records are grouped by. Records with equal keys are in the same [`Part`].
    type Key: Copy + Ord + Send + Sync;
    /// Bytes of a stored record; at most [`BLOCK_BYTES`](super::run::BLOCK_BYTES).
    const BYTES: usize;
    /// The key of this record.
    fn key(&self) -> Self::Key;
    /// Writes the record to `BYTES` bytes, little-endian.
    fn store(&self, bytes: &mut [u8]);
    /// Reads it back.
    fn load(bytes: &[u8]) -> Self;
}

/// Implements `store` and `load` inside an `impl Record`: the named fields are stored one after the other.
macro_rules! stored_fields {
    ($($field:ident: $number:ty),+) => {
        const BYTES: usize = 0 $(+ size_of::<$number>())+;

        #[inline]
        fn store(&self, bytes: &mut [u8]) {
            let rest = bytes;
            $(
                let (place, rest) = rest.split_at_mut(size_of::<$number>());
                place.copy_from_slice(&self.$field.to_le_bytes());
            )+
            debug_assert!(rest.is_empty(), "a record fills its bytes");
        }

        #[inline]
        fn load(bytes: &[u8]) -> Self {
            let rest = bytes;
            $(
                let ($field, rest) = rest.split_first_chunk().expect("the bytes of a record");
                let $field = <$number>::from_le_bytes(*$field);
            )+
            debug_assert!(rest.is_empty(), "a record fills its bytes");
            Self { $($field),+ }
        }
    };
}

pub(crate) use stored_fields;

/// A range of keys: one part of a [`Sorted`](super::Sorted).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part<K> {
    /// The first key; `None` to begin at the start.
    pub(super) from: Option<K>,
    /// The first key after the range; `None` to go to the end.
    pub(super) to: Option<K>,
}

impl<K> Part<K> {
    /// All keys.
    pub(crate) const WHOLE: Part<K> = Part { from: None, to: None };
}
