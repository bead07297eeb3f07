//! The formats that can be read and written.
//!
//! In: the name of a format, or of a file. Out: a [`Format`] and its implementation.
//!
//! To add one, write its file (see [`RecordFormat`]) and one entry below.

use crate::corpus::input::format::RecordFormat;
use crate::corpus::input::packing::Packing;
use crate::corpus::input::{json_lines, parquet, text, warc};
use crate::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $format:expr,)+) => {
        /// The format of the records of a file. As text: its name, such as `jsonl`.
        ///
        /// # Example
        /// ```
        /// use refrain::corpus::Format;
        /// assert_eq!("jsonl".parse::<Format>()?, Format::JsonLines);
        /// assert_eq!(Format::Warc.to_string(), "warc");
        /// # Ok::<(), refrain::Error>(())
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[$doc])* $variant,)+
        }

        impl Format {
            /// All formats.
            pub const ALL: &[Format] = &[$(Format::$variant,)+];

            /// The implementation of the format.
            pub(crate) fn records(self) -> &'static dyn RecordFormat {
                match self {
                    $(Format::$variant => &$format,)+
                }
            }
        }
    };
}

formats! {
    /// A JSON object on each line.
    JsonLines = json_lines::JsonLines,
    /// Rows of a Parquet file.
    Parquet = parquet::Parquet,
    /// `conversion` records of a WARC file (the WET files of Common Crawl).
    Warc = warc::Warc,
    /// The whole file is one text.
    Text = text::PlainText,
}

impl Format {
    /// The format of a file name by its ending. The ending of a packing is left out first. A name whose ending belongs to no
    /// format is plain text.
    pub(crate) fn of(path: &Path) -> Format {
        let plain = match path.extension().and_then(OsStr::to_str) {
            Some(ending) if Packing::ENDINGS.contains(&ending) => path.with_extension(""),
            _ => path.to_owned(),
        };
        let ending = plain.extension().and_then(OsStr::to_str).unwrap_or_default();
        let has_ending = |format: &Format| format.records().endings().contains(&ending);
        Format::ALL.iter().copied().find(has_ending).unwrap_or(Format::Text)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.records().name())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] for a text that names no format.
    fn from_str(text: &str) -> Result<Format, Error> {
        let found = Format::ALL.iter().copied().find(|format| format.records().name() == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.records().name()).collect();
            Error::setting(format!("expected one of {}", names.join(", ")))
        })
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(Format);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_recognised_by_its_ending_under_any_packing() {
        for (name, format) in [
            ("news.jsonl", Format::JsonLines),
            ("news.json.zst", Format::JsonLines),
            ("a/b.parquet", Format::Parquet),
            ("crawl.warc.wet.gz", Format::Warc),
            ("letter.txt.xz", Format::Text),
            ("letter", Format::Text),
            ("jsonl", Format::Text),
        ] {
            assert_eq!(Format::of(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn names_of_formats_are_read_as_they_are_written() {
        for &format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
        }
        assert!("csv?".parse::<Format>().unwrap_err().is_setting());
    }
}
