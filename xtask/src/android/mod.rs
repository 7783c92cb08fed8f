//! Duet for Android: the package, and all that can be known of it without a device.

mod aar;
mod abi;
mod api;
mod apps;
mod archive;
mod classes;
mod consumer;
mod elf;
mod exports;
mod gradle;
mod keep;
mod layout;
mod maven;
mod ndk;
mod stand_in;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::kotlin;
use crate::mobile;
use crate::setup;
use crate::shell::{self, Result, cargo, target_dir};
use crate::test;
use abi::{ABIS, Abi};
use archive::Files;
use stand_in::StandIn;

#[derive(clap::Args)]
pub struct Args {
    /// Also check all that can be checked here: a consumer's call, the rules for R8, the layouts of structs, the targets.
    #[arg(long)]
    check: bool,
    /// With `--check`: every target and every rule, not one of each.
    #[arg(long)]
    full: bool,
    /// A library that was built elsewhere, e.g. arm64-v8a=build/libduet.so; once per kind of machine.
    #[arg(long, value_name = "ABI=PATH", value_parser = given)]
    so: Vec<(Abi, PathBuf)>,
    /// The folder of the Maven repository that the package goes into.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// `libduet.so` for each kind of machine.
type Libraries = Vec<(Abi, Vec<u8>)>;

/// Exit code: all that can be done without an NDK was done, and was well; there is no package.
const WITHOUT_NDK: u8 = 3;

/// What a library may take of a download, compressed.
const BUDGET: usize = 3_500_000;

pub fn run(args: &Args) -> Result<ExitCode> {
    setup::install_kotlin()?;
    shell::run(cargo(&["build", "--workspace", "--features", test::FEATURES]))?;
    kotlin::compile()?;
    let libraries = libraries(&args.so)?;
    let package = Package::make(libraries.as_deref())?;
    if args.check {
        kotlin::tests()?;
        package.check(args.full)?;
        if libraries.is_none() {
            check_targets(args.full)?;
        }
    }
    if libraries.is_none() {
        if args.check {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("checked: everything but the libraries. There is no package without them.");
        return Ok(ExitCode::from(WITHOUT_NDK));
    }
    let out = args.out.clone().unwrap_or_else(|| target_dir().join("android/maven"));
    package.publish(&out)?;
    eprintln!("the package is in the Maven repository {}", out.display());
    Ok(ExitCode::SUCCESS)
}

/// Compiles the engine and the library for Android: for phones of today alone, or for every kind.
pub fn check_targets(full: bool) -> Result {
    let targets = ABIS.map(|abi| abi.target);
    mobile::check(if full { &targets } else { &targets[..1] })
}

/// All checks but that of the targets, on what the tests have built. Says what they leave out without an NDK.
pub fn tests(full: bool) -> Result {
    kotlin::compile()?;
    let libraries = libraries(&[])?;
    Package::make(libraries.as_deref())?.check(full)
}

/// The given libraries or, where there is an NDK, those that it builds. Says what is missing where there is none.
fn libraries(given: &[(Abi, PathBuf)]) -> Result<Option<Libraries>> {
    let read = |(abi, path): &(Abi, PathBuf)| {
        fs::read(path).map(|data| (*abi, data)).map_err(|error| format!("{}: {error}", path.display()))
    };
    if !given.is_empty() {
        return given.iter().map(read).collect::<Result<_>>().map(Some);
    }
    match ndk::Ndk::find() {
        Ok(ndk) => ndk.build()?.iter().map(read).collect::<Result<_>>().map(Some),
        Err(missing) => {
            eprintln!("{missing}");
            Ok(None)
        }
    }
}

/// A package that passed the checks of its own files.
struct Package {
    aar: Vec<u8>,
    sources: Vec<u8>,
    needs: Vec<maven::Dependency>,
    /// What R8 must keep.
    rules: String,
}

impl Package {
    /// Packs these libraries or, in their place, stand-ins.
    fn make(libraries: Option<&[(Abi, Vec<u8>)]>) -> Result<Self> {
        let wanted = exports()?;
        let stand_ins;
        let libraries = match libraries {
            Some(libraries) => libraries,
            None => {
                let make = |abi: Abi| StandIn::new(abi, wanted.clone()).build().map(|data| (abi, data));
                eprintln!("packing libraries without code; the size of real ones is not measurable here");
                stand_ins = ABIS.into_iter().map(make).collect::<Result<Vec<_>>>()?;
                &stand_ins
            }
        };
        let rules = read(&kotlin_folder().join("android/consumer-rules.pro"))?;
        let classes = classes()?;
        let mut found = api::findings(&classes);
        let files = aar::lay_out(&aar::Parts {
            manifest: read(&kotlin_folder().join("android/src/main/AndroidManifest.xml"))?,
            classes,
            rules: rules.clone(),
            libraries: libraries.to_vec(),
        })?;
        let pom = read(&kotlin_folder().join("lib/pom.xml"))?;
        let needs = maven::dependencies(&pom)?;
        found.extend(aar::findings(&files, &rules));
        found.extend(gradle::findings(&read(&kotlin_folder().join("android/build.gradle.kts"))?, &needs));
        for (abi, data) in libraries {
            found.extend(library_findings(abi, data, &wanted)?);
        }
        report("the package", found)?;
        Ok(Package { aar: archive::write(&files)?, sources: sources()?, needs, rules })
    }

    fn publish(&self, repository: &Path) -> Result {
        maven::publish(repository, &self.aar, &self.sources, &self.needs)
    }

    fn check(&self, full: bool) -> Result {
        let work = target_dir().join("android/check");
        let repository = work.join("maven");
        self.publish(&repository)?;
        layout::check(&work)?;
        let program = consumer::check(&work, &repository)?;
        keep::check(&program, &self.rules, full)?;
        apps::check(full)
    }
}

/// What is wrong with a library, and how large it is.
fn library_findings(abi: &Abi, data: &[u8], wanted: &BTreeSet<String>) -> Result<Vec<String>> {
    let name = aar::library_path(abi);
    let mut found = match elf::Library::parse(data) {
        Ok(library) => library.findings(abi, wanted),
        Err(error) => vec![error],
    };
    let size = packed_size(&name, data)?;
    eprintln!("{name}: {size} bytes of a download; {BUDGET} are allowed");
    found.extend(size_finding(size));
    Ok(found.into_iter().map(|finding| format!("{name}: {finding}")).collect())
}

fn packed_size(name: &str, data: &[u8]) -> Result<usize> {
    archive::write(&Files::from([(name.to_owned(), data.to_vec())])).map(|archive| archive.len())
}

fn size_finding(size: usize) -> Option<String> {
    (size > BUDGET).then(|| format!("it takes {size} bytes of a download; {BUDGET} are allowed"))
}

fn report(what: &str, found: Vec<String>) -> Result {
    if found.is_empty() { Ok(()) } else { Err(format!("{what} is not right:\n  {}", found.join("\n  "))) }
}

/// Every function that the classes and the header call.
fn exports() -> Result<BTreeSet<String>> {
    let header = read(&shell::root().join("bindings/c/include/duet.h"))?;
    let bridge = read(&kotlin_folder().join("lib/target/generated-sources/duet/Bridge.kt"))?;
    Ok(&exports::of_header(&header) | &exports::of_bridge(&bridge))
}

/// The compiled classes of the library and of the helpers.
fn classes() -> Result<Files> {
    let mut files = Files::new();
    for folder in ["lib", "android"].map(|part| kotlin_folder().join(part)) {
        // Helpers without a project are not there yet.
        if folder.join("pom.xml").exists() {
            archive::add_folder(&mut files, &folder.join("target/classes"), &|_| true)?;
        }
    }
    Ok(files)
}

/// What an IDE shows of the package.
fn sources() -> Result<Vec<u8>> {
    let mut files = Files::new();
    let kotlin = |path: &Path| path.extension().is_some_and(|extension| extension == "kt");
    for part in ["lib", "android"] {
        let folder = kotlin_folder().join(part).join("src/main/kotlin");
        if folder.exists() {
            archive::add_folder(&mut files, &folder, &kotlin)?;
        }
    }
    let bridge = read(&kotlin_folder().join("lib/target/generated-sources/duet/Bridge.kt"))?;
    files.insert("dev/duet/Bridge.kt".into(), bridge.into_bytes());
    archive::write(&files)
}

/// What was stripped off the libraries, as the Play console takes it.
fn write_symbols(libraries: &Path) -> Result {
    let mut files = Files::new();
    archive::add_folder(&mut files, &libraries.join("symbols"), &|_| true)?;
    let path = libraries.join("symbols.zip");
    fs::write(&path, archive::write(&files)?).map_err(|error| format!("{}: {error}", path.display()))?;
    eprintln!("symbols for the Play console: {}", path.display());
    Ok(())
}

fn kotlin_folder() -> PathBuf {
    shell::root().join("bindings/kotlin")
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// `ABI=PATH`.
fn given(text: &str) -> Result<(Abi, PathBuf)> {
    let (abi, path) = text.split_once('=').ok_or("write ABI=PATH, e.g. arm64-v8a=build/libduet.so")?;
    Ok((Abi::named(abi)?, path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_too_large_is_found() {
        // What compression cannot make smaller.
        let mut state = 1_u32;
        let mut noise = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        };
        let library: Vec<u8> = (0..BUDGET + 1).map(|_| noise()).collect();
        let found = library_findings(&ABIS[0], &library, &BTreeSet::new()).unwrap();
        assert!(found.iter().any(|finding| finding.contains("bytes of a download")), "{found:?}");
        assert_eq!(size_finding(BUDGET), None);
    }

    #[test]
    fn a_library_is_given_with_the_machine_it_is_for() {
        assert_eq!(given("x86_64=a.so").unwrap(), (ABIS[2], PathBuf::from("a.so")));
        assert!(given("mips=a.so").unwrap_err().contains("arm64-v8a, armeabi-v7a, x86_64"));
        assert!(given("a.so").is_err());
    }
}
