//! Peak resident memory of a piece of work in a process of its own, or of another command: what an allocator inside the process does not
//! see (a C library, a Python peer) counts too, and nothing that ran before does.
//!
//! Linux only; elsewhere nothing is told.

use std::process::Command;
use std::time::{Duration, Instant};

/// Word with which a binary is started again to measure one piece of work.
pub const CHILD: &str = "--measure-peak";

const ITSELF: &str = "self";

/// Runs this binary again with [`CHILD`] and these arguments; returns the bytes that it told by [`tell_peak`].
///
/// # Panics
/// If the child fails: what it was to measure does not work.
pub fn of_child(arguments: &[&str]) -> Option<u64> {
    let this = std::env::current_exe().expect("a running program has a file");
    let output =
        Command::new(this).arg(CHILD).args(arguments).output().expect("the program can be started again");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// In the child: does the work and prints by how many bytes the process was at its peak larger than before. What stood in memory
/// before, such as the input, is not counted.
pub fn tell_peak<T>(work: impl FnOnce() -> T) {
    let before = clear_peak().and_then(|()| status(ITSELF, "VmRSS:"));
    std::hint::black_box(work());
    if let (Some(before), Some(peak)) = (before, status(ITSELF, "VmHWM:")) {
        println!("{}", peak.saturating_sub(before));
    }
}

/// Makes the peak of this process what it holds now.
fn clear_peak() -> Option<()> {
    const PEAK: &str = "5";
    std::fs::write("/proc/self/clear_refs", PEAK).ok()
}

/// A line of a process's status, in bytes.
fn status(process: &str, line: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes = status.lines().find_map(|found| found.strip_prefix(line))?.trim().strip_suffix(" kB")?;
    Some(kilobytes.parse::<u64>().ok()? * 1024)
}

/// A command that ended well: how long it took, and the most memory that it and its children held.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    pub seconds: f64,
    /// In bytes, looked at now and then; 0 where the system does not tell.
    pub peak: u64,
}

/// Runs a command to its end.
///
/// # Errors
/// What it said, if it cannot run or fails.
pub fn run(command: &mut Command) -> Result<Ran, String> {
    /// Short beside any run that is worth measuring.
    const EVERY: Duration = Duration::from_millis(20);
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let mut peak = 0;
    loop {
        let ended = child.try_wait().map_err(|error| format!("{command:?}: {error}"))?;
        let seconds = start.elapsed().as_secs_f64();
        match ended {
            Some(status) if status.success() => return Ok(Ran { seconds, peak }),
            Some(status) => return Err(format!("{command:?}: {status}")),
            None => peak = peak.max(resident(child.id())),
        }
        std::thread::sleep(EVERY);
    }
}

/// Resident memory of a process and all its children; 0 where it is gone.
fn resident(process: u32) -> u64 {
    let children =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let children: u64 = children.split_whitespace().filter_map(|id| id.parse().ok()).map(resident).sum();
    children + status(&process.to_string(), "VmRSS:").unwrap_or(0)
}
