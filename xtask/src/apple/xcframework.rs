//! The XCFramework: static libraries by platform, each with its headers, and an Info.plist that lists them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plist::{Dictionary, Value};

use super::target::{Built, LIBRARY, Slice, slices};
use super::tools::{self, ON_MAC};
use super::{header, privacy};
use crate::shell::{self, Result};

/// Its name, which the Swift package knows.
pub const NAME: &str = "CDuet.xcframework";

/// Makes it anew in a folder; where it is.
pub fn assemble(libraries: &[Built], out: &Path) -> Result<PathBuf> {
    let path = out.join(NAME);
    if path.exists() {
        fs::remove_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let targets: Vec<_> = libraries.iter().map(|library| library.target).collect();
    let slices = slices(&targets);
    if ON_MAC {
        by_xcode(&slices, libraries, out, &path)?;
    } else {
        by_hand(&slices, libraries, &path)?;
    }
    copy(&privacy::source(), &path.join(privacy::FILE))?;
    Ok(path)
}

fn by_hand(slices: &[Slice], libraries: &[Built], path: &Path) -> Result {
    for slice in slices {
        write_slice(slice, libraries, &path.join(slice.identifier()))?;
    }
    write_info(slices, path)
}

/// Xcode's own program for it copies from folders like those made by hand.
fn by_xcode(slices: &[Slice], libraries: &[Built], out: &Path, path: &Path) -> Result {
    let mut create = Command::new("xcodebuild");
    create.arg("-create-xcframework");
    for slice in slices {
        let folder = out.join("slices").join(slice.identifier());
        write_slice(slice, libraries, &folder)?;
        create.arg("-library").arg(folder.join(LIBRARY)).arg("-headers").arg(folder.join("Headers"));
    }
    create.arg("-output").arg(path);
    shell::run(create)
}

/// A slice's folder: one file for all its processors, and the headers.
fn write_slice(slice: &Slice, libraries: &[Built], folder: &Path) -> Result {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    header::write(&folder.join("Headers"))?;
    let of = |target| libraries.iter().find(|library| library.target == target).map(|library| &library.path);
    let parts: Vec<&PathBuf> = slice.targets.iter().filter_map(|target| of(*target)).collect();
    match parts[..] {
        [one] => copy(one, &folder.join(LIBRARY)),
        _ => {
            let mut lipo = Command::new(tools::find("llvm-lipo")?);
            lipo.arg("-create").args(parts).arg("-output").arg(folder.join(LIBRARY));
            tools::run(lipo)
        }
    }
}

/// The list of slices, with the keys that xcodebuild writes.
pub fn write_info(slices: &[Slice], path: &Path) -> Result {
    let mut info = Dictionary::new();
    info.insert("AvailableLibraries".into(), Value::Array(slices.iter().map(entry).collect()));
    info.insert("CFBundlePackageType".into(), "XFWK".into());
    info.insert("XCFrameworkFormatVersion".into(), "1.0".into());
    let file = path.join("Info.plist");
    plist::to_file_xml(&file, &info).map_err(|error| format!("{}: {error}", file.display()))
}

fn entry(slice: &Slice) -> Value {
    let mut entry = Dictionary::new();
    entry.insert("BinaryPath".into(), LIBRARY.into());
    entry.insert("HeadersPath".into(), "Headers".into());
    entry.insert("LibraryIdentifier".into(), slice.identifier().into());
    entry.insert("LibraryPath".into(), LIBRARY.into());
    entry.insert("SupportedArchitectures".into(), Value::Array(slice.arches().map(Value::from).collect()));
    entry.insert("SupportedPlatform".into(), "ios".into());
    if let Some(variant) = slice.platform.variant() {
        entry.insert("SupportedPlatformVariant".into(), variant.into());
    }
    Value::Dictionary(entry)
}

fn copy(from: &Path, to: &Path) -> Result {
    fs::copy(from, to).map(drop).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}
