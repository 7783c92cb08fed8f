//! Each check on an XCFramework with one thing wrong, made of tiny objects.

mod description;
mod fixture;
mod linked;

use std::fs;
use std::path::Path;

use super::check::look;
use super::header::MODULE;
use super::target::{LIBRARY, slices};
use super::{package, privacy, xcframework};
use fixture::{Faults, Package, all};

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
    fs::write(package.0.join("ios-arm64/Headers").join(MODULE).join("duet.h"), "int duet;\n")
        .expect("written");
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
    let manifest =
        fs::read_to_string(crate::shell::root().join("bindings/swift/Package.swift")).expect("it is there");
    let url = "https://example.org/CDuet.xcframework.zip";
    let release = package::manifest_for(&manifest, url, "abc").expect("a manifest");
    assert!(
        release.contains(&format!("url: \"{url}\"")) && release.contains("checksum: \"abc\""),
        "{release}"
    );
    for wrong in ["http://example.org/a.zip", "https://example.org/a\".zip", "https://example.org/a"] {
        assert!(package::manifest_for(&manifest, wrong, "abc").is_err(), "{wrong}");
    }
    assert!(package::manifest_for("let package = Package()", url, "abc").is_err());
}
