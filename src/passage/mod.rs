//! Passages: stretches of text that two texts share, or that stand in one text more than once.
//!
//! In: one or two [`Prepared`] texts. Out: [`Found`] lists of [`Repeat`]s or [`Passage`]s with the spans of the caller's
//! bytes. The conductor of the room; each step has its file, in this order:
//!
//! 1. [`seed`]: sampled places of the squeezed stream, equal in equal stretches;
//! 2. [`block`]: pairs of equal seeds, extended to maximal exact matches and so verified;
//! 3. [`chain`]: blocks joined over edits;
//! 4. [`extend`]: the ends moved out over further edits;
//! 5. [`class`]: for one text, pairs gathered to classes of occurrences, periodic stretches apart;
//! 6. [`align`]: the identity of what is reported; [`ends`]: whole words, punctuation, bytes.
//!
//! [`index`] compares one text with many, by steps 2 to 6 with those that share a seed.
//!
//! **What is found.** Any two equal stretches of [`PassageFinder::GUARANTEED`] squeezed characters share a seed. Between two texts
//! both then lie, but for part of a word at either end, in what is reported or suppressed, or a cap kept them from being
//! compared, which [`Capped`] counts. Inside one text both then lie, likewise, in occurrences of one repeat, or in a stretch of
//! periods, reported or suppressed; where repeats inside longer ones are not asked for ([`PassageFinder::nested`]), those and what is
//! too short to be reported are listed with the occurrences that were compared directly. Both are properties in `tests/passages.rs`.
//!
//! **Cost.** Linear memory: on 50 MB of press releases 2.4 bytes a byte beside the text, and at most 7.5 on the hostile texts of
//! `tests/passage_hostile.rs`.
//! Time of the scan, plus sorting a seed for 11 bytes of stream, plus what repeats.

pub(crate) mod align;
pub(crate) mod block;
pub(crate) mod chain;
pub(crate) mod class;
mod enclosing;
pub(crate) mod ends;
pub(crate) mod extend;
mod index;
pub(crate) mod loose;
mod prepared;
pub(crate) mod seed;
mod source;
pub(crate) mod trim;

use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use crate::span::Span;
use crate::stream::characters;
use crate::support::bit_set::BitSet;
use crate::support::cpu;
use crate::support::radix;
use block::{AHEAD, Block, Blocks};
use chain::{Chains, Owned};
use ends::Occurrence;
pub use index::{IndexedPassage, PassageIndex};
pub use prepared::Prepared;
use prepared::Side;
use seed::Seed;
pub(crate) use source::Source;
use std::borrow::Cow;
use std::ops::Range;

/// A passage that stands in one text at least twice.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Repeat {
    /// Where it stands, in text order; they do not overlap.
    pub occurrences: Vec<Span>,
    /// The lowest identity of an occurrence against the best-formatted one: `2 × matched / (left + right)` in squeezed
    /// characters, 1.0 where they are equal but for case, space and punctuation.
    pub identity: f64,
    /// Set where the occurrences follow each other without a gap, as the periods of one stretch.
    pub period: Option<Period>,
}

/// The period of a periodic stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Period {
    /// Squeezed characters in the smallest period. Periods shorter than 16 bytes of folded text are reported
    /// several to an occurrence.
    pub characters: usize,
}

/// A passage that two texts share.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Passage {
    /// Where it stands in the left text.
    pub left: Span,
    /// Where it stands in the right text.
    pub right: Span,
    /// `2 × matched / (left + right)` in squeezed characters, from an alignment of the folded texts; of a passage found
    /// without regard to order, the same over words (by their first six letters), in any order.
    pub identity: f64,
}

/// What a search found, and what it left out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found<T> {
    /// What is reported, in text order.
    pub items: Vec<T>,
    /// Found and verified, but too short, too unlike, or part of something longer; in text order. Empty where
    /// [`PassageFinder::suppressed`] is off.
    pub suppressed: Vec<T>,
    /// What was not compared.
    pub capped: Capped,
}

/// Comparisons that a cap left out, so that hostile or very repetitive text stays near linear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capped {
    /// Pairs of equal seeds that were not compared directly. Their texts are usually covered all the same, through
    /// the occurrences between them.
    pub pairs: u64,
}

/// Finds repeated passages: the settings, to which texts are then given.
///
/// # Example
/// ```
/// use refrain::PassageFinder;
/// # fn main() -> Result<(), refrain::Error> {
/// let finder = PassageFinder::new().min_length(50);
/// let essay = finder.prepare("He wrote: it is a truth universally acknowledged, that a copy must be in want of a source. So he said.")?;
/// let source = finder.prepare("IT IS A TRUTH UNIVERSALLY ACKNOWLEDGED, that a copy must be in want of a source.")?;
/// let found = finder.between(&essay, &source)?;
/// assert_eq!(found.items.len(), 1);
/// assert_eq!(found.items[0].left, 10..90);
/// assert_eq!(found.items[0].identity, 1.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PassageFinder {
    min_length: usize,
    max_gap: usize,
    nested: bool,
    order_free: bool,
    suppressed: bool,
    watch: Watch,
}

impl Default for PassageFinder {
    fn default() -> PassageFinder {
        PassageFinder::new()
    }
}

/// Of links that own their right sides, those whose left side mostly belongs to longer ones are set aside: one passage for
/// one copied stretch, however often the right text repeats it.
fn own_left(links: &mut [Link<'_>], left_length: usize) {
    let mut order: Vec<usize> = (0..links.len()).filter(|&index| links[index].primary).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(links[index].left.len()), links[index].right.start));
    let mut owned = BitSet::empty(left_length);
    for index in order {
        let left = links[index].left.clone();
        links[index].primary = 2 * owned.count_in(left.clone()) < left.len();
        if links[index].primary {
            owned.insert_range(left);
        }
    }
}

/// Whether `copy` covers four fifths of `whole`.
fn fills(copy: Span, whole: Span) -> bool {
    let shared = copy.end.min(whole.end).saturating_sub(copy.start.max(whole.start));
    5 * shared >= 4 * whole.len()
}

fn short(span: Span) -> (u32, u32) {
    (span.start as u32, span.end as u32)
}

fn long(range: (u32, u32)) -> Span {
    Span::new(range.0 as usize, range.1 as usize)
}

/// Squeezed characters that a clean copy matches at least.
const CLEAN_LENGTH: usize = 200;
/// Share of it, in percent, that a clean copy matches at least. Such a copy keeps its exact ends; anything less may be the
/// part of a rewritten passage that happens to have been left alone, so the order-free stage looks at it first.
const CLEAN_SHARE: usize = 95;

/// Whether a link is a long, hardly edited copy.
fn is_clean(left: &[u8], link: &Link<'_>) -> bool {
    let matched: usize = link
        .blocks
        .iter()
        .map(|block| characters(&left[block.left as usize..block.left_end() as usize]))
        .sum();
    let (first, last) = (link.blocks[0], link.blocks[link.blocks.len() - 1]);
    let extent = (last.left_end() - first.left).max(last.right_end() - first.right) as usize;
    matched >= CLEAN_LENGTH && 100 * link.matched() >= CLEAN_SHARE * extent
}

/// Least `min_length`: below a seed's length chance decides.
const LEAST_LENGTH: usize = 8;
/// Most `max_gap`, so that a gap in bytes is far from 32 bits.
const MOST_GAP: usize = 100_000;
/// Identity below which a chain is chance phrases in order rather than a copy.
pub(crate) const LEAST_IDENTITY: f64 = 0.7;
/// Occurrences of a seed up to which all pairs are compared.
const ALL_PAIRS: usize = 8;
/// Earlier occurrences that each is compared with where there are more.
const LOOK_BACK: usize = 2;
/// Pairs of one seed between two texts up to which all are compared.
const ALL_PRODUCTS: usize = 64;

impl PassageFinder {
    /// Any two equal stretches of at least so many squeezed characters share a seed and so are compared, whatever `min_length` is,
    /// unless a cap is counted. The head of this room says what follows from it between two texts and inside one.
    pub const GUARANTEED: usize = seed::GUARANTEE;

    /// The defaults: passages of at least 60 squeezed characters, gaps of at most 256.
    pub fn new() -> PassageFinder {
        PassageFinder {
            min_length: 60,
            max_gap: 256,
            nested: false,
            order_free: true,
            suppressed: false,
            watch: Watch::SILENT,
        }
    }

    /// Shortest passage reported, in squeezed characters (letters, marks and digits). Shorter ones are in `suppressed`.
    pub fn min_length(mut self, characters: usize) -> PassageFinder {
        self.min_length = characters;
        self
    }

    /// Longest edit, in squeezed characters of either side, that one passage may run across.
    pub fn max_gap(mut self, characters: usize) -> PassageFinder {
        self.max_gap = characters;
        self
    }

    /// Whether repeats and passages that are part of a longer one are reported too (they are in `suppressed` otherwise).
    pub fn nested(mut self, nested: bool) -> PassageFinder {
        self.nested = nested;
        self
    }

    /// Whether passages between two texts are also sought without regard to order: reworded, shuffled, summed up. On by
    /// default; they share at least 18 distinct words, and their identity counts words in any order.
    pub fn order_free(mut self, order_free: bool) -> PassageFinder {
        self.order_free = order_free;
        self
    }

    /// Whether passages that are found but not reported are listed in [`Found::suppressed`]. Off by default. What is reported
    /// is the same either way; listing takes [`within`](Self::within) up to a tenth more time.
    #[must_use]
    pub fn suppressed(mut self, suppressed: bool) -> PassageFinder {
        self.suppressed = suppressed;
        self
    }

    /// The callback that [`within`](Self::within), [`between`](Self::between) and [`cleaned`](Self::cleaned) report their progress to, and
    /// that can cancel them. None by default.
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> PassageFinder {
        self.watch = watch;
        self
    }

    /// Checks that the settings are possible. Every search does so too.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `min_length` is below 8 or `max_gap` is above 100,000 squeezed characters.
    pub fn validate(&self) -> Result<(), Error> {
        if self.min_length < LEAST_LENGTH {
            return Err(Error::setting(format!(
                "min_length is {}, but must be at least {LEAST_LENGTH} squeezed characters: shorter equal stretches are chance",
                self.min_length
            )));
        }
        if self.max_gap > MOST_GAP {
            return Err(Error::setting(format!(
                "max_gap is {}, but must be at most {MOST_GAP} squeezed characters",
                self.max_gap
            )));
        }
        Ok(())
    }

    /// Reads a text for these searches: [`Prepared::new`], with the seeds made at once.
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_too_large`] for a text of 4 GiB or more.
    pub fn prepare<'t>(&self, text: &'t str) -> Result<Prepared<'t>, Error> {
        self.validate()?;
        let prepared = Prepared::new(text)?;
        prepared.seeds();
        Ok(prepared)
    }

    /// The same for bytes that may not be UTF-8: [`Prepared::from_bytes`], with the seeds made at once.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_bytes<'t>(&self, bytes: &'t [u8]) -> Result<Prepared<'t>, Error> {
        self.validate()?;
        let prepared = Prepared::from_bytes(bytes)?;
        prepared.seeds();
        Ok(prepared)
    }

    /// The passages that occur in the text more than once, in order of their first occurrence.
    ///
    /// The stages that a [watch](Self::watch) is told: "comparing" (bytes of the squeezed text), "joining", "gathering".
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_cancelled`] when the watch stops the search.
    pub fn within(&self, text: &Prepared<'_>) -> Result<Found<Repeat>, Error> {
        self.validate()?;
        let folded = text.stream().folded();
        let (matches, capped) =
            self.matches(folded, folded, &self.watch, |visit| pairs_within(text.seeds(), visit))?;
        let links = matches.links(folded, folded, true);
        self.watch.tell("gathering", ProgressUnit::Entries, 0, None)?;
        Ok(class::repeats(text.source(), links, self, capped))
    }

    /// The passages that the two texts share, in order of the left text.
    ///
    /// The stages that a [watch](Self::watch) is told: "comparing" (bytes of the squeezed right text), "joining", "aligning"
    /// (stretches in common), "rewording" (unless [`order_free`](Self::order_free) is off).
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_cancelled`] when the watch stops the search.
    ///
    /// # Example
    /// ```
    /// use refrain::{PassageFinder, Watch};
    /// use std::ops::ControlFlow;
    /// let finder = PassageFinder::new().watch(Watch::new(|progress| match progress.stage {
    ///     "rewording" => ControlFlow::Break(()), // stops the search
    ///     _ => ControlFlow::Continue(()),
    /// }));
    /// let (left, right) = (finder.prepare("A long text.")?, finder.prepare("Another one.")?);
    /// assert!(finder.between(&left, &right).unwrap_err().is_cancelled());
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn between(&self, left: &Prepared<'_>, right: &Prepared<'_>) -> Result<Found<Passage>, Error> {
        self.validate()?;
        self.compared(left.side(), right.side(), &self.watch)
    }

    fn compared(&self, left: Side<'_>, right: Side<'_>, watch: &Watch) -> Result<Found<Passage>, Error> {
        let (left_folded, right_folded) = (left.source.folded(), right.source.folded());
        let (matches, capped) = self.matches(left_folded, right_folded, watch, |visit| {
            pairs_between(left.seeds, right.seeds, visit)
        })?;
        let mut links = matches.links(left_folded, right_folded, false);
        own_left(&mut links, left_folded.len());
        let mut found = Found { items: Vec::new(), suppressed: Vec::new(), capped };
        let (mut copies, mut parts) = (Vec::new(), Vec::new());
        let all = links.len() as u64;
        for (done, link) in links.into_iter().enumerate() {
            watch.tell("aligning", ProgressUnit::Entries, done as u64, Some(all))?;
            let (primary, clean) = (link.primary, is_clean(left_folded, &link));
            let length = |side: &[u8], range: &Range<usize>| characters(&side[range.clone()]);
            let shorter = length(left_folded, &link.left).min(length(right_folded, &link.right));
            let wanted = shorter >= self.min_length;
            if !(self.suppressed || wanted && (primary || self.nested)) {
                continue;
            }
            let passage = passage(left.source, right.source, link);
            if primary && clean && wanted {
                found.items.push(passage);
            } else if wanted && passage.identity >= LEAST_IDENTITY {
                (if primary { &mut copies } else { &mut parts }).push(passage);
            } else if self.suppressed {
                found.suppressed.push(passage);
            }
        }
        if self.order_free {
            watch.tell("rewording", ProgressUnit::Entries, 0, None)?;
            let reworded = reworded(left, right, &found.items, &copies);
            found.items.extend(reworded);
        }
        // A short or edited copy inside something larger is part of it.
        let larger = found.items.clone();
        for copy in copies {
            let part = larger
                .iter()
                .any(|passage| passage.left.overlaps(copy.left) && passage.right.overlaps(copy.right));
            if part { parts.push(copy) } else { found.items.push(copy) }
        }
        if self.nested {
            found.items.append(&mut parts);
        } else if self.suppressed {
            found.suppressed.append(&mut parts);
        }
        found.items.sort_unstable_by_key(|passage| (passage.left, passage.right));
        found.suppressed.sort_unstable_by_key(|passage| (passage.left, passage.right));
        Ok(found)
    }

    /// The text without its repeated passages: of each, the best-formatted copy stays.
    ///
    /// It is cut at the ends of sentences or lines, so that no words are glued; a copy that starts or ends inside a sentence keeps
    /// that sentence. Borrowed where nothing repeats.
    ///
    /// # Errors
    /// As [`within`](Self::within).
    pub fn cleaned<'t>(&self, text: &Prepared<'t>) -> Result<Cow<'t, [u8]>, Error> {
        let found = self.clone().suppressed(false).within(text)?;
        Ok(trim::trimmed(text.bytes(), &found.items))
    }

    /// From pairs of equal seeds to what the texts have in common.
    fn matches(
        &self,
        left: &[u8],
        right: &[u8],
        watch: &Watch,
        pairs: impl Fn(&mut dyn FnMut(u32, u32)) -> u64,
    ) -> Result<(Matches, Capped), Error> {
        let mut blocks = Blocks::new(left, right);
        let capped = in_order(pairs, right.len(), watch, |pairs| blocks.pairs(pairs))?;
        watch.tell("joining", ProgressUnit::Entries, 0, None)?;
        let Owned { kept, aside } = chain::own(blocks.finish(), right);
        Ok((Matches { chains: chain::chains(&kept, self.max_gap_bytes(right)), aside }, capped))
    }

    /// `max_gap` in stream bytes of this text.
    fn max_gap_bytes(&self, folded: &[u8]) -> u32 {
        /// Enough of a text to know how many bytes its characters take.
        const LOOKED_AT: usize = 4096;
        let head = &folded[..folded.len().min(LOOKED_AT)];
        (self.max_gap * head.len()).div_ceil(characters(head).max(1)) as u32
    }
}

/// What two texts, or a text and itself, have in common.
struct Matches {
    chains: Chains,
    /// Long blocks whose right side belongs to longer ones.
    aside: Vec<Block>,
}

impl Matches {
    /// The chains with their ends extended, and the blocks aside, as far as they are long enough to count.
    fn links(&self, left: &[u8], right: &[u8], within: bool) -> Vec<Link<'_>> {
        let chains: Vec<&[Block]> =
            self.chains.iter().filter(|chain| chain::is_enough(chain, right)).collect();
        let mut links: Vec<Link<'_>> = Vec::with_capacity(chains.len() + self.aside.len());
        for (index, chain) in chains.iter().enumerate() {
            if let Some(ahead) = chains.get(index + AHEAD) {
                let (first, last) = (ahead[0], ahead[ahead.len() - 1]);
                cpu::fetch(left, first.left as usize);
                cpu::fetch(left, last.left_end() as usize);
                cpu::fetch(right, last.right_end() as usize);
            }
            links.push(Link::extended(chain, left, right, within));
        }
        links.extend(self.aside.iter().map(|block| Link::of(std::slice::from_ref(block), false)));
        links
    }
}

/// A stretch of the left stream that the right one holds too.
#[derive(Clone, Debug)]
pub(crate) struct Link<'b> {
    pub(crate) left: Range<usize>,
    pub(crate) right: Range<usize>,
    /// What is equal, at least one block, in order on both sides.
    pub(crate) blocks: &'b [Block],
    /// Whether it owns its right side; the others hold what a longer link holds too.
    pub(crate) primary: bool,
}

impl<'b> Link<'b> {
    fn of(blocks: &'b [Block], primary: bool) -> Link<'b> {
        let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
        Link {
            left: first.left as usize..last.left_end() as usize,
            right: first.right as usize..last.right_end() as usize,
            blocks,
            primary,
        }
    }

    /// Stream bytes of the blocks, overlaps counted twice.
    pub(crate) fn matched(&self) -> usize {
        self.blocks.iter().map(|block| block.length as usize).sum()
    }

    /// A chain, its ends moved out over edits.
    fn extended(blocks: &'b [Block], left: &[u8], right: &[u8], within: bool) -> Link<'b> {
        let mut link = Link::of(blocks, true);
        if within && link.right.start < link.left.end {
            return link;
        }
        // Inside one text the copy must not grow into its original.
        let (left_bound, right_bound) =
            if within { (link.right.start, link.left.end) } else { (left.len(), 0) };
        let (l, r) = extend::forwards(&left[link.left.end..left_bound], &right[link.right.end..]);
        link.left.end += l;
        link.right.end += r;
        let right_bound = if within { right_bound + l } else { right_bound };
        let (l, r) = extend::backwards(&left[..link.left.start], &right[right_bound..link.right.start]);
        link.left.start -= l;
        link.right.start -= r;
        link
    }
}

/// Visits pairs of equal seeds of one text, the earlier and the later position; returns how many a cap left out.
fn pairs_within(seeds: &[Seed], visit: &mut dyn FnMut(u32, u32)) -> u64 {
    let mut capped = 0;
    for group in seeds.chunk_by(|a, b| a.hash() == b.hash()) {
        if group.len() <= ALL_PAIRS {
            for (index, later) in group.iter().enumerate().skip(1) {
                group[..index].iter().rev().for_each(|earlier| visit(earlier.at(), later.at()));
            }
            continue;
        }
        let mut latest = [None; LOOK_BACK];
        let mut visited = 0;
        for later in group.iter().filter(|seed| seed.stays()).map(|seed| seed.at()) {
            for earlier in latest.iter().flatten() {
                visit(*earlier, later);
                visited += 1;
            }
            latest.rotate_right(1);
            latest[0] = Some(later);
        }
        let all = group.len() as u64;
        capped += all * (all - 1) / 2 - visited;
    }
    capped
}

/// Visits pairs of equal seeds of two texts; returns how many a cap left out.
fn pairs_between(left: &[Seed], right: &[Seed], visit: &mut dyn FnMut(u32, u32)) -> u64 {
    let mut capped = 0;
    let mut rest = left;
    for group in right.chunk_by(|a, b| a.hash() == b.hash()) {
        let hash = group[0].hash();
        // Most often it is one of the next few.
        let mut ahead = 4;
        while rest.get(ahead).is_some_and(|seed| seed.hash() < hash) {
            ahead *= 2;
        }
        let near = &rest[..rest.len().min(ahead)];
        rest = &rest[near.partition_point(|seed| seed.hash() < hash)..];
        let same = &rest[..rest.iter().take_while(|seed| seed.hash() == hash).count()];
        if same.is_empty() {
            continue;
        }
        let most = (ALL_PRODUCTS / group.len().min(ALL_PRODUCTS)).max(1).min(same.len());
        capped += ((same.len() - most) * group.len()) as u64;
        // The n-th with the n-th, so that what repeats on both sides lies on few diagonals. (Each with the first was
        // quadratic: every period of one text made a block that runs through the other.)
        for (index, right) in group.iter().enumerate() {
            (index..index + most).for_each(|index| visit(same[index % same.len()].at(), right.at()));
        }
    }
    capped
}

/// Hands pairs on in order of their right position, a stretch of the right text at a time, so that they take no more
/// memory than the text, however many they are.
fn in_order(
    pairs: impl Fn(&mut dyn FnMut(u32, u32)) -> u64,
    right_length: usize,
    watch: &Watch,
    mut take: impl FnMut(&[(u32, u32)]),
) -> Result<Capped, Error> {
    watch.tell("comparing", ProgressUnit::Bytes, 0, Some(right_length as u64))?;
    // A pair, and its place while it is sorted.
    const PAIR: usize = 2 * size_of::<(u32, u32)>();
    let most = (right_length / PAIR).max(1);
    let place_bits = usize::BITS - right_length.leading_zeros();
    let mut stretch: Vec<(u32, u32)> = Vec::new();
    // How many they are shows at the end: until then the first stretch is halved when it is full.
    let (mut to, mut left_over) = (right_length as u32, 0usize);
    let capped = pairs(&mut |left, right| {
        while stretch.len() >= most && to > 1 && right < to {
            to /= 2;
            let all = stretch.len();
            stretch.retain(|pair| pair.1 < to);
            left_over += all - stretch.len();
        }
        if right < to {
            stretch.push((left, right));
        } else {
            left_over += 1;
        }
    });
    let behind = right_length as u32 - to;
    let length = behind.div_ceil(left_over.div_ceil(most).max(1) as u32).max(1);
    loop {
        radix::sort(&mut stretch, place_bits, |pair| pair.1 as u64);
        take(&stretch);
        if to >= right_length as u32 {
            break;
        }
        let from = to;
        to = to.saturating_add(length);
        watch.tell("comparing", ProgressUnit::Bytes, u64::from(from), Some(right_length as u64))?;
        stretch.clear();
        pairs(&mut |left, right| {
            if right >= from && right < to {
                stretch.push((left, right));
            }
        });
    }
    Ok(Capped { pairs: capped })
}

/// What the two sides share without regard to order, but for the clean copies and what is little more than one of the other copies.
fn reworded(left: Side<'_>, right: Side<'_>, clean: &[Passage], copies: &[Passage]) -> Vec<Passage> {
    let (left_bytes, right_bytes) = (left.source.bytes(), right.source.bytes());
    if !loose::leave_room(left_bytes, right_bytes, clean) {
        return Vec::new();
    }
    let clean: Vec<_> = clean.iter().map(|passage| (short(passage.left), short(passage.right))).collect();
    let (left, right) = (left.words(), right.words());
    let mut found = Vec::new();
    for candidate in loose::passages(left, right, &clean) {
        let (at_left, at_right) = (long(candidate.left), long(candidate.right));
        // Where a copy is nearly all of it, or exact copies hold its words, their exact ends are the better answer.
        let is_copy = |copy: &Passage| fills(copy.left, at_left) && fills(copy.right, at_right);
        let is_exact_part = |copy: &&Passage| {
            copy.identity == 1.0 && copy.left.overlaps(at_left) && copy.right.overlaps(at_right)
        };
        let exact = copies.iter().filter(is_exact_part).map(|copy| &left_bytes[copy.left.range()]);
        if !copies.iter().any(is_copy) && !loose::is_copied(left, right, &candidate, exact) {
            let identity = loose::identity(left, right, &candidate);
            found.push(Passage { left: at_left, right: at_right, identity });
        }
    }
    found
}

/// A link as the caller sees it.
fn passage(left: Source<'_>, right: Source<'_>, link: Link<'_>) -> Passage {
    let mut sides =
        [Occurrence { source: left, range: link.left }, Occurrence { source: right, range: link.right }];
    ends::draw_back(&mut sides);
    let [left, right] = &sides;
    Passage {
        left: ends::span(left),
        right: ends::span(right),
        identity: align::identity(
            &left.source.folded()[left.range.clone()],
            &right.source.folded()[right.range.clone()],
        ),
    }
}

/// The passages that stand in `text` more than once, under the default settings of [`PassageFinder`].
///
/// # Panics
/// On a text of 4 GiB or more; [`PassageFinder::prepare`] returns an error instead.
///
/// # Example
/// ```
/// let text = "The council met on Monday evening to vote on the new bridge over the river.\n\nIn other news.\n\n\
///             The council met on Monday evening to vote on the new bridge over the river.Subscribe now.";
/// let repeats = refrain::repeats(text);
/// assert_eq!(repeats.len(), 1);
/// let copies: Vec<&str> = repeats[0].occurrences.iter().map(|&span| &text[span]).collect();
/// assert_eq!(copies, ["The council met on Monday evening to vote on the new bridge over the river."; 2]);
/// ```
pub fn repeats(text: &str) -> Vec<Repeat> {
    let finder = PassageFinder::new();
    or_panic(finder.prepare(text).and_then(|text| finder.within(&text))).items
}

/// The passages that the two texts share, under the default settings of [`PassageFinder`], in order of the left text.
///
/// # Panics
/// On a text of 4 GiB or more; [`PassageFinder::prepare`] returns an error instead.
pub fn passages(left: &str, right: &str) -> Vec<Passage> {
    let finder = PassageFinder::new();
    let between = || finder.between(&finder.prepare(left)?, &finder.prepare(right)?);
    or_panic(between()).items
}

/// The text without its repeated passages, the best-formatted copy of each kept; see [`PassageFinder::cleaned`].
///
/// # Panics
/// On a text of 4 GiB or more.
pub fn cleaned(text: &str) -> Cow<'_, str> {
    let finder = PassageFinder::new();
    match or_panic(finder.prepare(text).and_then(|text| finder.cleaned(&text))) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).expect("cut on character boundaries")),
    }
}

/// Of the default settings without a watch only one error is possible: that a text is too large.
fn or_panic<T>(result: Result<T, Error>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Few pairs or many, everywhere or in one place.
        #[test]
        fn pairs_come_in_order_and_none_is_lost(
            length in 1usize..3000,
            pairs in proptest::collection::vec((any::<u32>(), any::<prop::sample::Index>()), 0..600),
            within in 1usize..3000,
        ) {
            let pairs: Vec<(u32, u32)> =
                pairs.into_iter().map(|(left, right)| (left, right.index(within.min(length)) as u32)).collect();
            let mut handed = Vec::new();
            let all = |visit: &mut dyn FnMut(u32, u32)| {
                pairs.iter().for_each(|&(left, right)| visit(left, right));
                7
            };
            let capped = in_order(all, length, &Watch::SILENT, |pairs| handed.extend_from_slice(pairs)).unwrap();
            let mut sorted = pairs.clone();
            sorted.sort_by_key(|pair| pair.1);
            prop_assert_eq!((handed, capped.pairs), (sorted, 7));
        }
    }
}
