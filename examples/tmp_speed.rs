#[path = "../tests/material/mod.rs"] mod material;
use std::time::Instant;
fn time(name: &str, l: &str, r: &str) {
    let mut best = f64::MAX;
    let n = (20_000_000 / (l.len()+1)).clamp(3, 400);
    let mut d = None;
    for _ in 0..n { let t = Instant::now(); d = Some(refrain::diff(l, r)); best = best.min(t.elapsed().as_secs_f64()); }
    let d = d.unwrap();
    let c = |n: &str| d.edits().filter(|e| e.kind.name() == n).count();
    println!("{name:>16} {:>8} B {:9.3} ms {:7.1} MB/s  edits {} eq {} rep {} ins {} del {} mv {} cp {} fmt {} coarse {}", l.len(), best*1e3, l.len() as f64/best/1e6, d.edits().count(), c("equal"), c("replace"), c("insert"), c("delete"), c("move_to"), c("copy"), c("format"), d.is_coarse());
}
fn main() {
    for kb in [5, 50, 500, 1000] {
        let (l, r) = material::edited_pair(kb*1000, 1); time("edits-5%", &l, &r);
    }
    for kb in [5, 10, 50, 500, 1000] {
        let (l, r, _) = material::moved_pair(kb*1000, 1); time("moved-20%", &l, &r);
    }
    let mb = 1_000_000;
    let a: String = { let mut r = material::Random::new(5); (0..mb).map(|i| if i % 7 == 6 {' '} else {(b'a' + r.below(12) as u8) as char}).collect() };
    let b: String = { let mut r = material::Random::new(6); (0..mb).map(|i| if i % 7 == 6 {' '} else {(b'n' + r.below(12) as u8) as char}).collect() };
    time("nothing", &a, &b);
    let (x, _) = material::edited_pair(mb, 10); let (y, _) = material::edited_pair(mb, 11);
    time("unrelated prose", &x, &y);
    time("one char", &"a".repeat(mb), &"a".repeat(mb - 5000));
    time("two chars", &"ab".repeat(mb/2), &"ba".repeat(mb/2));
    time("a vs b", &"a".repeat(mb), &"b".repeat(mb));
    time("a vs ab", &"a ".repeat(mb/2), &"a b ".repeat(mb/4));
    let lines: Vec<String> = x.split_inclusive('\n').map(|s| s.to_string()).collect();
    let rev: String = lines.iter().rev().map(|s| s.as_str()).collect();
    time("reversed paras", &x, &rev);
    let short: Vec<String> = (0..mb/25).map(|i| format!("line number {i:>8} of it\n")).collect();
    let s: String = short.concat(); let sr: String = short.iter().rev().map(|s| s.as_str()).collect();
    time("reversed lines", &s, &sr);
    let l1 = "this is the one line that comes again and again, a thousand times, and says nothing new to any of us at all, ever.\n";
    let l2 = "another line comes here instead, as often as the first, and it has as little to tell to anybody who reads it now.\n";
    time("1000 vs 1000", &l1.repeat(9000), &l2.repeat(9000));
    time("1000+x", &(l1.repeat(9000)), &(l1.repeat(4000) + l2 + &l1.repeat(4700)));
    let mut rr = material::Random::new(3);
    let mix1: String = (0..9000).map(|_| if rr.happens(0.5) {l1} else {l2}).collect();
    let mix2: String = (0..9000).map(|_| if rr.happens(0.5) {l1} else {l2}).collect();
    time("mixed lines", &mix1, &mix2);
    let mut r1 = material::Random::new(13);
    let w1: String = (0..mb/2).map(|_| if r1.happens(0.5) {"a "} else {"b "}).collect();
    let w2: String = (0..mb/2).map(|_| if r1.happens(0.5) {"a "} else {"b "}).collect();
    time("random ab words", &w1, &w2);
    let mut blocks: Vec<&str> = x.as_bytes().chunks(60).map(|c| std::str::from_utf8(c).unwrap()).collect();
    material::Random::new(4).shuffle(&mut blocks);
    time("shuffled 60B", &x, &blocks.concat());
}
