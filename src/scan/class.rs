//! The classes of characters. Only this file defines their order.
//!
//! `tools/unicode-tables` is built with this file, and writes a class as its number.

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// The class of a character.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub(crate) enum Class {
            $($(#[$doc])* $name),+
        }

        impl Class {
            /// All classes, each at its number.
            pub(crate) const ALL: [Class; [$(stringify!($name)),+].len()] = [$(Class::$name),+];
        }
    };
}

classes! {
    /// White space within a line.
    Space,
    /// A line or paragraph break.
    Line,
    /// Punctuation that ends a sentence: `. ! ? … 。 ؟ ।`
    Terminal,
    /// An opening bracket, a low quotation mark, `¿`.
    Opening,
    /// A closing bracket.
    Closing,
    /// A quotation mark that may open or close: `' " « » “ ”`.
    Quote,
    /// A dash or hyphen.
    Dash,
    /// Other punctuation: `, ; : / &`.
    Point,
    /// Symbols, controls, unassigned code points, invalid bytes.
    Symbol,
    /// Dropped everywhere; never reported.
    Ignorable,
    /// A letter in upper or title case. From here on a class is *kept*: folded and reported as text.
    Upper,
    /// A letter in lower case.
    Lower,
    /// A letter of a script without case.
    Letter,
    /// A digit or other number.
    Digit,
    /// A combining mark; it belongs to the character before it.
    Mark,
    /// Han, Kana and similar scripts, written without spaces; about two characters make a word.
    Ideograph,
    /// A letter of a script written without spaces (Thai, Lao, Khmer, Burmese); about four letters make a
    /// word.
    Unspaced,
}

impl Class {
    /// Whether characters of the class are text and not separators or ignorable.
    #[inline(always)]
    pub(crate) fn is_kept(self) -> bool {
        self >= Class::Upper
    }

    /// White space of any kind.
    #[inline]
    pub(crate) fn is_white(self) -> bool {
        self <= Class::Line
    }

    /// Whether scripts of this class put spaces between words.
    #[inline]
    pub(crate) fn is_spaced(self) -> bool {
        matches!(self, Class::Upper | Class::Lower | Class::Letter | Class::Digit)
    }
}
