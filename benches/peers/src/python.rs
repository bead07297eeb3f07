//! Python peers: a script that runs the named entrants and answers with seconds.
//!
//! They run where Python has their packages (`python/requirements.txt`). Elsewhere the tables leave them out
//! and say so.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running script that waits for names of entrants.
pub struct Server {
    child: Child,
    asked: RefCell<Option<ChildStdin>>,
    answers: RefCell<Lines<BufReader<ChildStdout>>>,
    /// The entrants it can run.
    pub entrants: Vec<String>,
}

impl Server {
    /// Starts a script of the folder `python`; `None`, with a message on standard error, if it cannot run.
    pub fn start(python: &str, script: &str, argument: &Path) -> Option<Server> {
        let child = Command::new(python)
            .arg(file(script))
            .arg(argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => {
                eprintln!("without the Python peers: {python}: {error}");
                return None;
            }
        };
        let mut answers = BufReader::new(child.stdout.take().expect("piped")).lines();
        let Some(Ok(names)) = answers.next() else {
            eprintln!(
                "without the Python peers: {python} lacks packages of benches/peers/python/requirements.txt"
            );
            child.wait().expect("a child can be waited for");
            return None;
        };
        let entrants = serde_json::from_str(&names).expect("a list of names");
        let asked = RefCell::new(child.stdin.take());
        Some(Server { child, asked, answers: RefCell::new(answers), entrants })
    }

    /// Runs one of the entrants; returns its seconds.
    pub fn run(&self, entrant: &str) -> f64 {
        let mut asked = self.asked.borrow_mut();
        writeln!(asked.as_mut().expect("open until dropped"), "{entrant}").expect("the script reads");
        let answer = self.answers.borrow_mut().next().expect("the script answers").expect("a line");
        answer.parse().expect("seconds")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The script ends when its input ends.
        self.asked.take();
        let _ = self.child.wait();
    }
}

/// A script of this package.
pub fn file(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script)
}
