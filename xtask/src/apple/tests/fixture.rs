//! An XCFramework of tiny objects.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::write::{MachOBuildVersion, Object, Symbol, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope};

use crate::apple::check::{declared, look};
use crate::apple::target::{LIBRARY, Platform, Slice, TARGETS, Target, slices};
use crate::apple::{header, privacy, tools, xcframework};

/// What differs from a good package.
#[derive(Default)]
pub struct Faults {
    /// The platform's number in the device's last object.
    pub platform: Option<u32>,
    /// The oldest system of the device's last object.
    pub minimum: Option<u32>,
    /// A function that the device's library lacks.
    pub missing: Option<&'static str>,
    /// Text in the device's library.
    pub text: Option<String>,
    /// C in the place of the device's last object, and the system it is compiled for.
    pub source: Option<(&'static str, &'static str)>,
    /// The simulator's library has no part for Intel's processors.
    pub one_arch: bool,
}

const IOS_16: u32 = 16 << 16;

/// A package in a folder of its own, which goes with it.
pub struct Package(pub PathBuf);

impl Package {
    pub fn new(name: &str, faults: &Faults) -> Self {
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

    pub fn good(name: &str) -> Self {
        Package::new(name, &Faults::default())
    }

    /// What is found, which must be one thing that says all these words.
    pub fn finds(&self, words: &[&str]) {
        let found = look(&self.0, &all(), &["/home/someone".into()]);
        assert!(
            found.len() == 1 && words.iter().all(|word| found[0].contains(word)),
            "{words:?}: {found:#?}"
        );
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn all() -> Vec<&'static Target> {
    TARGETS.iter().collect()
}

/// A slice's file: a static library, or a universal file of several.
fn library(slice: &Slice, faults: &Faults) -> Vec<u8> {
    let none = Faults::default();
    let on_device = slice.platform == Platform::Device;
    let parts = slice.targets.iter().filter(|target| !faults.one_arch || target.arch != "x86_64");
    let parts: Vec<_> =
        parts.map(|target| (*target, archive(target, if on_device { faults } else { &none }))).collect();
    match &parts[..] {
        [(_, archive)] => archive.clone(),
        _ => universal(&parts),
    }
}

/// A good library of one target.
pub fn write_library(target: &Target, path: &Path) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, archive(target, &Faults::default())).expect("the library is written");
}

/// Two objects: what the header declares, and one in which something may be wrong. Before them an index, which
/// linkers want to see even if they load everything.
fn archive(target: &Target, faults: &Faults) -> Vec<u8> {
    let declared = declared();
    let names = declared.iter().map(String::as_str).filter(|name| Some(*name) != faults.missing);
    let good = object(target, &names.collect::<Vec<_>>(), target.platform.number(), IOS_16, "");
    let platform = faults.platform.unwrap_or(target.platform.number());
    let text = faults.text.as_deref().unwrap_or_default();
    let other = match faults.source {
        Some((source, system)) => compiled(source, system),
        None => object(target, &["duet_inner"], platform, faults.minimum.unwrap_or(IOS_16), text),
    };
    let mut archive = b"!<arch>\n".to_vec();
    let index = [&b"__.SYMDEF\0\0\0"[..], &[0; 12]].concat();
    for (name, mut data) in [("#1/12", index), ("first.o", good), ("second.o", other)] {
        data.resize(data.len().next_multiple_of(8), 0);
        archive.extend(
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", data.len()).bytes(),
        );
        archive.extend(data);
    }
    archive
}

fn object(target: &Target, functions: &[&str], platform: u32, minimum: u32, text: &str) -> Vec<u8> {
    let arch = if target.arch == "arm64" { Architecture::Aarch64 } else { Architecture::X86_64 };
    let mut object = Object::new(BinaryFormat::MachO, arch, Endianness::Little);
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

/// What the compiler makes of C.
fn compiled(source: &str, system: &str) -> Vec<u8> {
    let name = format!("duet-apple-{}-{}", std::process::id(), source.len());
    let file = |extension: &str| std::env::temp_dir().join(&name).with_extension(extension);
    fs::write(file("c"), source).expect("the source is written");
    let mut clang = Command::new(tools::find("clang").expect("clang is there"));
    clang.arg(format!("--target={system}")).arg("-c").arg(file("c")).arg("-o").arg(file("o"));
    tools::run(clang).expect("it compiles");
    let object = fs::read(file("o")).expect("an object");
    for extension in ["c", "o"] {
        fs::remove_file(file(extension)).expect("it was there");
    }
    object
}
