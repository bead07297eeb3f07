# The commands of CONTRIBUTING.md. `just` lists them.

default:
    @just --list

# Build the command: target/release/refrain
build:
    cargo build --release -p refrain-cli

# All tests, or one file of them: just test --test diff_laws
test *arguments:
    cargo test --all-features {{arguments}}

# Format, lints, documentation
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc -p refrain --no-deps --all-features

# The documentation with the guide, in a browser
docs:
    cargo doc --no-deps --all-features --open

# One bench: just bench passages within
bench name *filter:
    cargo bench -p refrain --all-features --bench {{name}} -- {{filter}}

# The same work with other tools, for comparison: just peers diff
peers name *arguments:
    RUSTFLAGS=-Ctarget-cpu=native cargo run --release --manifest-path benches/peers/Cargo.toml --bin {{name}} -- {{arguments}}

# Acceptance cases and accuracy; needs ../shared
accuracy: build
    target/release/refrain passages --pairs ../shared/data/pan13/pairs.jsonl > target/pan13.jsonl
    python3 ../shared/eval/plagdet.py ../shared/data/pan13/pairs.jsonl target/pan13.jsonl
    python3 ../shared/eval/cases.py target/release/refrain ../shared/cases/*

# Generate the tables of the scan from the Unicode Character Database
tables:
    cd tools/unicode-tables && cargo run --release

# Check that the commands of the README print what it says
readme: build
    cargo build --release -p refrain --all-features --examples
    python3 .ci/readme.py target/release/refrain README.md

# Check the order of modules, circles of files, lengths and words
layers:
    cargo test --test layers

# All checks that must pass before a change lands
ci:
    .ci/run

# Run each fuzz target for some seconds
fuzz seconds="20":
    .ci/fuzz {{seconds}}

# Check licences, sources and known faults of the dependencies
deny:
    cargo deny check
