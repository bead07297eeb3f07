//! Passages.
pub(crate) mod align;
pub(crate) mod chain;
pub(crate) mod seed;
pub(crate) mod block;

#[doc(hidden)]
pub fn probe(text: &[u8], cap: usize) {
    use std::time::Instant;
    let t = Instant::now();
    let stream = crate::stream::Stream::of(text).unwrap();
    eprintln!("stream {} -> {} {:?}", text.len(), stream.len(), t.elapsed());
    let t = Instant::now();
    let seeds = seed::sorted(stream.folded());
    eprintln!("seeds {} {:?}", seeds.len(), t.elapsed());
    let t = Instant::now();
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut sizes = [0usize; 24];
    for group in seeds.chunk_by(|a, b| a.hash() == b.hash()) {
        if group.len() > 1 {
            sizes[group.len().ilog2() as usize] += group.len();
            for i in 1..group.len() {
                for b in 1..=i.min(cap) {
                    pairs.push((group[i].at(), group[i - b].at()));
                }
            }
        }
    }
    eprintln!("pairs {} {:?} {:?}", pairs.len(), t.elapsed(), sizes);
    let t = Instant::now();
    seed::radix_sort(&mut pairs, |p| p.0 as u64, 32);
    eprintln!("sorted {:?}", t.elapsed());
    let t = Instant::now();
    let mut blocks = block::Blocks::new(stream.folded(), stream.folded());
    for &(p, q) in &pairs {
        blocks.pair(q, p);
    }
    let blocks = blocks.finish();
    eprintln!("blocks {} {:?}", blocks.len(), t.elapsed());
    let mut h = [0usize; 32];
    for b in &blocks { h[b.length.max(1).ilog2() as usize] += 1; }
    eprintln!("{h:?}");
}
