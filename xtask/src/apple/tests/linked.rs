//! What takes the compiler and the linker. `cargo xtask apple --check` installs and runs them.

use std::fs;

use super::fixture::{Faults, Package, all, write_library};
use crate::apple::check;
use crate::apple::header::MODULE;
use crate::apple::system::Symbols;
use crate::apple::target::{Built, LIBRARY, TARGETS};
use crate::apple::xcframework::assemble;

const DEVICE: &str = "arm64-apple-ios16.0";

/// What the linker finds in a package of a system that has no more than this.
fn link(package: &Package) -> Vec<String> {
    let system = Symbols::parse("symbols: [ _malloc, _statvfs, dyld_stub_binder ]");
    check::link(&package.0, &all(), Some(&system), &package.0.join("work")).expect("the linker is there")
}

fn compile(package: &Package) -> Vec<String> {
    check::compile(&package.0, &all(), &package.0.join("work")).expect("the compiler is there")
}

#[test]
#[ignore = "needs clang and ld64.lld of LLVM 19"]
fn a_good_package_links_and_its_headers_compile() {
    let package = Package::good("links");
    assert_eq!(link(&package), [""; 0]);
    assert_eq!(compile(&package), [""; 0]);
}

#[test]
#[ignore = "needs clang and ld64.lld of LLVM 19"]
fn what_nobody_has_is_found() {
    let source = Some(("void duet_nobody(void); void duet_inner(void) { duet_nobody(); }", DEVICE));
    let package = Package::new("nobody", &Faults { source, ..Faults::default() });
    let found = link(&package);
    assert!(found.len() == 1 && found[0].starts_with("ios-arm64: arm64: _duet_nobody is used"), "{found:?}");
}

#[test]
#[ignore = "needs clang and ld64.lld of LLVM 19"]
fn a_function_that_apple_wants_a_reason_for_is_found_where_an_app_would_link_it() {
    let used = "int statvfs(void); const char *duet_version(void) { return statvfs() ? \"\" : 0; }";
    let missing = Some("duet_version");
    let package =
        Package::new("used", &Faults { source: Some((used, DEVICE)), missing, ..Faults::default() });
    let found = link(&package);
    assert!(found.len() == 1 && found[0].contains("uses statvfs"), "{found:?}");
    // Nothing that an app calls leads there.
    let unused = "int statvfs(void); void duet_inner(void) { statvfs(); }";
    let package = Package::new("unused", &Faults { source: Some((unused, DEVICE)), ..Faults::default() });
    assert_eq!(link(&package), [""; 0]);
}

#[test]
#[ignore = "needs clang and ld64.lld of LLVM 19"]
fn what_the_linker_refuses_is_found() {
    let source = Some(("const char *duet_version(void) { return 0; }", DEVICE));
    let package = Package::new("twice", &Faults { source, ..Faults::default() });
    let found = link(&package);
    assert!(found.len() == 1 && found[0].contains("duplicate symbol: _duet_version"), "{found:?}");
}

#[test]
#[ignore = "needs ld64.lld and dsymutil of LLVM 19"]
fn a_library_without_debug_information_is_found() {
    let package = Package::good("lines");
    let found = check::lines(&package.0, &all(), &package.0.join("work")).expect("the tools are there");
    assert!(found.len() == 3 && found[0].starts_with("ios-arm64: duet_version in a crash"), "{found:?}");
}

#[test]
#[ignore = "needs clang of LLVM 19"]
fn an_object_that_was_compiled_for_another_system_is_found() {
    for (system, words) in [
        ("arm64-apple-ios17.1", "second.o is for iOS 17.1 or newer"),
        ("arm64-apple-ios16.0-simulator", "second.o is for the iOS simulator"),
        ("arm64-apple-macos13.0", "second.o is for macOS"),
    ] {
        let source = Some(("void duet_inner(void) {}", system));
        Package::new(system, &Faults { source, ..Faults::default() }).finds(&["ios-arm64:", words]);
    }
}

#[test]
#[ignore = "needs clang of LLVM 19"]
fn headers_that_do_not_compile_are_found() {
    for (file, text, words) in [
        ("module.modulemap", "module Other { header \"duet.h\" export * }\n", "module.m does not compile"),
        ("duet.h", "const char *duet_version(voi);\n", "module.m does not compile"),
    ] {
        let package = Package::good(&format!("compile-{file}"));
        fs::write(package.0.join("ios-arm64/Headers").join(MODULE).join(file), text).expect("written");
        let found = compile(&package);
        assert!(
            found.len() == 1 && found[0].starts_with("ios-arm64:") && found[0].contains(words),
            "{found:?}"
        );
    }
}

#[test]
#[ignore = "needs llvm-lipo of LLVM 19"]
fn what_is_assembled_is_good() {
    let parts = Package::good("parts");
    let folder = parts.0.join("libraries");
    let libraries = TARGETS.each_ref().map(|target| {
        let path = folder.join(target.triple).join(LIBRARY);
        write_library(target, &path);
        Built { target, path }
    });
    let out = parts.0.join("out");
    fs::create_dir_all(&out).expect("a folder");
    let made = assemble(&libraries, &out).expect("it is assembled");
    assert_eq!(check::look(&made, &all(), &[]), [""; 0]);
}
