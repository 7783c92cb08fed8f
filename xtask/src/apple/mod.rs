//! The package for iPhones and iPads: static libraries in an XCFramework, which the Swift package uses.
//!
//! On a Mac, Xcode's tools compile, assemble and link. Elsewhere the same is made with what is free: good
//! enough to verify everything that can go wrong in packing, but what ships should come from a Mac, for the
//! C headers here are not Apple's latest.

mod apps;
mod build;
mod check;
mod crash;
mod description;
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
use crate::swift;
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
    #[command(flatten)]
    libraries: Libraries,
    /// Also write the Swift package of a release, which downloads the archive from there.
    #[arg(long, value_name = "URL", conflicts_with = "check")]
    release_url: Option<String>,
}

/// Where the static libraries come from.
#[derive(clap::Args, Default)]
struct Libraries {
    /// A static library that was built elsewhere, in the place of one that would be built. May be repeated.
    #[arg(long, value_name = "TARGET=PATH", value_parser = library)]
    lib: Vec<Built>,
    /// Leave out the H.264 that is compiled from source: the platform's codec is the only one then.
    #[arg(long)]
    no_software_codecs: bool,
    /// Leave out debug information: smaller, but crash reports of an app have no lines of Duet.
    #[arg(long)]
    strip: bool,
}

pub fn run(args: &Args) -> Result {
    let out = match &args.out {
        Some(out) => out.clone(),
        None if args.check => work(),
        None => shell::root().join("bindings/swift"),
    };
    if args.check {
        return check_with(args.full, &args.libraries, &out);
    }
    let all: Vec<&Target> = TARGETS.iter().collect();
    let (xcframework, archive) = pack(&all, &args.libraries, &out)?;
    println!("{}\n{} {}", xcframework.display(), archive.display(), package::checksum(&archive)?);
    if let Some(url) = &args.release_url {
        println!("{}", package::release(url, &archive, &out)?.display());
    }
    Ok(())
}

/// Builds the package and verifies it: the device's library alone, or all of them.
pub fn check(full: bool) -> Result {
    check_with(full, &Libraries::default(), &work())
}

fn check_with(full: bool, from: &Libraries, out: &Path) -> Result {
    // A Mac has Xcode's.
    if !tools::ON_MAC {
        swift::prepare()?;
    }
    let targets: Vec<&Target> = TARGETS.iter().take(if full { TARGETS.len() } else { 1 }).collect();
    let (xcframework, archive) = pack(&targets, from, out)?;
    verify(&xcframework, &archive, &targets, !from.strip)?;
    if !tools::ON_MAC {
        // As it is without the codecs that are compiled from source.
        let triples: Vec<&str> = targets.iter().map(|target| target.triple).collect();
        mobile::check(&triples)?;
    }
    own_tests()?;
    apps::check()
}

/// Where everything is made that is not asked for.
fn work() -> PathBuf {
    target_dir().join("apple")
}

/// Builds what was not given, and puts it together.
fn pack(targets: &[&'static Target], from: &Libraries, out: &Path) -> Result<(PathBuf, PathBuf)> {
    let is_given = |target: &Target| from.lib.iter().any(|library| library.target == target);
    let missing: Vec<_> = targets.iter().copied().filter(|target| !is_given(target)).collect();
    let built = build::build(&missing, !from.no_software_codecs)?;
    let wanted = |library: &&Built| targets.contains(&library.target);
    let mut libraries: Vec<Built> = from.lib.iter().filter(wanted).cloned().chain(built).collect();
    if from.strip {
        libraries = libraries.iter().map(|library| build::strip(library, &work())).collect::<Result<_>>()?;
    }
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let xcframework = xcframework::assemble(&libraries, out)?;
    let archive = package::archive(&xcframework)?;
    Ok((xcframework, archive))
}

/// All that can be known of an XCFramework on this machine.
fn verify(xcframework: &Path, archive: &Path, targets: &[&'static Target], with_lines: bool) -> Result {
    let work = work();
    let mut found = check::look(xcframework, targets, &check::private_folders());
    found.extend(check::compile(xcframework, targets, &work)?);
    found.extend(check::link(xcframework, targets, system()?.as_ref(), &work)?);
    if with_lines {
        found.extend(check::lines(xcframework, targets, &work)?);
    }
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
