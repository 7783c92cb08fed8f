//! The package for iPhones and iPads: static libraries in an XCFramework, which the Swift package uses.
//!
//! On a Mac, Xcode's tools compile, assemble and link. Elsewhere the same is made with what is free: good
//! enough to verify everything that can go wrong in packing, but what ships should come from a Mac, for the
//! C headers here are not Apple's latest.

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

use crate::shell::{self, Result, target_dir};
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

/// `TARGET=PATH`.
fn library(text: &str) -> Result<Built> {
    let known = || TARGETS.each_ref().map(|target| target.triple).join(", ");
    let (triple, path) = text.split_once('=').ok_or("write TARGET=PATH")?;
    let target = Target::named(triple).ok_or_else(|| format!("`{triple}` is none of {}", known()))?;
    Ok(Built { target, path: path.into() })
}
