//! Plain text: the whole file is one record, and all of it but a byte order mark is the text.
//!
//! In: the bytes of a file. Out: its text, or where it is not valid UTF-8.

use crate::corpus::input::format::{ByteFormat, Cut, Layout, LongRecord, RecordFormat, utf8};
use crate::corpus::input::lines::BYTE_ORDER_MARK;
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::store::priority;
use std::borrow::Cow;
use std::num::NonZeroUsize;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct PlainText;

impl RecordFormat for PlainText {
    fn name(&self) -> &'static str {
        "text"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["txt", "text", "md", "markdown"]
    }

    fn layout(&self) -> Layout {
        Layout::Bytes(&PlainText)
    }

    fn is_one_record(&self) -> bool {
        true
    }
}

impl ByteFormat for PlainText {
    fn cut(&self, bytes: &[u8], _max_record: usize, is_end: bool) -> Cut {
        // The record ends with the file.
        NonZeroUsize::new(bytes.len()).filter(|_| is_end).map_or(Cut::Partial, Cut::Whole)
    }

    fn long_record(&self) -> LongRecord {
        LongRecord::EndsWithFile
    }

    fn read(&self, bytes: &[u8], _offset: u64, sink: &mut RecordSink<'_>) {
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let found = match utf8(text) {
            Ok(text) => {
                let priority = priority::of_json(sink.settings.keep, text.len(), None);
                Ok(RecordText { text: Cow::Borrowed(text), place: 0..text.len(), id: None, priority })
            }
            Err(error) => {
                let at = error.valid_up_to() + bytes.len() - text.len();
                Err(format!("is not valid UTF-8 at its byte {at}: if it has another encoding, give it"))
            }
        };
        sink.add(found, bytes.len(), bytes.len() - text.len());
    }

    fn count(&self, _bytes: &[u8]) -> u64 {
        1
    }
}
