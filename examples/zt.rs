use refrain::*;
use std::time::Instant;
fn main() {
    let size: usize = std::env::args().nth(2).map_or(4096, |s| s.parse().unwrap());
    let path = std::env::args().nth(1).unwrap();
    let all = std::fs::read_to_string(&path).unwrap();
    let mut docs = vec![];
    let mut at = 0;
    while at < all.len() && docs.len() * size < 600_000 {
        let mut e = (at + size).min(all.len());
        while !all.is_char_boundary(e) {
            e += 1;
        }
        docs.push(&all[at..e]);
        at = e;
    }
    let bytes: usize = docs.iter().map(|d| d.len()).sum();
    let sk = Sketcher::default();
    let mut best = [f64::MAX; 3];
    for _ in 0..600 {
        let t = Instant::now();
        let mut x = 0;
        for d in &docs {
            x ^= sk.sketch(d).slots()[5];
        }
        std::hint::black_box(x);
        best[0] = best[0].min(t.elapsed().as_secs_f64());
        let t = Instant::now();
        let mut x = 0;
        for d in &docs {
            Shingle::Adaptive.visit(d, |s| x ^= s);
        }
        std::hint::black_box(x);
        best[1] = best[1].min(t.elapsed().as_secs_f64());
    }
    let mut n = 0u64;
    for d in &docs {
        n += sk.sketch(d).len();
    }
    println!(
        "{path} size {size}: {} docs, sketch {:.0} MB/s, {:.0} docs/s; shingles only {:.0} MB/s; {:.2} B/shingle",
        docs.len(),
        bytes as f64 / best[0] / 1e6,
        docs.len() as f64 / best[0],
        bytes as f64 / best[1] / 1e6,
        bytes as f64 / n as f64
    );
}
