//! Reading: files, their packing, one file of code for each format, and the pass that reads all inputs.
//!
//! In: paths. Out: a row, a sketch and an id of each document in tables (`corpus::store`), and the texts again
//! when they are compared. The public functions read packed files and JSON lines in the same way as a
//! [`Job`](crate::corpus::Job).
//!
//! `files` resolves the inputs, `content` recognises what they hold, `packing` and `encoding` turn bytes of the file into bytes
//! of records, `blocks` cuts them into pieces, and `formats` lists the formats. `read` and `texts` use
//! formats through the traits of `format`.

pub(crate) mod blocks;
pub(crate) mod columns;
pub(crate) mod content;
pub(crate) mod encoding;
pub(crate) mod files;
pub(crate) mod format;
pub(crate) mod formats;
pub(crate) mod json_lines;
pub(crate) mod lines;
pub(crate) mod packing;
pub(crate) mod parquet;
pub(crate) mod read;
pub(crate) mod record_sink;
pub(crate) mod separated;
pub(crate) mod settings;
pub(crate) mod stream;
pub(crate) mod text;
pub(crate) mod texts;
pub(crate) mod unpacked;
pub(crate) mod warc;
pub(crate) mod web_page;

pub use lines::{JsonLine, JsonLines, TooLong};
pub use unpacked::{Content, Unpacked, open, unpack};
