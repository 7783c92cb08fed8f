//! What is published: the XCFramework as an archive, and a Swift package that downloads it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::xcframework;
use crate::shell::{self, Result};

/// The line of `Package.swift` that a release replaces.
const DEVELOPMENT: &str = "let release: (url: String, checksum: String)? = nil\n";

/// Makes an archive of the XCFramework beside it: the same bytes for the same files.
pub fn archive(xcframework: &Path) -> Result<PathBuf> {
    let path = xcframework.with_extension("xcframework.zip");
    let explain = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::create(&path).map_err(|error| explain(&error))?;
    let mut zip = ZipWriter::new(io::BufWriter::new(file));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for name in files(xcframework)? {
        let data = fs::read(xcframework.join(&name)).map_err(|error| explain(&error))?;
        zip.start_file(format!("{}/{name}", xcframework::NAME), options).map_err(|error| explain(&error))?;
        zip.write_all(&data).map_err(|error| explain(&error))?;
    }
    zip.finish().map_err(|error| explain(&error))?.flush().map_err(|error| explain(&error))?;
    Ok(path)
}

/// The files below a folder, in the alphabet's order, with `/` between the folders.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let path = folder.join(&below);
        let entries = fs::read_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", path.display()))?;
            let below = below.join(entry.file_name());
            if entry.path().is_dir() {
                open.push(below);
            } else {
                let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
                found.push(parts.join("/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What `swift package compute-checksum` says of a file: its SHA-256.
pub fn checksum(path: &Path) -> Result<String> {
    let data = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes the package that a repository of releases holds: the sources, and a manifest that downloads the
/// archive.
pub fn release(url: &str, archive: &Path, out: &Path) -> Result<PathBuf> {
    let (package, source) = (out.join("package"), shell::root().join("bindings/swift"));
    let explain = |error| format!("{}: {error}", package.display());
    if package.exists() {
        fs::remove_dir_all(&package).map_err(explain)?;
    }
    fs::create_dir_all(&package).map_err(explain)?;
    let manifest = fs::read_to_string(source.join("Package.swift")).map_err(|error| error.to_string())?;
    let manifest = manifest_for(&manifest, url, &checksum(archive)?)?;
    fs::write(package.join("Package.swift"), manifest).map_err(explain)?;
    for folder in ["Sources", "Tests", "Examples"] {
        for name in files(&source.join(folder))? {
            let to = package.join(folder).join(&name);
            fs::create_dir_all(to.parent().unwrap_or(&package)).map_err(explain)?;
            fs::copy(source.join(folder).join(&name), &to).map_err(explain)?;
        }
    }
    Ok(package)
}

/// The manifest with the address and checksum of a release in it.
pub fn manifest_for(manifest: &str, url: &str, checksum: &str) -> Result<String> {
    // SwiftPM takes nothing else; and nothing else may stand in a Swift string.
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    if !url.starts_with("https://") || !url.ends_with(".zip") || !url.chars().all(plain) {
        return Err(format!("`{url}` is no address of a release: https://...zip"));
    }
    if !manifest.contains(DEVELOPMENT) {
        return Err(format!("bindings/swift/Package.swift has no line `{}`", DEVELOPMENT.trim_end()));
    }
    let release =
        format!("let release: (url: String, checksum: String)? = (\n    url: \"{url}\",\n    checksum: \"{checksum}\"\n)\n");
    Ok(manifest.replacen(DEVELOPMENT, &release, 1))
}
