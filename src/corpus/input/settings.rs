//! The settings of a job that the readers of the inputs need.

use crate::corpus::store::priority::Keep;
use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// A type of WARC records whose text is read. As text: `conversion` or `response`.
///
/// # Example
/// ```
/// use refrain::corpus::WarcRecords;
/// assert_eq!("response".parse::<WarcRecords>()?, WarcRecords::Response);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum WarcRecords {
    /// Texts that were extracted from pages, as in the WET files of Common Crawl.
    Conversion,
    /// Pages as they were received. Their text is extracted from HTML; other responses are passed over.
    Response,
}

impl WarcRecords {
    /// All types that can be read.
    pub const ALL: &[WarcRecords] = &[WarcRecords::Conversion, WarcRecords::Response];
}

impl fmt::Display for WarcRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WarcRecords::Conversion => "conversion",
            WarcRecords::Response => "response",
        })
    }
}

impl FromStr for WarcRecords {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] for any other text.
    fn from_str(text: &str) -> Result<WarcRecords, Error> {
        let found = WarcRecords::ALL.iter().copied().find(|kind| kind.to_string() == text);
        found.ok_or_else(|| Error::setting("expected conversion or response"))
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(WarcRecords);

/// The names of the fields, or columns, to look for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'n> {
    pub(crate) text: &'n str,
    pub(crate) id: &'n str,
    /// The field that the keep policy uses, if it uses one.
    pub(crate) priority: Option<&'n str>,
}

/// How records are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadSettings<'j> {
    pub(crate) fields: Fields<'j>,
    pub(crate) keep: &'j Keep,
    /// The types of WARC records that are read.
    pub(crate) warc_records: &'j [WarcRecords],
    /// The most bytes of a record.
    pub(crate) max_record: usize,
}
