//! Single pages as an extractor leaves them: a body, of which parts stand there again, among teasers, notices and links.
//!
//! In: a seed. Out: a [`ScrapedPage`] with its ground truth: the body once, with everything that only the body says. The truth has
//! passages that are alike and no copies: price plans, clauses with other sums, answers of several people.

use super::prose::{ALL, Language};
use super::random::Random;

/// A page and its ground truth.
pub struct ScrapedPage {
    pub text: String,
    /// The body, once.
    pub truth: String,
    /// Whether parts of the body, of at least one long sentence, stand there again.
    pub is_doubled: bool,
}

const NAMES: [&str; 6] =
    ["Ann Marten", "Bo Lindqvist", "Carla de Wit", "Deniz Aksoy", "Emil Novak", "Fay O'Neill"];

/// The page of a seed.
pub fn page(seed: u64) -> ScrapedPage {
    let mut writer = Writer { random: Random(seed), language: ALL[seed as usize % ALL.len()] };
    let title = writer.headline();
    let (mut paragraphs, mut body): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for _ in 0..3 + writer.random.below(5) {
        if writer.random.below(3) == 0 {
            paragraphs.push(writer.headline());
        }
        let words = 25 + writer.random.below(60);
        body.push(writer.language.paragraph(words, &mut writer.random));
        paragraphs.extend(body.last().cloned());
    }
    let extra = match writer.random.below(5) {
        0 => writer.plans(),
        1 => writer.clauses(),
        2 => writer.answers(),
        _ => Vec::new(),
    };
    let truth = [std::slice::from_ref(&title), &paragraphs, &extra].concat();
    let mut before = vec![writer.notice()];
    let mut behind: Vec<String> = (0..writer.random.below(4)).map(|_| writer.link()).collect();
    let mut is_doubled = false;
    if writer.random.below(3) == 0 {
        // A lead that is the first paragraph, or a caption or quotation from the body.
        let part = body[writer.random.below(body.len())].clone();
        if writer.random.below(2) == 0 {
            before.push(part)
        } else {
            behind.push(part)
        }
        is_doubled = true;
    }
    if writer.random.below(3) == 0 {
        behind.push(body.concat());
        is_doubled = true;
    }
    let mut truth = truth;
    if writer.random.below(4) == 0 {
        // Another copy with a paragraph that only this one has.
        let added = writer.language.paragraph(30, &mut writer.random);
        let mut copy = paragraphs.clone();
        copy.insert(copy.len() / 2, added.clone());
        behind.extend(copy);
        truth.push(added);
        is_doubled = true;
    }
    behind.push(writer.headline());
    if writer.random.below(2) == 0 {
        behind.push(before[0].clone());
    }
    let own = [std::slice::from_ref(&title), &paragraphs, &extra].concat();
    ScrapedPage { text: [before, own, behind].concat().join("\n\n"), truth: truth.join("\n\n"), is_doubled }
}

struct Writer {
    random: Random,
    language: Language,
}

impl Writer {
    fn headline(&mut self) -> String {
        let mut text = self.language.paragraph(5, &mut self.random);
        text.truncate(text.trim_end_matches(['.', '。', '।']).len());
        text
    }

    fn notice(&mut self) -> String {
        format!("{} {}", self.headline(), self.language.paragraph(18, &mut self.random))
    }

    fn link(&mut self) -> String {
        let headline = self.headline();
        let slug = headline.replace(' ', "-");
        format!(
            "{headline}\nhttps://news.example/{}/{slug}-0{}.html",
            self.random.below(2030),
            self.random.below(9)
        )
    }

    /// Three plans: the same sentences with other numbers, and one sentence in common.
    fn plans(&mut self) -> Vec<String> {
        let [first, second] = [0, 1].map(|_| self.headline());
        let common = self.language.paragraph(12, &mut self.random);
        let plan = |(number, name): (usize, char)| {
            let amount = 10 * (number + 1) * (number + 3);
            format!("Plan {name}\n{first} {amount}, {second} {}.{}.\n{common}", amount / 3, amount % 7)
        };
        ('A'..='C').enumerate().map(plan).collect()
    }

    /// Clauses that differ in their sums.
    fn clauses(&mut self) -> Vec<String> {
        let [first, second] = [0, 1].map(|_| self.language.paragraph(14, &mut self.random));
        (1..=4)
            .map(|number| {
                let sum = 1000 + self.random.below(9000);
                format!("{} {sum}. {} {number}.", first.trim_end_matches('.'), second.trim_end_matches('.'))
            })
            .collect()
    }

    /// Answers of several people to the same question, in nearly the same words.
    fn answers(&mut self) -> Vec<String> {
        let [first, second] = [0, 1].map(|_| self.language.paragraph(10, &mut self.random));
        NAMES[..3]
            .iter()
            .map(|name| {
                format!("{name}: {} {name}. {}", first.trim_end_matches('.'), second.trim_end_matches('.'))
            })
            .collect()
    }
}
