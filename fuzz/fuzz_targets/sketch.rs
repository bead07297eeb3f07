//! Sketches: a sketch survives its encoding; arbitrary bytes are refused or decode to a sketch that encodes to them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refrain::{Sketch, Sketcher};

fuzz_target!(|data: &[u8]| {
    let text = refrain_fuzz::text(data);
    let sketch = Sketcher::default().sketch(&text);
    assert!(Sketch::decode(&sketch.encode()).unwrap() == sketch);
    if let Ok(decoded) = Sketch::decode(data) {
        assert_eq!(decoded.encode(), data);
    }
});
