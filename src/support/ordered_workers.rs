//! Several threads work on a sequence of blocks, and the results are taken in the order of the blocks.
//!
//! In: a function that fetches the next block, one that works on a block, and one that takes a result. Out:
//! the results are taken one after the other, as one thread would have made them, for any number of threads.
//!
//! **Idea.** There is no reader thread. Each worker fetches the next block under a lock, works on it, and
//! takes its result under another lock when it is that result's turn. Unpacking cannot be divided: one worker
//! does it in the fetch while the others work. Results that arrive early are queued. A worker that is too far
//! ahead waits with its result, so that memory is bounded by a few blocks for each worker.
//!
//! Workers are threads of the system, not of a rayon pool. A thread of such a pool that waits for a lock may
//! be assigned the task whose end it waits for.

use crate::error::Error;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Results of a worker that may be queued.
const AHEAD: u64 = 2;

/// Fetches blocks until `fetch` returns none, works on them on `threads` threads, and takes the results in
/// order.
///
/// # Errors
/// The error of the first block, in their order, that failed in any of the three steps. No later result is
/// taken.
pub(crate) fn in_order<B, T: Send>(
    threads: usize,
    fetch: impl FnMut() -> Result<Option<B>, Error> + Send,
    work: impl Fn(B) -> Result<T, Error> + Sync,
    take: impl FnMut(T) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let source = Mutex::new(Source { fetch, next: 0, ended: false });
    let sink = Sink {
        state: Mutex::new(Taking { take, turn: 0, early: BTreeMap::new(), outcome: Ok(()) }),
        moved: Condvar::new(),
        ahead: AHEAD * threads as u64,
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| work_on_blocks(&source, &work, &sink));
        }
        work_on_blocks(&source, &work, &sink);
    });
    let Taking { outcome, .. } = sink.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcome
}

struct Source<F> {
    fetch: F,
    next: u64,
    ended: bool,
}

struct Taking<T, K> {
    take: K,
    /// The number of the next result to take.
    turn: u64,
    early: BTreeMap<u64, Result<T, Error>>,
    /// An error stops all workers.
    outcome: Result<(), Error>,
}

struct Sink<T, K> {
    state: Mutex<Taking<T, K>>,
    moved: Condvar,
    ahead: u64,
}

/// One worker: works on blocks until there are none.
fn work_on_blocks<B, T, K: FnMut(T) -> Result<(), Error>>(
    source: &Mutex<Source<impl FnMut() -> Result<Option<B>, Error>>>,
    work: &impl Fn(B) -> Result<T, Error>,
    sink: &Sink<T, K>,
) {
    // A panic of one worker stops the others here; the scope then passes it on.
    let _guard = StopOnPanic { sink };
    loop {
        let (number, fetched) = {
            let mut source = lock(source);
            if source.ended {
                return;
            }
            let fetched = (source.fetch)();
            source.ended = !matches!(fetched, Ok(Some(_)));
            let number = source.next;
            source.next += 1;
            (number, fetched)
        };
        let result = match fetched {
            Ok(None) => return,
            Ok(Some(block)) => work(block),
            Err(error) => Err(error),
        };
        if !sink.hand_over(number, result) {
            lock(source).ended = true;
            return;
        }
    }
}

impl<T, K: FnMut(T) -> Result<(), Error>> Sink<T, K> {
    /// Takes the result if it is its turn, and the queued ones that follow it. Returns whether to continue.
    fn hand_over(&self, number: u64, result: Result<T, Error>) -> bool {
        let mut state = lock(&self.state);
        while state.outcome.is_ok() && number > state.turn + self.ahead {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.early.insert(number, result);
        loop {
            let turn = state.turn;
            if state.outcome.is_err() {
                break;
            }
            let Some(result) = state.early.remove(&turn) else { break };
            state.outcome = result.and_then(|result| (state.take)(result));
            state.turn += 1;
        }
        let goes_on = state.outcome.is_ok();
        drop(state);
        self.moved.notify_all();
        goes_on
    }
}

struct StopOnPanic<'s, T, K> {
    sink: &'s Sink<T, K>,
}

impl<T, K> Drop for StopOnPanic<'_, T, K> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.sink.state).outcome = Err(Error::cancelled());
            self.sink.moved.notify_all();
        }
    }
}

/// A lock that ignores poisoning: the panic that caused it reaches the caller anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers 0 to `count`, some slower than others, squared on `threads` threads.
    fn squares(threads: usize, count: u64, failing: Option<u64>) -> (Vec<u64>, Result<(), Error>) {
        let mut numbers = 0..count;
        let mut taken = Vec::new();
        let outcome = in_order(
            threads,
            || Ok(numbers.next()),
            |number| {
                std::thread::sleep(std::time::Duration::from_micros(number * 7919 % 300));
                if Some(number) == failing { Err(Error::corrupt("it fails")) } else { Ok(number * number) }
            },
            |square| {
                taken.push(square);
                Ok(())
            },
        );
        (taken, outcome)
    }

    #[test]
    fn results_are_taken_in_order_on_any_number_of_threads() {
        let expected: Vec<u64> = (0..300).map(|number| number * number).collect();
        for threads in [1, 2, 3, 8] {
            assert_eq!(squares(threads, 300, None).0, expected);
        }
        assert!(squares(4, 0, None).0.is_empty());
    }

    #[test]
    fn at_an_error_all_earlier_results_are_taken() {
        for threads in [1, 2, 5] {
            let (taken, outcome) = squares(threads, 300, Some(111));
            assert_eq!(taken.len(), 111);
            assert!(outcome.unwrap_err().is_corrupt());
        }
    }

    #[test]
    #[should_panic(expected = "a worker broke")]
    fn a_panic_of_a_worker_reaches_the_caller() {
        let mut numbers = 0..1000_u32;
        let work = |number| if number == 500 { panic!("a worker broke") } else { Ok(number) };
        let _ = in_order(1, || Ok(numbers.next()), work, |_| Ok(()));
    }
}
