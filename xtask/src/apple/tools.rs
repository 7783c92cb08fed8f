//! The programs that work on Apple's files: Xcode's on a Mac, LLVM's elsewhere.

use std::path::PathBuf;
use std::process::Command;

use crate::shell::{self, Result, has_program};

/// The release of LLVM that Debian 12 and 13 both have, and the first that knows all we need.
const LLVM: &str = "19";

/// Whether Xcode's programs are to be had.
pub const ON_MAC: bool = cfg!(target_os = "macos");

/// Where a program is, by LLVM's name of it.
pub fn find(name: &str) -> Result<PathBuf> {
    if ON_MAC {
        let apples = name.strip_prefix("llvm-").unwrap_or(name);
        return shell::output("xcrun", &["--find", apples]).map(PathBuf::from);
    }
    let versioned = format!("{name}-{LLVM}");
    if has_program(&versioned) {
        return Ok(versioned.into());
    }
    Err(format!("{versioned} is missing: `cargo xtask apple --check` installs it, or install LLVM {LLVM}"))
}

/// Runs a program quietly; what it said, if it failed.
pub fn run(mut command: Command) -> Result {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
