//! Changes that the search for passages makes to the documents that near-duplicate removal keeps.
//!
//! In: the decisions on passages. Out: [`Change`]s sorted by document, and a table of the new texts.

use crate::corpus::spill::Record;

/// The table of new texts.
pub(crate) const NEW_TEXTS: &str = "new-texts.table";

/// Where a new text starts in the table of new texts, and its number of bytes. It is stored in the form that its file needs:
/// in JSON lines it is escaped.
pub(crate) type TextPlace = (u64, u32);

/// The change of one document: a new text, or its removal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Change {
    pub(crate) document: u32,
    /// Its new text; `None` if the document is removed.
    pub(crate) text: Option<TextPlace>,
}

impl Record for Change {
    type Key = u32;
    const BYTES: usize = 17;

    fn key(&self) -> u32 {
        self.document
    }

    fn store(&self, bytes: &mut [u8]) {
        let (start, length) = self.text.unwrap_or_default();
        bytes[..4].copy_from_slice(&self.document.to_le_bytes());
        bytes[4] = u8::from(self.text.is_some());
        bytes[5..13].copy_from_slice(&start.to_le_bytes());
        bytes[13..].copy_from_slice(&length.to_le_bytes());
    }

    fn load(bytes: &[u8]) -> Change {
        let start = u64::from_le_bytes(bytes[5..13].try_into().expect("eight bytes"));
        let length = u32::from_le_bytes(bytes[13..17].try_into().expect("four bytes"));
        Change {
            document: u32::from_le_bytes(bytes[..4].try_into().expect("four bytes")),
            text: (bytes[4] == 1).then_some((start, length)),
        }
    }
}
