//! What is published: the XCFramework as an archive, and a Swift package that downloads it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::target::MINIMUM_OS;
use super::{privacy, xcframework};
use crate::shell::{self, Result};
use crate::swift;

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
    let release = format!(
        "let release: (url: String, checksum: String)? = (\n    url: \"{url}\",\n    checksum: \"{checksum}\"\n)\n"
    );
    Ok(manifest.replacen(DEVELOPMENT, &release, 1))
}

/// Whether SwiftPM sees what it should in a release of this archive; nothing without a Swift compiler, which
/// is said.
pub fn findings(archive: &Path, work: &Path) -> Result<Vec<String>> {
    const URL: &str = "https://example.org/CDuet.xcframework.zip";
    let manifest = release(URL, archive, work)?.join("Package.swift");
    let explain = |error| format!("{}: {error}", manifest.display());
    // What Apple's platforms see, on Linux.
    let text = fs::read_to_string(&manifest).map_err(explain)?.replace("#if os(Linux)", "#if os(Windows)");
    fs::write(&manifest, text).map_err(explain)?;
    let Some(seen) = swift::describe(manifest.parent().unwrap_or(work))? else {
        eprintln!("skipped: the Swift package's manifest; `cargo xtask swift` gets the compiler");
        return Ok(Vec::new());
    };
    let seen = serde_json::from_str(&seen).map_err(|error| format!("what SwiftPM sees: {error}"))?;
    Ok(judge(&seen, URL, &checksum(archive)?))
}

fn judge(seen: &Value, url: &str, checksum: &str) -> Vec<String> {
    let named = |list: &str, key: &str, name: &str| {
        let list = seen[list].as_array().into_iter().flatten();
        list.into_iter().find(|entry| entry[key] == name).cloned().unwrap_or_default()
    };
    let engine = named("targets", "name", "CDuet");
    let privacy = &named("targets", "name", "Duet")["resources"][0];
    let facts = [
        (named("platforms", "platformName", "ios")["version"] == MINIMUM_OS, "it is not for iOS 16.0"),
        (engine["type"] == "binary", "CDuet is no binary target"),
        (engine["url"] == url, "CDuet is not downloaded from the release"),
        (engine["checksum"] == checksum, "CDuet's checksum is not the archive's"),
        (privacy["path"] == privacy::FILE && privacy["rule"].get("copy").is_some(), "no privacy manifest"),
        (!named("products", "name", "Duet").is_null(), "no product Duet"),
        (!named("products", "name", "DuetMedia").is_null(), "no product DuetMedia"),
    ];
    let wrong = facts.into_iter().filter(|(fact, _)| !fact);
    wrong.map(|(_, words)| format!("Package.swift: {words}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::judge;

    #[test]
    fn each_thing_that_a_release_lacks_is_found() {
        let good = json!({
            "platforms": [{"platformName": "ios", "version": "16.0"}],
            "products": [{"name": "Duet"}, {"name": "DuetMedia"}],
            "targets": [
                {"name": "CDuet", "type": "binary", "url": "https://a/b.zip", "checksum": "12"},
                {"name": "Duet", "resources": [{"path": "PrivacyInfo.xcprivacy", "rule": {"copy": {}}}]},
            ],
        });
        assert_eq!(judge(&good, "https://a/b.zip", "12"), [""; 0]);
        for (place, value, words) in [
            ("/platforms/0/version", "15.0", "not for iOS"),
            ("/targets/0/type", "system-target", "no binary"),
            ("/targets/0/url", "https://a/c.zip", "not downloaded"),
            ("/targets/0/checksum", "13", "checksum"),
            ("/targets/1/resources/0/path", "other", "no privacy manifest"),
            ("/products/0/name", "Due", "no product Duet"),
            ("/products/1/name", "Due", "no product DuetMedia"),
        ] {
            let mut broken = good.clone();
            *broken.pointer_mut(place).expect("it is there") = value.into();
            let found = judge(&broken, "https://a/b.zip", "12");
            assert!(found.len() == 1 && found[0].contains(words), "{words}: {found:?}");
        }
    }
}
