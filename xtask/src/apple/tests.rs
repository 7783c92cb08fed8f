//! Each check on an XCFramework with one thing wrong, made of tiny objects.

use std::fs;
use std::path::{Path, PathBuf};

use object::write::{MachOBuildVersion, Object, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

use super::check::{declared, look};
use super::header::{self, MODULE};
use super::target::{LIBRARY, Platform, Slice, TARGETS, Target, slices};
use super::{package, privacy, xcframework};

/// What differs from a good package.
#[derive(Default)]
struct Faults {
    /// The platform's number in the device's last object.
    platform: Option<u32>,
    /// The oldest system of the device's last object.
    minimum: Option<u32>,
    /// A function that the device's library lacks.
    missing: Option<&'static str>,
    /// Text in the device's library.
    text: Option<String>,
    /// The simulator's library has no part for Intel's processors.
    one_arch: bool,
}

const IOS_16: u32 = 16 << 16;

/// A package in a folder of its own, which goes with it.
struct Package(PathBuf);

impl Package {
    fn new(name: &str, faults: &Faults) -> Self {
        let path = std::env::temp_dir().join(format!("duet-apple-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let slices = slices(&all());
        for slice in &slices {
            let folder = path.join(slice.identifier());
            header::write(&folder.join("Headers")).expect("the headers are written");
            fs::write(folder.join(LIBRARY), library(slice, faults)).expect("the library is written");
        }
        xcframework::write_info(&slices, &path).expect("the list is written");
        fs::copy(privacy::source(), path.join(privacy::FILE)).expect("the manifest is copied");
        Package(path)
    }

    fn good(name: &str) -> Self {
        Package::new(name, &Faults::default())
    }

    /// What is found, which must be one thing that says all these words.
    fn finds(&self, words: &[&str]) {
        let found = look(&self.0, &all(), &["/home/someone".into()]);
        assert!(found.len() == 1 && words.iter().all(|word| found[0].contains(word)), "{words:?}: {found:#?}");
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn all() -> Vec<&'static Target> {
    TARGETS.iter().collect()
}

/// A slice's file: a static library, or a universal file of several.
fn library(slice: &Slice, faults: &Faults) -> Vec<u8> {
    let none = Faults::default();
    let on_device = slice.platform == Platform::Device;
    let parts = slice.targets.iter().filter(|target| !faults.one_arch || target.arch != "x86_64");
    let parts: Vec<_> = parts.map(|target| (*target, archive(target, if on_device { faults } else { &none }))).collect();
    match &parts[..] {
        [(_, archive)] => archive.clone(),
        _ => universal(&parts),
    }
}

/// Two objects: what the header declares, and one in which something may be wrong.
fn archive(target: &Target, faults: &Faults) -> Vec<u8> {
    let declared = declared();
    let names = declared.iter().map(String::as_str).filter(|name| Some(*name) != faults.missing);
    let good = object(target, &names.collect::<Vec<_>>(), target.platform.number(), IOS_16, "");
    let platform = faults.platform.unwrap_or(target.platform.number());
    let text = faults.text.as_deref().unwrap_or_default();
    let other = object(target, &["duet_inner"], platform, faults.minimum.unwrap_or(IOS_16), text);
    let mut archive = b"!<arch>\n".to_vec();
    for (name, mut data) in [("first.o", good), ("second.o", other)] {
        data.resize(data.len().next_multiple_of(8), 0);
        archive.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", data.len()).bytes());
        archive.extend(data);
    }
    archive
}

fn object(target: &Target, functions: &[&str], platform: u32, minimum: u32, text: &str) -> Vec<u8> {
    let arch = if target.arch == "arm64" { Architecture::Aarch64 } else { Architecture::X86_64 };
    let mut object = Object::new(BinaryFormat::MachO, arch, Endianness::Little.into());
    let mut version = MachOBuildVersion::default();
    (version.platform, version.minos, version.sdk) = (platform, minimum, minimum);
    object.set_macho_build_version(version);
    let section = object.add_section(b"__TEXT".to_vec(), b"__text".to_vec(), SectionKind::Text);
    object.append_section_data(section, text.as_bytes(), 4);
    for name in functions {
        // Two returns, whatever the processor.
        let value = object.append_section_data(section, &[0xc0, 0x03, 0x5f, 0xd6], 4);
        object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value,
            size: 4,
            kind: SymbolKind::Text,
            scope: SymbolScope::Dynamic,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
    }
    object.write().expect("an object is written")
}

/// The parts after a head of big-endian numbers (`mach-o/fat.h`).
fn universal(parts: &[(&Target, Vec<u8>)]) -> Vec<u8> {
    let mut head: Vec<u32> = vec![0xcafe_babe, parts.len() as u32];
    let mut body = Vec::new();
    let start = (8 + 20 * parts.len()).next_multiple_of(8);
    for (target, archive) in parts {
        let cpu: [u32; 2] = if target.arch == "arm64" { [0x0100_000c, 0] } else { [0x0100_0007, 3] };
        head.extend(cpu);
        head.extend([(start + body.len()) as u32, archive.len() as u32, 3]);
        body.extend(archive);
        body.resize(body.len().next_multiple_of(8), 0);
    }
    let mut file: Vec<u8> = head.iter().flat_map(|number| number.to_be_bytes()).collect();
    file.resize(start, 0);
    file.extend(body);
    file
}

fn remove(path: &Path) {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("it was there");
}

#[test]
fn a_good_package_is_good() {
    let package = Package::good("good");
    assert_eq!(look(&package.0, &all(), &["/home/someone".into()]), [""; 0]);
}

#[test]
fn a_missing_slice_is_found() {
    let package = Package::good("slice");
    remove(&package.0.join("ios-arm64_x86_64-simulator"));
    let found = look(&package.0, &all(), &[]);
    let expected = [
        "Info.plist: ios-arm64_x86_64-simulator is listed, but there is no such folder",
        "ios-arm64_x86_64-simulator: the slice is missing",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_slice_that_the_list_lacks_is_found() {
    let package = Package::good("unlisted");
    xcframework::write_info(&slices(&all()[..1]), &package.0).expect("the list is written");
    let found = look(&package.0, &all(), &[]);
    let expected = [
        "Info.plist: ios-arm64_x86_64-simulator is not listed",
        "Info.plist: the folder ios-arm64_x86_64-simulator is not listed",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_list_with_a_wrong_entry_is_found() {
    for (from, to, words) in [
        ("<string>simulator</string>", "<string>maccatalyst</string>", "SupportedPlatformVariant"),
        ("<string>x86_64</string>", "<string>i386</string>", "SupportedArchitectures"),
        ("XFWK", "FMWK", "CFBundlePackageType"),
    ] {
        let package = Package::good(&format!("entry-{}", words.len()));
        let list = package.0.join("Info.plist");
        let text = fs::read_to_string(&list).expect("the list is there");
        fs::write(&list, text.replacen(from, to, 1)).expect("the list is written");
        package.finds(&["Info.plist", words]);
    }
}

#[test]
fn a_missing_list_is_found() {
    let package = Package::good("list");
    remove(&package.0.join("Info.plist"));
    package.finds(&["Info.plist"]);
}

#[test]
fn an_object_of_another_platform_is_found() {
    let package = Package::new("platform", &Faults { platform: Some(7), ..Faults::default() });
    package.finds(&["ios-arm64:", "second.o is for the iOS simulator"]);
}

#[test]
fn an_object_that_needs_a_newer_system_is_found() {
    let package = Package::new("minimum", &Faults { minimum: Some(17 << 16 | 2 << 8), ..Faults::default() });
    package.finds(&["ios-arm64:", "second.o is for iOS 17.2 or newer, not 16.0"]);
}

#[test]
fn a_missing_processor_is_found() {
    let package = Package::new("arch", &Faults { one_arch: true, ..Faults::default() });
    package.finds(&["simulator:", "nothing for x86_64"]);
}

#[test]
fn a_function_that_is_declared_but_not_there_is_found() {
    let package = Package::new("function", &Faults { missing: Some("duet_version"), ..Faults::default() });
    package.finds(&["ios-arm64:", "duet_version is declared"]);
}

#[test]
fn a_folder_of_the_builder_is_found() {
    let text = Some("/home/someone/duet/call.rs".into());
    let package = Package::new("path", &Faults { text, ..Faults::default() });
    package.finds(&["ios-arm64:", "names the folder /home/someone"]);
}

#[test]
fn missing_headers_and_manifests_are_found() {
    for file in ["duet.h", "module.modulemap"] {
        let package = Package::good(file);
        remove(&package.0.join("ios-arm64/Headers").join(MODULE).join(file));
        package.finds(&["ios-arm64:", file]);
    }
    let package = Package::good("privacy");
    remove(&package.0.join(privacy::FILE));
    package.finds(&[privacy::FILE]);
}

#[test]
fn an_old_header_is_found() {
    let package = Package::good("header");
    fs::write(package.0.join("ios-arm64/Headers").join(MODULE).join("duet.h"), "int duet;\n").expect("written");
    package.finds(&["ios-arm64:", "duet.h is not the one"]);
}

#[test]
fn a_module_map_in_the_way_of_other_libraries_is_found() {
    let package = Package::good("map");
    fs::write(package.0.join("ios-arm64/Headers/module.modulemap"), "").expect("written");
    package.finds(&["ios-arm64:", "in the way"]);
}

#[test]
fn a_file_that_is_no_library_is_found() {
    let package = Package::good("broken");
    fs::write(package.0.join("ios-arm64").join(LIBRARY), "nothing").expect("written");
    package.finds(&["ios-arm64:", "not a static library"]);
}

#[test]
fn the_same_files_give_the_same_archive() {
    let (one, other) = (Package::good("zip-one"), Package::good("zip-other"));
    let archives = [&one, &other].map(|package| package::archive(&package.0).expect("an archive"));
    let sums = archives.each_ref().map(|path| package::checksum(path).expect("a checksum"));
    assert_eq!(sums[0], sums[1]);
    for path in archives {
        remove(&path);
    }
}

#[test]
fn a_release_names_its_archive() {
    let manifest = fs::read_to_string(crate::shell::root().join("bindings/swift/Package.swift")).expect("it is there");
    let url = "https://example.org/CDuet.xcframework.zip";
    let release = package::manifest_for(&manifest, url, "abc").expect("a manifest");
    assert!(release.contains(&format!("url: \"{url}\"")) && release.contains("checksum: \"abc\""), "{release}");
    for wrong in ["http://example.org/a.zip", "https://example.org/a\".zip", "https://example.org/a"] {
        assert!(package::manifest_for(&manifest, wrong, "abc").is_err(), "{wrong}");
    }
    assert!(package::manifest_for("let package = Package()", url, "abc").is_err());
}
