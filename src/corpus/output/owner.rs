//! The owner of an output folder: one run at a time writes to it, and only the job that it belongs to.
//!
//! In: the output folder, and the plan of a job. Out: a lock, and the answer whether the files in the folder are those of this
//! job. The lock file holds the name of the job from its start to its end. So a job whose work folder is lost knows its own
//! files, and takes no others for its own.

use crate::corpus::store::work::{Plan, take_lock};
use crate::error::Error;
use crate::support::disk::Lock;
use std::path::Path;

/// The lock file in the output folder.
const NAME: &str = ".job";

/// See the [module](self).
pub(crate) struct Owner {
    lock: Lock,
    /// Whether a job began in this folder and did not end.
    is_claimed: bool,
}

impl Owner {
    /// Locks an output folder.
    ///
    /// # Errors
    /// `is_io`, also if another run uses the folder.
    pub(crate) fn of(output: &Path) -> Result<Owner, Error> {
        let path = output.join(NAME);
        let mut lock = take_lock(&path, output)?;
        let content = lock.content().map_err(|error| Error::cannot_read(&path, error))?;
        Ok(Owner { lock, is_claimed: !content.is_empty() })
    }

    /// Whether the folder belongs to this job.
    pub(crate) fn is(&mut self, output: &Path, plan: &Plan) -> Result<bool, Error> {
        let content = self.lock.content().map_err(|error| Error::cannot_read(&output.join(NAME), error))?;
        Ok(content == plan.name().as_bytes())
    }

    /// Makes the folder that of this job.
    pub(crate) fn claim(&mut self, output: &Path, plan: &Plan) -> Result<(), Error> {
        let claimed = self.lock.set_content(plan.name().as_bytes());
        self.is_claimed = true;
        claimed.map_err(|error| Error::cannot_write(&output.join(NAME), error))
    }

    /// Ends the job: the folder belongs to nobody.
    pub(crate) fn release(self, output: &Path) -> Result<(), Error> {
        self.lock.release().map_err(|error| Error::cannot_remove(&output.join(NAME), error))
    }

    /// Gives the folder up without a job that began in it.
    pub(crate) fn abandon(self) {
        if !self.is_claimed {
            // An empty lock file that cannot be removed is harmless.
            let _ = self.lock.release();
        }
    }
}
