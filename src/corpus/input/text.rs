//! Plain text: the whole file is one record, and all of it is the text.
//!
//! In: the bytes of a file. Out: its text, or where it is not valid UTF-8.

use crate::corpus::input::format::{ByteFormat, Cut, Layout, LongRecord, RecordFormat, utf8};
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::store::priority;
use std::borrow::Cow;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct PlainText;

impl RecordFormat for PlainText {
    fn name(&self) -> &'static str {
        "text"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["txt", "text"]
    }

    fn layout(&self) -> Layout {
        Layout::Bytes(&PlainText)
    }

    fn is_one_record(&self) -> bool {
        true
    }
}

impl ByteFormat for PlainText {
    fn cut(&self, _bytes: &[u8], _max_record: usize) -> Result<Cut, String> {
        // The record ends with the file.
        Ok(Cut::Whole(0))
    }

    fn long_record(&self) -> LongRecord {
        LongRecord::EndsWithFile
    }

    fn read(&self, bytes: &[u8], _offset: u64, sink: &mut RecordSink<'_>) {
        let found = match utf8(bytes) {
            Ok(text) => {
                let priority = priority::of_json(sink.settings.keep, text.len(), None);
                Ok(RecordText { text: Cow::Borrowed(text), place: 0..text.len(), id: None, priority })
            }
            Err(error) => Err(format!("is not valid UTF-8 at its byte {}", error.valid_up_to())),
        };
        sink.add(found, bytes.len(), 0);
    }

    fn count(&self, _bytes: &[u8]) -> u64 {
        1
    }
}
