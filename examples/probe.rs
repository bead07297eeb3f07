fn main() {
    let a: Vec<String> = std::env::args().collect();
    let text = std::fs::read(&a[1]).unwrap();
    refrain::passage::probe(&text, a[2].parse().unwrap());
}
