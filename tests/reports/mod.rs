//! A callback that records what long calls report, and stops them on request.

use refrain::{Progress, Watch};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub(crate) struct Reports {
    all: Arc<Mutex<Vec<Progress>>>,
    stop_at: Option<usize>,
}

impl Reports {
    /// Asks the call to stop at this report, counted from 0.
    pub(crate) fn stopping_at(report: usize) -> Reports {
        Reports { stop_at: Some(report), ..Reports::default() }
    }

    pub(crate) fn watch(&self) -> Watch {
        let (all, stop_at) = (Arc::clone(&self.all), self.stop_at);
        Watch::new(move |progress| {
            let mut all = all.lock().unwrap();
            all.push(progress);
            if Some(all.len() - 1) == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    pub(crate) fn all(&self) -> Vec<Progress> {
        self.all.lock().unwrap().clone()
    }
}
