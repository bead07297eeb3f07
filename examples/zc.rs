use refrain::*;
use std::time::Instant;
fn best(n: usize, mut f: impl FnMut()) -> f64 {
    let mut b = f64::MAX;
    for _ in 0..2000 {
        let t = Instant::now();
        for _ in 0..n {
            f();
        }
        b = b.min(t.elapsed().as_secs_f64());
    }
    b * 1e9 / n as f64
}
fn main() {
    let sk = Sketcher::default();
    let a = sk.sketch_shingles(0..1000);
    let b = sk.sketch_shingles(300..1300);
    let mut y = 1u64;
    println!(
        "imul+or chain (4 cycles) {:.2}",
        best(1000, || {
            y = std::hint::black_box(y).wrapping_mul(y | 1);
        })
    );
    let mut x = 0.0;
    println!(
        "full {:.2} ns",
        best(1000, || x += std::hint::black_box(&a).jaccard(std::hint::black_box(&b)).value)
    );
    println!(
        "full value+err {:.2} ns",
        best(1000, || {
            std::hint::black_box(std::hint::black_box(&a).jaccard(std::hint::black_box(&b)));
        })
    );
    println!(
        "contain {:.2} ns",
        best(1000, || x += std::hint::black_box(&a).containment(std::hint::black_box(&b)).value)
    );
    for bits in [SlotBits::One, SlotBits::Two, SlotBits::Four, SlotBits::Eight] {
        let (a, b) = (a.compact(bits), b.compact(bits));
        println!(
            "{bits:?} {:.2} ns",
            best(1000, || {
                std::hint::black_box(std::hint::black_box(&a).jaccard(std::hint::black_box(&b)));
            })
        );
    }
    let mut r = {
        let mut s = 7u64;
        move || {
            s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let y = s ^ (s >> 32);
            y.wrapping_mul(0x94d049bb133111eb)
        }
    };
    for k in [128usize, 252] {
        let sk = Sketcher::builder().slots(k).build().unwrap();
        for n in [5usize, 20, 50, 100, 200, 500, 650, 1000, 5000] {
            let d: Vec<Vec<u64>> = (0..10).map(|_| (0..n).map(|_| r()).collect()).collect();
            let mut i = 0;
            let t = best(10, || {
                i = (i + 1) % 10;
                std::hint::black_box(sk.sketch_slice(&d[i]));
            });
            println!("k={k} n={n} {:.2} us/doc {:.2} ns/shingle", t / 1e3, t / n as f64);
        }
    }
}
