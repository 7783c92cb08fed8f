//! What is in a static library, or in what the linker made of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::macho::{
    LC_VERSION_MIN_IPHONEOS, LC_VERSION_MIN_MACOSX, LC_VERSION_MIN_TVOS, LC_VERSION_MIN_WATCHOS, MachHeader64,
};
use object::read::archive::ArchiveFile;
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile32, MachOFile64};
use object::{Architecture, Endianness, Object as _, ObjectSymbol as _};

use crate::shell::Result;

/// A library's objects for one processor.
pub struct Library {
    /// Apple's name of the processor.
    pub arch: &'static str,
    pub objects: Vec<Object>,
}

impl Library {
    /// What other objects can use.
    pub fn defines(&self) -> BTreeSet<&str> {
        self.objects.iter().flat_map(|object| &object.defined).map(String::as_str).collect()
    }
}

/// One compiled file.
pub struct Object {
    pub name: String,
    pub arch: &'static str,
    /// Which system it is for; `None` where the file does not say.
    pub system: Option<System>,
    /// Global symbols, with the underscore that C's names have here.
    pub defined: Vec<String>,
    pub undefined: Vec<String>,
}

/// `LC_BUILD_VERSION`, or one of the load commands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct System {
    /// A `PLATFORM_` number of `mach-o/loader.h`.
    pub platform: u32,
    minimum: u32,
}

impl System {
    /// The oldest version it runs on: two numbers, or three where the last is not 0.
    pub fn minimum(self) -> String {
        let (major, minor, patch) = (self.minimum >> 16, self.minimum >> 8 & 0xff, self.minimum & 0xff);
        if patch == 0 { format!("{major}.{minor}") } else { format!("{major}.{minor}.{patch}") }
    }

    pub fn platform_name(self) -> String {
        match self.platform {
            1 => "macOS".into(),
            2 => "iOS".into(),
            6 => "Mac Catalyst".into(),
            7 => "the iOS simulator".into(),
            other => format!("platform {other}"),
        }
    }
}

/// The libraries in a file: one, or one for each processor of a universal file.
pub fn read(path: &Path) -> Result<Vec<Library>> {
    let data = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&data).map_err(|error| format!("{}: {error}", path.display()))
}

pub fn parse(data: &[u8]) -> Result<Vec<Library>> {
    let Ok(universal) = MachOFatFile32::parse(data) else {
        return Ok(vec![library(data, None)?]);
    };
    let arches = universal.arches().iter();
    arches
        .map(|arch| {
            let part = arch.data(data).map_err(|error| format!("a broken universal file: {error}"))?;
            library(part, Some(arch_name(arch.architecture())))
        })
        .collect()
}

/// A file that the linker made.
pub fn linked(path: &Path) -> Result<Object> {
    let data = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    object(path.display().to_string(), &data)
}

/// Where a symbol is in a file that the linker made.
pub fn address(path: &Path, symbol: &str) -> Result<u64> {
    let explain = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let data = fs::read(path).map_err(|error| explain(&error))?;
    let file = MachOFile64::<Endianness>::parse(&*data).map_err(|error| explain(&error))?;
    let found = file.symbols().find(|found| found.name() == Ok(symbol)).map(|found| found.address());
    found.ok_or_else(|| format!("{}: no {symbol}", path.display()))
}

fn library(data: &[u8], arch: Option<&'static str>) -> Result<Library> {
    let archive = ArchiveFile::parse(data).map_err(|error| format!("not a static library: {error}"))?;
    let mut objects = Vec::new();
    for member in archive.members() {
        let broken = |error: object::Error| format!("a broken static library: {error}");
        let member = member.map_err(broken)?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        objects.push(object(name, member.data(data).map_err(broken)?)?);
    }
    let first = objects.first().ok_or("an empty static library")?;
    Ok(Library { arch: arch.unwrap_or(first.arch), objects })
}

fn object(name: String, data: &[u8]) -> Result<Object> {
    let broken = |error: object::Error| format!("{name}: not an object for Apple's systems: {error}");
    let file = MachOFile64::<Endianness>::parse(data).map_err(broken)?;
    let (mut defined, mut undefined) = (Vec::new(), Vec::new());
    for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
        let symbols = if symbol.is_undefined() { &mut undefined } else { &mut defined };
        symbols.push(symbol.name().map_err(broken)?.to_owned());
    }
    let system = system(data).map_err(broken)?;
    Ok(Object { arch: arch_name(file.architecture()), system, defined, undefined, name })
}

fn system(data: &[u8]) -> object::Result<Option<System>> {
    let header = MachHeader64::<Endianness>::parse(data, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        match command.variant()? {
            LoadCommandVariant::BuildVersion(version) => {
                let platform = version.platform.get(endian);
                return Ok(Some(System { platform, minimum: version.minos.get(endian) }));
            }
            LoadCommandVariant::VersionMin(version) => {
                let platform = match command.cmd() {
                    LC_VERSION_MIN_MACOSX => 1,
                    LC_VERSION_MIN_IPHONEOS => 2,
                    LC_VERSION_MIN_TVOS => 3,
                    LC_VERSION_MIN_WATCHOS => 4,
                    _ => 0,
                };
                return Ok(Some(System { platform, minimum: version.version.get(endian) }));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn arch_name(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Aarch64 => "arm64",
        Architecture::X86_64 => "x86_64",
        _ => "another processor",
    }
}
