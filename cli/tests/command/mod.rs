//! Runs the built command and reads its output. Also the texts and folders that the tests of the library use.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

#[path = "../../../tests/folder/mod.rs"]
pub mod folder;
#[path = "../../../tests/texts/mod.rs"]
pub mod texts;

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// The command with piped outputs and empty input.
pub fn piped<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refrain"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn refrain<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    piped(arguments).output().unwrap()
}

pub fn refrain_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = piped(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // The command may refuse its arguments before it reads the input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

/// The text on standard error.
pub fn errors(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The text on standard output.
pub fn printed(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The records on standard output.
pub fn records(output: &Output) -> Vec<Value> {
    let text = printed(output);
    assert!(text.is_empty() || text.ends_with('\n'), "a record was cut: {text:?}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The only record of a run without any message.
pub fn only_record(output: &Output) -> Value {
    assert_eq!((code(output), errors(output)), (0, ""));
    let mut records = records(output);
    assert_eq!(records.len(), 1);
    records.remove(0)
}

/// Two sentences that share nothing. Each is longer than the default shortest passage.
pub const SENTENCE: &str = "The harbour master counted nineteen wooden boats before the fog closed over the northern pier, and wrote each name down.";
pub const OTHER: &str = "Nobody in the village remembered who had painted the blue door of the old bakery.";

/// The peak memory of a command in bytes, and its output.
#[cfg(target_os = "linux")]
pub fn peak_memory(command: &mut Command) -> (u64, Output) {
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        peak = peak.max(kibibytes.unwrap_or(0) << 10);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    (peak, child.wait_with_output().unwrap())
}
