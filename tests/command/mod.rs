//! Runs the built command, and reads what it says.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output, Stdio};

pub fn refrain<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_refrain")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

pub fn refrain_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_refrain"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

pub fn errors(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

pub fn told(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The records on standard output.
pub fn records(output: &Output) -> Vec<Value> {
    let text = told(output);
    assert!(text.is_empty() || text.ends_with('\n'), "a record was cut: {text:?}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The one record of a run without a complaint.
pub fn only_record(output: &Output) -> Value {
    assert_eq!((code(output), errors(output)), (0, ""));
    let mut records = records(output);
    assert_eq!(records.len(), 1);
    records.remove(0)
}
