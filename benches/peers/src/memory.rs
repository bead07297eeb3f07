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

/// A command that ended well, with its children; looked at every few milliseconds, so the last of them are not in it.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    /// On the wall.
    pub seconds: f64,
    /// Of processor time, on all threads: what else runs on the machine takes no part of it. 0 where the system does not tell.
    pub processor_seconds: f64,
    /// The most memory, in bytes; 0 where the system does not tell.
    pub peak: u64,
}

/// Runs a command to its end.
///
/// # Errors
/// What it said, if it cannot run or fails.
pub fn run(command: &mut Command) -> Result<Ran, String> {
    /// Short beside any run that is worth measuring.
    const EVERY: Duration = Duration::from_millis(10);
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let mut ran = Ran { seconds: 0.0, processor_seconds: 0.0, peak: 0 };
    loop {
        let ended = child.try_wait().map_err(|error| format!("{command:?}: {error}"))?;
        ran.seconds = start.elapsed().as_secs_f64();
        match ended {
            Some(status) if status.success() => return Ok(ran),
            Some(status) => return Err(format!("{command:?}: {status}")),
            None => {
                let tree = tree(child.id());
                ran.processor_seconds = ran.processor_seconds.max(tree.processor_seconds);
                ran.peak = ran.peak.max(tree.resident);
            }
        }
        std::thread::sleep(EVERY);
    }
}

/// What a process and its children use.
#[derive(Default)]
struct Tree {
    /// Of those that ended, too.
    processor_seconds: f64,
    resident: u64,
}

/// All zero where the process is gone.
fn tree(process: u32) -> Tree {
    let children =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let mut all = Tree {
        processor_seconds: processor_seconds(process).unwrap_or(0.0),
        resident: status(&process.to_string(), "VmRSS:").unwrap_or(0),
    };
    for child in children.split_whitespace().filter_map(|id| id.parse().ok()).map(tree) {
        all.processor_seconds += child.processor_seconds;
        all.resident += child.resident;
    }
    all
}

/// Of a process and those of its children that it waited for.
fn processor_seconds(process: u32) -> Option<f64> {
    /// What Linux counts in, on every machine.
    const TICKS_A_SECOND: f64 = 100.0;
    /// Places of the four counts (own and waited-for, outside and inside the system) behind the command's name.
    const COUNTS: std::ops::Range<usize> = 11..15;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in brackets and may hold anything.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let ticks: f64 = fields.get(COUNTS)?.iter().filter_map(|count| count.parse::<f64>().ok()).sum();
    Some(ticks / TICKS_A_SECOND)
}
