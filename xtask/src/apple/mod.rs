//! The package for iPhones and iPads: static libraries in an XCFramework, which the Swift package uses.
//!
//! On a Mac, Xcode's tools compile, assemble and link. Elsewhere the same is made with what is free: good
//! enough to verify everything that can go wrong in packing, but what ships should come from a Mac, for the
//! C headers here are not Apple's latest.

mod build;
mod check;
mod header;
mod link;
mod macho;
mod package;
mod privacy;
mod system;
mod target;
#[cfg(test)]
mod tests;
mod tools;
mod xcframework;

use std::fs;
use std::path::{Path, PathBuf};

use crate::mobile;
use crate::shell::{self, Result, cargo, target_dir};
use system::Symbols;
use target::{Built, TARGETS, Target};

#[derive(clap::Args)]
pub struct Args {
    /// Verify instead: the device's library alone, if not `--full`; and what comes with the package.
    #[arg(long)]
    check: bool,
    /// With `--check`: the simulators' libraries, too.
    #[arg(long, requires = "check")]
    full: bool,
    /// Where the XCFramework and its archive go; without it, where the Swift package looks for it.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A static library that was built elsewhere, in the place of one that would be built. May be repeated.
    #[arg(long, value_name = "TARGET=PATH", value_parser = library)]
    lib: Vec<Built>,
    /// Also write the Swift package of a release, which downloads the archive from there.
    #[arg(long, value_name = "URL", conflicts_with = "check")]
    release_url: Option<String>,
}

pub fn run(args: &Args) -> Result {
    let targets: Vec<&Target> = TARGETS.iter().take(if args.check && !args.full { 1 } else { 3 }).collect();
    let out = match &args.out {
        Some(out) => out.clone(),
        None if args.check => target_dir().join("apple"),
        None => shell::root().join("bindings/swift"),
    };
    fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let (xcframework, archive) = pack(&targets, &args.lib, &out)?;
    if args.check {
        verify(&xcframework, &archive, &targets)?;
        return own_tests();
    }
    println!("{}\n{} {}", xcframework.display(), archive.display(), package::checksum(&archive)?);
    if let Some(url) = &args.release_url {
        println!("{}", package::release(url, &archive, &out)?.display());
    }
    Ok(())
}

/// Builds what was not given, and puts it together.
fn pack(targets: &[&'static Target], given: &[Built], out: &Path) -> Result<(PathBuf, PathBuf)> {
    let is_given = |target: &Target| given.iter().any(|library| library.target == target);
    let missing: Vec<_> = targets.iter().copied().filter(|target| !is_given(target)).collect();
    let built = build::build(&missing)?;
    let wanted = |library: &&Built| targets.contains(&library.target);
    let libraries: Vec<Built> = given.iter().filter(wanted).cloned().chain(built).collect();
    let xcframework = xcframework::assemble(&libraries, out)?;
    let archive = package::archive(&xcframework)?;
    Ok((xcframework, archive))
}

/// All that can be known of an XCFramework on this machine.
fn verify(xcframework: &Path, archive: &Path, targets: &[&'static Target]) -> Result {
    let work = target_dir().join("apple");
    let mut found = check::look(xcframework, targets, &check::private_folders());
    found.extend(check::compile(xcframework, targets, &work)?);
    found.extend(check::link(xcframework, targets, system()?.as_ref(), &work)?);
    found.extend(package::findings(archive, &work)?);
    check::verdict(&found)
}

/// libSystem's list; Xcode's linker has its own.
fn system() -> Result<Option<Symbols>> {
    if tools::ON_MAC {
        return Ok(None);
    }
    let stub = mobile::prepare()?.ios_sdk().join("usr/lib/libSystem.tbd");
    let text = fs::read_to_string(&stub).map_err(|error| format!("{}: {error}", stub.display()))?;
    let symbols = Symbols::parse(&text);
    if symbols.is_empty() {
        Err(format!("{}: no list of symbols", stub.display()))
    } else {
        Ok(Some(symbols))
    }
}

/// That each check finds what it is for: those that need the compiler and the linker, too.
fn own_tests() -> Result {
    shell::run(cargo(&["test", "--quiet", "--package", "xtask", "apple::", "--", "--include-ignored"]))
}

/// `TARGET=PATH`.
fn library(text: &str) -> Result<Built> {
    let known = || TARGETS.each_ref().map(|target| target.triple).join(", ");
    let (triple, path) = text.split_once('=').ok_or("write TARGET=PATH")?;
    let target = Target::named(triple).ok_or_else(|| format!("`{triple}` is none of {}", known()))?;
    Ok(Built { target, path: path.into() })
}
