//! Pages that look scraped, in any number, with known near-duplicates among them.
//!
//! Page `n` depends only on `n` and the seed, so no page is stored: to make a near-duplicate, its source is made again. Each page
//! has the menu and the notice of its site, and paragraphs in one of three scripts. One page in five is a near-duplicate of an
//! earlier one: the same text on another site, without line breaks, with some words changed, with a paragraph more or
//! less, or unchanged.
//!
//! Used by examples, tests and benches of corpora, and by the documented runs of many gigabytes.

use super::Random;
use std::io::{self, Write};

/// One page in this many is a near-duplicate.
const DUPLICATES: u64 = 5;
/// Sites, each with its own menu and notices.
const SITES: usize = 400;
/// The number of different words of a script.
const WORDS: usize = 20_000;
/// The most paragraphs of a page.
const MOST_PARAGRAPHS: usize = 18;

/// How a near-duplicate differs from its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// It does not differ.
    None,
    /// Paragraph breaks are lost, quotes and case differ: no word changes.
    Format,
    /// It is on another site, with another menu.
    Site,
    /// This many words in a thousand are replaced.
    Words(u64),
    /// One paragraph is added or removed.
    Paragraph,
}

/// A page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    pub id: String,
    pub date: String,
    pub text: String,
    /// The number of the page that this one was made from, and what was changed.
    pub source: Option<(u64, Change)>,
}

impl Page {
    /// The page as a line of JSON lines.
    pub fn json_line(&self) -> String {
        let mut line = String::with_capacity(self.text.len() + 128);
        line.push_str("{\"id\": \"");
        line.push_str(&self.id);
        line.push_str("\", \"date\": \"");
        line.push_str(&self.date);
        line.push_str("\", \"text\": \"");
        for character in self.text.chars() {
            match character {
                '"' => line.push_str("\\\""),
                '\\' => line.push_str("\\\\"),
                '\n' => line.push_str("\\n"),
                other => line.push(other),
            }
        }
        line.push_str("\"}\n");
        line
    }
}

/// All pages of a seed.
pub struct Pages {
    seed: u64,
    scripts: Vec<Vec<String>>,
    sites: Vec<Site>,
}

struct Site {
    name: String,
    menu: String,
    notice: String,
}

impl Pages {
    pub fn new(seed: u64) -> Pages {
        let mut random = Random(seed ^ 0x5ca1_ab1e);
        let syllables = [
            "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo zu al en is or um ran sel tin vor plu",
            "ба ве ди го жу за ки ло ма ну пе ро су та фе ху ца че ша ан ен ис ор ут ран сел тин вор плу",
            "中 大 国 学 生 年 月 日 市 場 水 火 山 川 上 下 左 右 東 西 南 北 春 夏 秋 冬 新 古 長 高 安 心 花 風 雨 雪 道 車 家 門",
        ];
        let scripts: Vec<Vec<String>> = syllables
            .iter()
            .map(|list| {
                let list: Vec<&str> = list.split(' ').collect();
                (0..WORDS)
                    .map(|_| (0..1 + random.below(4)).map(|_| list[random.below(list.len())]).collect())
                    .collect()
            })
            .collect();
        let sites = (0..SITES)
            .map(|number| {
                let words = &scripts[0];
                let mut some = |count: usize, between: &str| {
                    let chosen: Vec<&str> = (0..count).map(|_| words[random.below(WORDS)].as_str()).collect();
                    chosen.join(between)
                };
                let menu = some(8, " | ");
                let notice = format!("This site uses cookies. {}.", some(10, " "));
                Site { name: format!("{}{number}.example", some(1, "")), menu, notice }
            })
            .collect();
        Pages { seed, scripts, sites }
    }

    /// The page of that number.
    pub fn page(&self, number: u64) -> Page {
        let mut random = Random(
            self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        );
        random.next();
        let source = self.source_of(number);
        let made_from = source.map_or(number, |(source, _)| source);
        let (mut site, mut paragraphs, script) = self.content(made_from);
        let change = source.map(|(_, change)| change);
        match change {
            Some(Change::Site) => site = random.below(SITES),
            Some(Change::Words(share)) => {
                for paragraph in &mut paragraphs {
                    for word in paragraph.iter_mut() {
                        if (random.next() % 1000) < share {
                            *word = &self.scripts[script][random.below(WORDS)];
                        }
                    }
                }
            }
            Some(Change::Paragraph) => {
                if paragraphs.len() > 6 && random.below(2) == 0 {
                    paragraphs.remove(random.below(paragraphs.len()));
                } else {
                    paragraphs.push(self.paragraph(&mut random, script));
                }
            }
            Some(Change::Format | Change::None) | None => {}
        }
        let is_glued = change == Some(Change::Format);
        let site = &self.sites[site];
        let date =
            format!("20{:02}-{:02}-{:02}", 10 + random.below(15), 1 + random.below(12), 1 + random.below(28));
        let text = written(site, &paragraphs, if script == 2 { "" } else { " " }, is_glued);
        Page { id: format!("{}/{number}", site.name), date, text, source }
    }

    /// The page that this one is a near-duplicate of, and how it differs.
    pub fn source_of(&self, number: u64) -> Option<(u64, Change)> {
        let mut random = Random(self.seed ^ number.wrapping_mul(0xd605_1f7c_9e1b_53a5));
        if number == 0 || !random.next().is_multiple_of(DUPLICATES) {
            return None;
        }
        // The source is an original. A near-duplicate of a near-duplicate would differ by an unknown amount.
        let mut source = random.next() % number;
        while source > 0
            && Random(self.seed ^ source.wrapping_mul(0xd605_1f7c_9e1b_53a5))
                .next()
                .is_multiple_of(DUPLICATES)
        {
            source -= 1;
        }
        let change = match random.below(8) {
            0 => Change::None,
            1 | 2 => Change::Format,
            3 => Change::Site,
            4 => Change::Paragraph,
            _ => Change::Words(1 + random.next() % 25),
        };
        Some((source, change))
    }

    /// The site, the words by paragraph and the script of an original.
    fn content(&self, number: u64) -> (usize, Vec<Vec<&str>>, usize) {
        let mut random = Random(self.seed.rotate_left(17) ^ number.wrapping_mul(0xff51_afd7_ed55_8ccd));
        random.next();
        let script = [0, 0, 0, 0, 0, 0, 0, 1, 1, 2][random.below(10)];
        let site = random.below(SITES);
        // Most pages are short.
        let count = 1 + MOST_PARAGRAPHS * random.below(1000) * random.below(1000) / 1_000_000;
        let paragraphs = (0..count + 3).map(|_| self.paragraph(&mut random, script)).collect();
        (site, paragraphs, script)
    }

    fn paragraph(&self, random: &mut Random, script: usize) -> Vec<&str> {
        let words = &self.scripts[script];
        let count = 30 + random.below(90);
        // With the square of a uniform number, the first words of the list are more frequent.
        (0..count)
            .map(|_| words[(random.below(1 << 12) * random.below(1 << 12) * WORDS) >> 24].as_str())
            .collect()
    }
}

fn written(site: &Site, paragraphs: &[Vec<&str>], space: &str, is_glued: bool) -> String {
    let mut text = String::new();
    text.push_str(&site.menu);
    text.push_str(if is_glued { "" } else { "\n\n" });
    for paragraph in paragraphs {
        for (place, word) in paragraph.iter().enumerate() {
            if place % 14 == 0 {
                let mut letters = word.chars();
                text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                text.push_str(letters.as_str());
            } else {
                text.push_str(word);
            }
            let ends = place % 14 == 13 || place + 1 == paragraph.len();
            text.push_str(match (ends, place % 5) {
                (true, _) if place + 1 == paragraph.len() => ".",
                (true, _) => ". ",
                (false, 4) => ", ",
                (false, _) => space,
            });
        }
        // In much scraped text, only a full stop and a capital are left of a paragraph break.
        text.push_str(if is_glued { "" } else { "\n\n" });
    }
    text.push_str(&site.notice);
    text
}

/// Writes pages as JSON lines until `bytes` are reached. Returns the number of pages.
pub fn write_json_lines(pages: &Pages, bytes: u64, mut out: impl Write) -> io::Result<u64> {
    let (mut written, mut number) = (0, 0);
    while written < bytes {
        let line = pages.page(number).json_line();
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
        number += 1;
    }
    Ok(number)
}
