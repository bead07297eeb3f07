//! Alternating runs: in every round each entrant runs once; the result is the medians over the rounds. So
//! noise of the machine affects all entrants alike, and a slow minute spoils one round, not one entrant.
//!
//! The clock is the processor time of the thread: every entrant runs on one thread, and other work on the
//! machine affects only the caches. On an idle machine it equals the elapsed time.

use cpu_time::ThreadTime;
use std::hint::black_box;

/// Something to measure.
pub struct Entrant<'a> {
    pub name: String,
    run: Box<dyn FnMut() -> f64 + 'a>,
}

impl<'a> Entrant<'a> {
    /// Times the call.
    pub fn new<T>(name: &str, mut run: impl FnMut() -> T + 'a) -> Entrant<'a> {
        Entrant::clocked(name, move || {
            let start = ThreadTime::now();
            black_box(run());
            start.elapsed().as_secs_f64()
        })
    }

    /// For an entrant with its own clock: the call returns seconds.
    pub fn clocked(name: &str, run: impl FnMut() -> f64 + 'a) -> Entrant<'a> {
        Entrant { name: name.to_owned(), run: Box::new(run) }
    }
}

/// The median seconds of each entrant, in their order, over `rounds` rounds after an uncounted one.
///
/// Every round starts with another entrant, so that none always follows the same one.
pub fn medians(rounds: usize, entrants: &mut [Entrant<'_>]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(rounds); entrants.len()];
    for round in 0..=rounds {
        for place in 0..entrants.len() {
            let index = (round + place) % entrants.len();
            let seconds = (entrants[index].run)();
            if round > 0 {
                times[index].push(seconds);
            }
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { (times[middle - 1] + times[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_leave_the_first_round_out_and_keep_the_order() {
        let given = |times: &'static [f64]| {
            let mut times = times.iter();
            move || *times.next().expect("one a round")
        };
        let mut entrants = [
            Entrant::clocked("odd", given(&[100.0, 1.0, 9.0, 2.0])),
            Entrant::clocked("other", given(&[100.0, 4.0, 5.0, 6.0])),
        ];
        assert_eq!(medians(3, &mut entrants), [2.0, 5.0]);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
