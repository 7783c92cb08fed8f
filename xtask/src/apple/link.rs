//! A library, linked as an app's linker would (of a universal file, the processor's part): nothing may be
//! missing that the system does not have.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::header;
use super::macho;
use super::target::{MINIMUM_OS, Target};
use super::tools::{self, ON_MAC};
use crate::shell::Result;

/// What the linker made.
pub struct Linked {
    /// What it takes from the system.
    pub imports: BTreeSet<String>,
    /// In bytes, without debug information and names of what is inside.
    pub size: u64,
}

/// What is not of the program's code.
const WITHOUT: &[&str] = &["-S", "-x"];

/// Links all of a library's objects.
pub fn everything(library: &Path, target: &Target, work: &Path) -> Result<Linked> {
    linked(library, target, &work.join("all.dylib"), WITHOUT)
}

/// Links what these functions need and no more: what an app gets at the most.
pub fn functions(library: &Path, target: &Target, names: &BTreeSet<String>, work: &Path) -> Result<Linked> {
    let list = work.join("functions");
    let lines: String = names.iter().map(|name| format!("_{name}\n")).collect();
    fs::create_dir_all(work).and_then(|()| fs::write(&list, lines)).map_err(|error| error.to_string())?;
    let list = list.to_string_lossy();
    let needed = ["-dead_strip", "-exported_symbols_list", &list];
    linked(library, target, &work.join("app.dylib"), &[WITHOUT, &needed].concat())
}

/// Links what a function needs, with the map to the debug information; where that is.
pub fn with_lines(library: &Path, target: &Target, function: &str, work: &Path) -> Result<PathBuf> {
    let output = work.join("lines.dylib");
    let symbol = format!("_{function}");
    link(library, target, &output, &["-dead_strip", "-exported_symbol", &symbol])?;
    Ok(output)
}

fn linked(library: &Path, target: &Target, output: &Path, options: &[&str]) -> Result<Linked> {
    link(library, target, output, options)?;
    let linked = macho::linked(output)?;
    let size = fs::metadata(output).map_err(|error| format!("{}: {error}", output.display()))?.len();
    Ok(Linked { imports: linked.undefined.into_iter().collect(), size })
}

fn link(library: &Path, target: &Target, output: &Path, options: &[&str]) -> Result {
    let explain = |error| format!("{}: {error}", output.display());
    fs::create_dir_all(output.parent().unwrap_or(output)).map_err(explain)?;
    let mut command = if ON_MAC { for_xcode(target, options)? } else { for_lld(target, options)? };
    command.arg(library).arg("-o").arg(output);
    tools::run(command)
}

/// With no library of the system at hand: what is not there stays open, and is in the result's list.
fn for_lld(target: &Target, options: &[&str]) -> Result<Command> {
    let mut lld = Command::new(tools::find("ld64.lld")?);
    lld.args(["-dylib", "-arch", target.arch, "-platform_version", target.platform.linker_name()]);
    lld.args([MINIMUM_OS, MINIMUM_OS, "-undefined", "dynamic_lookup", "-all_load"]).args(options);
    Ok(lld)
}

/// With Xcode's own lists: what is not there is the linker's error.
fn for_xcode(target: &Target, options: &[&str]) -> Result<Command> {
    let sdk = target.platform.sdk();
    let mut clang = Command::new("xcrun");
    clang.args(["--sdk", sdk, "clang", "-dynamiclib", "-target"]).arg(target.clang());
    let linker = ["-all_load"].iter().chain(options);
    clang.args(linker.flat_map(|option| ["-Xlinker", option]));
    for link in header::LINKS {
        match link.strip_prefix("framework ") {
            Some(framework) => clang.args(["-framework", framework]),
            None => clang.arg(format!("-l{link}")),
        };
    }
    Ok(clang)
}
