//! Peak resident memory of a piece of work in its own process, or of another command. So memory that an
//! allocator inside the process does not see (a C library, a Python peer) counts too, and earlier work does
//! not.
//!
//! Linux only; elsewhere nothing is measured.

use std::process::Command;
use std::time::{Duration, Instant};

/// Argument that starts a binary again to measure one piece of work.
pub const CHILD: &str = "--measure-peak";

const ITSELF: &str = "self";

/// Runs this binary again with [`CHILD`] and these arguments; returns the bytes that [`tell_peak`] printed
/// there.
///
/// # Panics
/// If the child fails: the measured work does not run.
pub fn of_child(arguments: &[&str]) -> Option<u64> {
    let this = std::env::current_exe().expect("a running program has a file");
    let output =
        Command::new(this).arg(CHILD).args(arguments).output().expect("the program can be started again");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// In the child: does the work and prints by how many bytes the peak of the process grew. Memory used before,
/// such as the input, is not counted.
pub fn tell_peak<T>(work: impl FnOnce() -> T) {
    let before = clear_peak().and_then(|()| status(ITSELF, "VmRSS:"));
    std::hint::black_box(work());
    if let (Some(before), Some(peak)) = (before, status(ITSELF, "VmHWM:")) {
        println!("{}", peak.saturating_sub(before));
    }
}

/// Resets the peak of this process to the memory it uses now.
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

/// A command that succeeded, with its children. Measured every few milliseconds, so the last of them are
/// missing.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    /// Elapsed time.
    pub seconds: f64,
    /// Processor time of all threads, so other work on the machine does not count. 0 where it is unknown.
    pub processor_seconds: f64,
    /// Peak memory, in bytes; 0 where it is unknown.
    pub peak: u64,
}

/// Runs a command to its end.
///
/// # Errors
/// Its error output, if it cannot run or fails.
pub fn run(command: &mut Command) -> Result<Ran, String> {
    /// Short compared with any measured run.
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

/// Memory and time of a process and its children.
#[derive(Default)]
struct Tree {
    /// Includes processes that ended.
    processor_seconds: f64,
    resident: u64,
}

/// All zero if the process has ended.
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

/// The processor time of a process and of the children that it waited for.
fn processor_seconds(process: u32) -> Option<f64> {
    /// The unit in which Linux counts, on every machine.
    const TICKS_A_SECOND: f64 = 100.0;
    /// Fields after the command's name that hold the four counts (own and children; user and system).
    const COUNTS: std::ops::Range<usize> = 11..15;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in brackets and may contain anything.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let ticks: f64 = fields.get(COUNTS)?.iter().filter_map(|count| count.parse::<f64>().ok()).sum();
    Some(ticks / TICKS_A_SECOND)
}
