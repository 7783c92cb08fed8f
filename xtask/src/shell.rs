//! Running other programs, saying which.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What went wrong, in words for a person.
pub type Result<T = ()> = std::result::Result<T, String>;

/// The folder that holds the workspace.
pub fn root() -> PathBuf {
    // Cargo's word at run time, not at build time: checkouts that share a target folder share this
    // program too.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).parent().expect("xtask lies in the workspace").to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where tools and caches that outlive a checkout are kept.
pub fn cache_dir() -> Result<PathBuf> {
    let home = std::env::var_os("HOME").ok_or("HOME is not set; set it to your home folder")?;
    Ok(PathBuf::from(home).join(".cache/duet"))
}

/// A command in the workspace's folder.
pub fn command(program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    command
}

/// cargo, as the one that runs us.
pub fn cargo(args: &[&str]) -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

/// Runs a command to its end, showing it and how long it took.
pub fn run(mut command: Command) -> Result {
    let shown = show(&command);
    eprintln!("\u{25b6} {shown}");
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("{shown}: {error}"))?;
    let seconds = start.elapsed().as_secs_f32();
    if status.success() {
        eprintln!("\u{2713} {seconds:.1} s: {shown}");
        Ok(())
    } else {
        Err(format!("failed after {seconds:.1} s ({status}): {shown}"))
    }
}

/// What a program prints, without the last line's end.
pub fn output(program: &str, args: &[&str]) -> Result<String> {
    let output = command(program, args).output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    } else {
        Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// Runs a command quietly; whether it succeeded.
pub fn succeeds(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a program is on the path.
pub fn has_program(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
