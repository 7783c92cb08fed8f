//! What can be wrong with an XCFramework. Each finding says where it is and what it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem;
use plist::{Dictionary, Value};

use super::crash;
use super::header::{self, MODULE};
use super::link::{self, Linked};
use super::macho::{self, Library};
use super::privacy;
use super::system::Symbols;
use super::target::{LIBRARY, MINIMUM_OS, Slice, Target, slices};
use super::tools;
use crate::shell::{self, Result};

/// Fails with all that is found.
pub fn verdict(findings: &[String]) -> Result {
    match findings {
        [] => Ok(()),
        _ => Err(format!("the XCFramework is not as it must be:\n  {}", findings.join("\n  "))),
    }
}

/// What one sees by looking: folders and lists, headers, objects and their symbols. `private` are the folders of
/// this machine that nothing may name.
pub fn look(xcframework: &Path, targets: &[&'static Target], private: &[PathBuf]) -> Vec<String> {
    let slices = slices(targets);
    let mut found = info(xcframework, &slices);
    let manifest = xcframework.join(privacy::FILE);
    match fs::read(&manifest) {
        Ok(manifest) => found.extend(privacy::findings(&manifest, &BTreeSet::new())),
        Err(error) => found.push(format!("{}: {error}", privacy::FILE)),
    }
    for slice in &slices {
        let folder = xcframework.join(slice.identifier());
        if !folder.is_dir() {
            found.push(format!("{}: the slice is missing", slice.identifier()));
            continue;
        }
        let in_slice = |finding: String| format!("{}: {finding}", slice.identifier());
        found.extend(headers(&folder.join("Headers")).into_iter().map(in_slice));
        found.extend(objects(&folder.join(LIBRARY), slice).into_iter().map(in_slice));
        found.extend(paths(&folder.join(LIBRARY), private).into_iter().map(in_slice));
    }
    found
}

/// The Info.plist, compared with the folders and with what must be there.
fn info(xcframework: &Path, slices: &[Slice]) -> Vec<String> {
    let info = match plist::from_file::<_, Dictionary>(xcframework.join("Info.plist")) {
        Ok(info) => info,
        Err(error) => return vec![format!("Info.plist: {error}")],
    };
    let mut found = Vec::new();
    for (key, expected) in [("CFBundlePackageType", "XFWK"), ("XCFrameworkFormatVersion", "1.0")] {
        if info.get(key).and_then(Value::as_string) != Some(expected) {
            found.push(format!("Info.plist: {key} is not {expected}"));
        }
    }
    let entries = info.get("AvailableLibraries").and_then(Value::as_array).cloned().unwrap_or_default();
    let entries: Vec<&Dictionary> = entries.iter().filter_map(Value::as_dictionary).collect();
    let name = |entry: &Dictionary| text(entry, "LibraryIdentifier").unwrap_or_default().to_owned();
    for slice in slices {
        match entries.iter().find(|entry| name(entry) == slice.identifier()) {
            Some(listed) => found.extend(entry(listed, slice)),
            None => found.push(format!("Info.plist: {} is not listed", slice.identifier())),
        }
    }
    for entry in entries.iter().filter(|entry| !xcframework.join(name(entry)).is_dir()) {
        found.push(format!("Info.plist: {} is listed, but there is no such folder", name(entry)));
    }
    for folder in folders(xcframework) {
        if !entries.iter().any(|entry| name(entry) == folder) {
            found.push(format!("Info.plist: the folder {folder} is not listed"));
        }
    }
    found
}

fn entry(entry: &Dictionary, slice: &Slice) -> Vec<String> {
    let mut found = Vec::new();
    for (key, expected) in [
        ("LibraryPath", Some(LIBRARY)),
        ("HeadersPath", Some("Headers")),
        ("SupportedPlatform", Some("ios")),
        ("SupportedPlatformVariant", slice.platform.variant()),
    ] {
        if text(entry, key) != expected {
            let expected = expected.unwrap_or("absent");
            found.push(format!("Info.plist: {}: {key} is not {expected}", slice.identifier()));
        }
    }
    let arches = entry.get("SupportedArchitectures").and_then(Value::as_array);
    let arches: Vec<&str> = arches.into_iter().flatten().filter_map(Value::as_string).collect();
    if arches != slice.arches().collect::<Vec<_>>() {
        found.push(format!("Info.plist: {}: SupportedArchitectures is {arches:?}", slice.identifier()));
    }
    found
}

fn text<'a>(dictionary: &'a Dictionary, key: &str) -> Option<&'a str> {
    dictionary.get(key).and_then(Value::as_string)
}

fn folders(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn headers(headers: &Path) -> Vec<String> {
    let folder = headers.join(MODULE);
    let mut found = Vec::new();
    match (fs::read(folder.join("duet.h")), fs::read(header::source())) {
        (Ok(packed), Ok(current)) if packed == current => {}
        (Ok(_), Ok(_)) => found.push("duet.h is not the one in bindings/c/include".into()),
        (Err(error), _) | (_, Err(error)) => found.push(format!("duet.h: {error}")),
    }
    if let Err(error) = fs::read(folder.join("module.modulemap")) {
        found.push(format!("module.modulemap: {error}"));
    }
    if headers.join("module.modulemap").exists() {
        found.push("a module.modulemap in Headers itself is in the way of other libraries'".into());
    }
    found
}

/// The library's objects: for the right system, each of them, and together all that the header declares.
fn objects(library: &Path, slice: &Slice) -> Vec<String> {
    let libraries = match macho::read(library) {
        Ok(libraries) => libraries,
        Err(error) => return vec![error],
    };
    let mut found = Vec::new();
    for target in &slice.targets {
        match libraries.iter().find(|library| library.arch == target.arch) {
            Some(library) => found.extend(of_target(library, target)),
            None => found.push(format!("{LIBRARY} has nothing for {}", target.arch)),
        }
    }
    let of_slice = |library: &&Library| slice.arches().any(|arch| arch == library.arch);
    for library in libraries.iter().filter(|library| !of_slice(library)) {
        found.push(format!("{LIBRARY} is for {}, too", library.arch));
    }
    found
}

fn of_target(library: &Library, target: &Target) -> Vec<String> {
    let wrong = library.objects.iter().filter_map(|object| {
        let Some(system) = object.system else {
            return Some(format!("{} does not say its system", object.name));
        };
        if object.arch != target.arch {
            Some(format!("{} is for {}, not {}", object.name, object.arch, target.arch))
        } else if system.platform != target.platform.number() {
            Some(format!("{} is for {}", object.name, system.platform_name()))
        } else if system.minimum() != MINIMUM_OS {
            Some(format!(
                "{} is for {} {} or newer, not {MINIMUM_OS}",
                object.name,
                system.platform_name(),
                system.minimum()
            ))
        } else {
            None
        }
    });
    let wrong: Vec<String> = wrong.collect();
    // One is enough to see what went wrong; a library has hundreds.
    let mut found: Vec<String> = wrong.first().into_iter().cloned().collect();
    if wrong.len() > 1 {
        found.push(format!("and {} more objects of {}", wrong.len() - 1, library.objects.len()));
    }
    let defined = library.defines();
    let declared = declared();
    let missing = declared.iter().filter(|name| !defined.contains(format!("_{name}").as_str()));
    found.extend(
        missing.map(|name| format!("{name} is declared in duet.h, but not defined for {}", target.arch)),
    );
    found
}

/// The functions of the C header.
pub fn declared() -> BTreeSet<String> {
    header::functions(&fs::read_to_string(header::source()).unwrap_or_default())
}

/// Folders of this machine in a library make it another one on the next machine, and tell of its builder.
fn paths(library: &Path, private: &[PathBuf]) -> Vec<String> {
    let data = fs::read(library).unwrap_or_default();
    let named = private.iter().filter(|path| {
        let path = format!("{}/", path.display());
        memmem::find(&data, path.as_bytes()).is_some()
    });
    named.map(|path| format!("{LIBRARY} names the folder {}", path.display())).collect()
}

/// What the compiler says of a slice's headers.
pub fn compile(xcframework: &Path, targets: &[&'static Target], work: &Path) -> Result<Vec<String>> {
    let clang = tools::find("clang")?;
    let mut found = Vec::new();
    for slice in slices(targets) {
        let headers = xcframework.join(slice.identifier()).join("Headers");
        for target in &slice.targets {
            let work = work.join("headers").join(target.triple);
            if let Err(error) = header::compile(&clang, &headers, target, &work) {
                found.push(format!("{}: {error}", slice.identifier()));
            }
        }
    }
    Ok(found)
}

/// What the linker says of a slice, and the privacy manifest of what the linked functions use. `system` is
/// libSystem's list, which Xcode's linker does without.
pub fn link(
    xcframework: &Path,
    targets: &[&'static Target],
    system: Option<&Symbols>,
    work: &Path,
) -> Result<Vec<String>> {
    let manifest = fs::read(xcframework.join(privacy::FILE)).unwrap_or_default();
    let mut found = Vec::new();
    for slice in slices(targets) {
        let library = xcframework.join(slice.identifier()).join(LIBRARY);
        for target in &slice.targets {
            let work = work.join("linked").join(target.triple);
            let all = link::everything(&library, target, &work);
            let app = link::functions(&library, target, &declared(), &work);
            let (all, app) = match (all, app) {
                (Ok(all), Ok(app)) => (all, app),
                (Err(error), _) | (_, Err(error)) => {
                    found.push(format!("{}: {error}", slice.identifier()));
                    continue;
                }
            };
            let findings =
                system.map(|system| unresolved(&all.imports, system, header::LINKS)).unwrap_or_default();
            let findings = findings.into_iter().chain(privacy::findings(&manifest, &app.imports));
            found.extend(
                findings.map(|finding| format!("{}: {}: {finding}", slice.identifier(), target.arch)),
            );
            report(&library, target, &app)?;
        }
    }
    Ok(found)
}

/// Whether the lines of a crash report can be found.
pub fn lines(xcframework: &Path, targets: &[&'static Target], work: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for slice in slices(targets) {
        let library = xcframework.join(slice.identifier()).join(LIBRARY);
        for target in &slice.targets {
            let finding = crash::finding(&library, target, &work.join("linked").join(target.triple))?;
            found.extend(finding.map(|finding| format!("{}: {finding}", slice.identifier())));
        }
    }
    Ok(found)
}

/// What neither the system nor a library that the module map names has.
fn unresolved(imports: &BTreeSet<String>, system: &Symbols, named: &[&str]) -> Vec<String> {
    let (links, nowhere) = system.sources(imports);
    let unknown = |name: &&str| format!("{name} is used, and nothing on an iPhone that we know of has it");
    let mut found: Vec<String> = nowhere.iter().map(unknown).collect();
    for (link, example) in links {
        if !named.contains(&link) {
            found.push(format!("the module map has no `link {link}`, which {example} needs"));
        }
    }
    found
}

fn report(library: &Path, target: &Target, app: &Linked) -> Result {
    let size = fs::metadata(library).map_err(|error| format!("{}: {error}", library.display()))?.len();
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    eprintln!(
        "{}: the slice's library {:.1} MB; in an app that uses all of it {:.1} MB; {} symbols of the system",
        target.triple,
        megabytes(size),
        megabytes(app.size),
        app.imports.len()
    );
    Ok(())
}

/// The folders of this machine that must not be named in what leaves it.
pub fn private_folders() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    [
        Some(shell::root()),
        Some(shell::target_dir()),
        variable("CARGO_HOME"),
        variable("RUSTUP_HOME"),
        variable("HOME"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{Symbols, unresolved};

    #[test]
    fn a_library_that_the_module_map_does_not_link_is_found() {
        let system = Symbols::parse("symbols: [ _malloc ]");
        let imports = ["_malloc", "_SecRandomCopyBytes"].map(str::to_owned).into();
        assert_eq!(unresolved(&imports, &system, &["framework Security"]), [""; 0]);
        let found = unresolved(&imports, &system, &["c++"]);
        assert_eq!(
            found,
            ["the module map has no `link framework Security`, which _SecRandomCopyBytes needs"]
        );
    }
}
