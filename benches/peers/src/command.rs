//! The command `refrain`, and a folder for the files that it and other commands read and write.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A temporary folder, deleted when dropped.
pub struct Work(PathBuf);

impl Work {
    /// A new folder for a table.
    ///
    /// # Panics
    /// If it cannot be created.
    pub fn new(table: &str) -> Work {
        let folder = std::env::temp_dir().join(format!("refrain-peers-{table}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        Work(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A path in the folder where no file or folder exists.
    pub fn fresh(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        let _ = fs::remove_dir_all(&folder);
        folder
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Builds the command as users do: in release mode, for any machine of this architecture.
pub fn built() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let target = root.join("target");
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "--features", "cli", "--target-dir"]).arg(&target).current_dir(root);
    let status = command.env_remove("RUSTFLAGS").status().ok()?;
    status.success().then(|| target.join("release/refrain"))
}
