//! The slow path of the scan: a starter and the marks after it, normalised together.
//!
//! In: the start of a cluster. Out: its folded characters in canonical composition, each with the bytes of
//! the whole cluster. If the marks are in order and none joins another character, each character comes with
//! its own bytes.
//!
//! **Source.** UAX #15, sections 1.2 and D117, for one segment between starters.
//!
//! A cluster of more than [`LONGEST`] characters is cut after that many, and the rest is treated as another
//! cluster (as in the Stream-Safe Text Format of UAX #15, section 13). No text in any language has such
//! clusters. Without a bound, a text that is one cluster would be read whole each time one of its characters
//! is looked up.

use super::bytes::decode;
use super::class::Class;
use super::record::{COMBINER, MULTI, Record, expansion, fold, record};
use super::sink::Sink;
use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};

/// The most characters in a cluster: one starter, as many marks as UAX #15 allows in a stream, and one more.
const LONGEST: usize = 32;

/// Memory for one cluster, used again for the next.
#[derive(Default)]
pub(super) struct Cluster {
    members: Vec<(char, u8)>,
}

impl Cluster {
    /// Passes the cluster that starts at byte `start` to the sink, and returns where it ends. `joint` is the
    /// offset of its first character that joins another or expands.
    pub(super) fn take<S: Sink>(
        &mut self,
        text: &str,
        start: usize,
        joint: usize,
        base: usize,
        sink: &mut S,
    ) -> usize {
        let (end, last) = extent(text, joint);
        if in_order(&text[start..end]) {
            each(&text[start..end], |from, to, ch, found| {
                sink.kept(base + start + from, base + start + to, fold(ch, found), found.class);
            });
            return end;
        }
        let mut class = None;
        self.members.clear();
        each(&text[start..end], |_, _, ch, found| {
            class.get_or_insert(found.class);
            let members = &mut self.members;
            let mut push =
                |folded| decompose_canonical(folded, |d| members.push((d, canonical_combining_class(d))));
            if found.flags & MULTI != 0 {
                expansion(ch).chars().for_each(&mut push)
            } else {
                push(fold(ch, found))
            }
        });
        reorder(&mut self.members);
        recompose(&mut self.members);
        let class = class.unwrap_or(Class::Mark);
        for (index, &(folded, combining)) in self.members.iter().enumerate() {
            let class = match class {
                // A cluster of marks may contain a letter that can join the character before it. Each has its
                // own class.
                Class::Mark => record(folded).class,
                _ if index > 0 && combining != 0 => Class::Mark,
                class => class,
            };
            sink.kept(base + start, base + last, folded, class);
        }
        end
    }
}

/// Whether a mark is the only one after its base and changes no other character. Most marks of Thai and many
/// of Hindi are like this. `found` is the record of the mark, and `end` is where the mark ends.
#[inline]
pub(super) fn is_apart(text: &str, base: char, found: Record, end: usize) -> bool {
    if found.flags != 0 || decomposes(base) {
        return false;
    }
    let goes_on = |next: Record| next.class == Class::Ignorable || next.class.is_kept() && next.joins();
    text[end..].chars().next().is_none_or(|next| !goes_on(record(next)))
}

/// Visits the characters of a cluster that are not ignorable.
fn each(cluster: &str, mut visit: impl FnMut(usize, usize, char, Record)) {
    for (at, ch) in cluster.char_indices() {
        let found = record(ch);
        if found.class != Class::Ignorable {
            visit(at, at + ch.len_utf8(), ch, found);
        }
    }
}

/// The end of the cluster whose joint is at `joint`, and the end of its last character that is not ignorable.
fn extent(text: &str, joint: usize) -> (usize, usize) {
    let mut at = joint + decode(text, joint).len_utf8();
    let mut last = at;
    // The character at the joint, and the one before it.
    let mut members = 2;
    for ch in text[at..].chars() {
        let found = record(ch);
        if found.class != Class::Ignorable {
            if members == LONGEST || !(found.class.is_kept() && found.joins()) {
                break;
            }
            members += 1;
            last = at + ch.len_utf8();
        }
        at += ch.len_utf8();
    }
    (last, last)
}

/// Whether folding each character is enough: nothing expands, the marks are in canonical order, and none
/// joins the first character.
fn in_order(cluster: &str) -> bool {
    let (mut first, mut previous, mut count, mut ok) = (None, 0, 0, true);
    each(cluster, |_, _, ch, found| {
        let folded = fold(ch, found);
        if found.flags & MULTI != 0 {
            ok = false;
        } else if let Some(first) = first {
            // A single mark is tested against its base. Two or more marks that may join take the slow path,
            // also if they are parts of one character.
            if found.flags & COMBINER != 0 && (count > 1 || join(first, folded)) {
                ok = false;
            }
            // The base contains marks already, and they may belong after this one.
            if found.combining != 0 && (found.combining < previous || decomposes(first)) {
                ok = false;
            }
        } else {
            first = Some(folded);
        }
        previous = found.combining;
        count += 1;
    });
    ok
}

/// Whether a mark right after a base, or a part of the mark, becomes one character with it.
pub(super) fn join(base: char, mark: char) -> bool {
    decomposes(base) || decomposes(mark) || compose(base, mark).is_some()
}

/// Whether the character is composed of several.
fn decomposes(ch: char) -> bool {
    let mut members = 0;
    decompose_canonical(ch, |_| members += 1);
    members > 1
}

/// Canonical ordering: marks sorted by combining class, stably, between starters.
fn reorder(members: &mut [(char, u8)]) {
    let mut from = 0;
    while from < members.len() {
        let run = members[from..].iter().take_while(|member| member.1 != 0).count();
        members[from..from + run].sort_by_key(|member| member.1);
        from += run + 1;
    }
}

/// Canonical composition in place.
fn recompose(members: &mut Vec<(char, u8)>) {
    let mut starter: Option<usize> = None;
    let mut kept = 0;
    for index in 0..members.len() {
        let (ch, combining) = members[index];
        if let Some(at) = starter {
            // Blocked if a character between them has no lower class, or is a starter.
            let between = if kept - 1 == at { None } else { Some(members[kept - 1].1) };
            let free = between.is_none_or(|class| class < combining && class != 0);
            if free && let Some(joined) = compose(members[at].0, ch) {
                members[at].0 = joined;
                continue;
            }
        }
        if combining == 0 {
            starter = Some(kept);
        }
        members[kept] = (ch, combining);
        kept += 1;
    }
    members.truncate(kept);
}
