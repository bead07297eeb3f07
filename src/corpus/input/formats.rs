//! The formats that can be read and written.
//!
//! In: the name of a format, or of a file. Out: a [`Format`] and its implementation.
//!
//! To add one, write its file (see [`RecordFormat`]) and one entry below.

use crate::corpus::input::format::RecordFormat;
use crate::corpus::input::packing::Packing;
use crate::corpus::input::{json_lines, parquet, separated, text, warc};
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
    /// A table whose fields are separated by commas, with the names of its columns in the first line.
    Csv = separated::CSV,
    /// The same, separated by tabs.
    Tsv = separated::TSV,
    /// Records of a WARC file: texts (the WET files of Common Crawl), and pages if they are asked for.
    Warc = warc::Warc,
    /// The whole file is one text.
    Text = text::PlainText,
}

impl Format {
    /// The format of a file name by its ending, in any case. The ending of a packing is left out first. `None` for an ending
    /// that belongs to no format.
    pub(crate) fn by_name(path: &Path) -> Option<Format> {
        let lower = |path: &Path| {
            path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase).unwrap_or_default()
        };
        let plain = match lower(path) {
            ending if Packing::ENDINGS.contains(&&*ending) => path.with_extension(""),
            _ => path.to_owned(),
        };
        let ending = lower(&plain);
        Format::ALL.iter().copied().find(|format| format.records().endings().contains(&&*ending))
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
            ("news.JSONL", Some(Format::JsonLines)),
            ("news.jl", Some(Format::JsonLines)),
            ("table.CSV.gz", Some(Format::Csv)),
            ("table.tsv", Some(Format::Tsv)),
            ("news.json.zst", Some(Format::JsonLines)),
            ("news.json.GZIP", Some(Format::JsonLines)),
            ("a/b.Parquet", Some(Format::Parquet)),
            ("crawl.warc.wet.gz", Some(Format::Warc)),
            ("letter.txt.xz", Some(Format::Text)),
            ("letter.MD", Some(Format::Text)),
            ("letter", None),
            ("jsonl", None),
        ] {
            assert_eq!(Format::by_name(Path::new(name)), format, "{name}");
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
