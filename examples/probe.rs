use refrain::*;
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    match a[1].as_str() {
        "text" => {
            let t = std::fs::read(&a[2]).unwrap();
            let f = PassageFinder::new();
            let now = Instant::now();
            let p = f.prepare_bytes(&t).unwrap();
            eprintln!("prepare {:?}", now.elapsed());
            let now = Instant::now();
            let r = f.within(&p);
            eprintln!(
                "within {:?} items {} suppressed {} capped {}",
                now.elapsed(),
                r.items.len(),
                r.suppressed.len(),
                r.capped.pairs
            );
            for x in r.items.iter().take(5) {
                println!(
                    "{} {:?} {} {:?}",
                    x.occurrences.len(),
                    &x.occurrences[..x.occurrences.len().min(4)],
                    x.identity,
                    x.period
                );
            }
            if a.len() > 3 {
                print!("{}", String::from_utf8_lossy(&f.cleaned(&p)));
            }
        }
        "doubled" => {
            for l in std::fs::read_to_string(&a[2]).unwrap().lines() {
                let d: serde_json::Value = serde_json::from_str(l).unwrap();
                let r = repeats(d["text"].as_str().unwrap());
                let reps: Vec<Vec<[usize; 2]>> =
                    r.iter().map(|r| r.occurrences.iter().map(|s| [s.start, s.end]).collect()).collect();
                println!("{}", serde_json::json!({"id": d["id"], "repeats": reps}));
            }
        }
        "pan" => {
            let dir = &a[2];
            let mut spent = std::time::Duration::ZERO;
            for l in std::fs::read_to_string(format!("{dir}/pairs.jsonl")).unwrap().lines() {
                let d: serde_json::Value = serde_json::from_str(l).unwrap();
                let left = std::fs::read(format!("{dir}/{}", d["left"].as_str().unwrap())).unwrap();
                let right = std::fs::read(format!("{dir}/{}", d["right"].as_str().unwrap())).unwrap();
                let now = Instant::now();
                let f = PassageFinder::new();
                let (p, q) = (f.prepare_bytes(&left).unwrap(), f.prepare_bytes(&right).unwrap());
                let r = f.between(&p, &q);
                spent += now.elapsed();
                let reps: Vec<_> = r.items.iter().map(|r| serde_json::json!({"left":[r.left.start,r.left.end],"right":[r.right.start,r.right.end]})).collect();
                println!("{}", serde_json::json!({"id": d["id"], "passages": reps}));
            }
            eprintln!("{spent:?}");
        }
        _ => {}
    }
}
