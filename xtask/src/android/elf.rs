//! What Android's loader and Google Play ask of a library, checked in the file itself.

use std::collections::BTreeSet;

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader, Sym};
use object::{Endianness, FileKind};

use super::abi::Abi;
use crate::shell::Result;

/// Pages of devices since Android 15 have up to 16 KB; Google Play demands it of 64-bit libraries.
/// <https://developer.android.com/guide/practices/page-sizes>
pub const PAGE: u64 = 16_384;

/// What is on every device since API 24, under these names for apps. `libaaudio.so` is not: it came with 26.
/// <https://developer.android.com/ndk/guides/stable_apis>
const SYSTEM: &[&str] = &[
    "libEGL.so",
    "libGLESv2.so",
    "libGLESv3.so",
    "libOpenSLES.so",
    "libandroid.so",
    "libc.so",
    "libcamera2ndk.so",
    "libdl.so",
    "libjnigraphics.so",
    "liblog.so",
    "libm.so",
    "libmediandk.so",
    "libz.so",
];

/// What of a shared library the checks look at.
#[derive(Debug, PartialEq, Eq)]
pub struct Library {
    pub wide: bool,
    pub machine: u16,
    /// Of each loaded segment: its alignment, its place in the file, its place in memory.
    pub segments: Vec<(u64, u64, u64)>,
    pub soname: Option<String>,
    pub needed: Vec<String>,
    pub text_relocations: bool,
    pub exports: BTreeSet<String>,
}

impl Library {
    pub fn parse(data: &[u8]) -> Result<Self> {
        let library = match FileKind::parse(data) {
            Ok(FileKind::Elf32) => read::<FileHeader32<Endianness>>(data),
            Ok(FileKind::Elf64) => read::<FileHeader64<Endianness>>(data),
            Ok(other) => return Err(format!("it is a {other:?} file; Android's libraries are ELF")),
            Err(error) => return Err(format!("it is no library: {error}")),
        };
        library.map_err(|error| format!("it is a broken library: {error}"))
    }

    /// Segments that devices with pages of 16 KB cannot map. None of those is 32-bit.
    pub fn page_findings(&self) -> Vec<String> {
        let small = self.segments.iter().filter(|(alignment, ..)| self.wide && *alignment < PAGE);
        let told = |(alignment, ..): &(u64, u64, u64)| {
            format!(
                "a segment is aligned to {alignment} bytes, not {PAGE}: link with -z max-page-size={PAGE}"
            )
        };
        small.map(told).collect()
    }

    /// What is wrong with it as `libduet.so` of an ABI that must export these names.
    pub fn findings(&self, abi: &Abi, wanted: &BTreeSet<String>) -> Vec<String> {
        let mut found = Vec::new();
        let bits = |wide| if wide { 64 } else { 32 };
        if self.wide != abi.wide || self.machine != abi.machine {
            let (is, should) = ((bits(self.wide), self.machine), (bits(abi.wide), abi.machine));
            found.push(format!(
                "it is for another machine: ELF class {} and machine {}, not {} and {}",
                is.0, is.1, should.0, should.1
            ));
        }
        if self.segments.is_empty() {
            found.push("nothing of it is loaded".into());
        }
        found.extend(self.page_findings());
        for (alignment, offset, address) in &self.segments {
            if *alignment > 1 && offset % alignment != address % alignment {
                found.push(format!("a segment at {offset:#x} of the file cannot be mapped at {address:#x}"));
            }
        }
        if self.soname.as_deref() != Some("libduet.so") {
            found.push(format!("its SONAME is {:?}, not libduet.so", self.soname));
        }
        for name in self.needed.iter().filter(|name| !SYSTEM.contains(&name.as_str())) {
            found.push(format!("it needs {name}, which is not on every device: link it statically"));
        }
        if self.text_relocations {
            found.push(
                "its code has relocations, which Android refuses: compile everything with -fPIC".into(),
            );
        }
        let missing: Vec<&str> = wanted.difference(&self.exports).map(String::as_str).collect();
        if let Some(first) = missing.first() {
            found.push(format!(
                "it does not export {} functions that are called, {first} first",
                missing.len()
            ));
        }
        found
    }
}

fn read<E: FileHeader<Endian = Endianness>>(data: &[u8]) -> object::Result<Library> {
    let header = E::parse(data)?;
    let endian = header.endian()?;
    let mut library = Library {
        wide: header.is_class_64(),
        machine: header.e_machine(endian),
        segments: Vec::new(),
        soname: None,
        needed: Vec::new(),
        text_relocations: false,
        exports: BTreeSet::new(),
    };
    for segment in header.program_headers(endian, data)? {
        if segment.p_type(endian) == elf::PT_LOAD {
            let [alignment, offset, address] =
                [segment.p_align(endian), segment.p_offset(endian), segment.p_vaddr(endian)].map(Into::into);
            library.segments.push((alignment, offset, address));
        }
    }
    let sections = header.sections(endian, data)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let dynamic = sections.dynamic_table(endian, data)?;
    for entry in &dynamic {
        match entry.tag {
            elf::DT_SONAME => library.soname = Some(text(dynamic.string(entry)?)),
            elf::DT_NEEDED => library.needed.push(text(dynamic.string(entry)?)),
            elf::DT_TEXTREL => library.text_relocations = true,
            elf::DT_FLAGS => library.text_relocations |= entry.val & u64::from(elf::DF_TEXTREL) != 0,
            _ => {}
        }
    }
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    for symbol in symbols.iter() {
        let global = matches!(symbol.st_bind(), elf::STB_GLOBAL | elf::STB_WEAK);
        if global && !symbol.is_undefined(endian) && symbol.st_visibility() == elf::STV_DEFAULT {
            library.exports.insert(text(symbol.name(endian, symbols.strings())?));
        }
    }
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::android::abi::ABIS;
    use crate::android::stand_in::StandIn;

    fn names() -> BTreeSet<String> {
        ["duet_version", "uniffi_duet_fn_free_nativecall"].map(str::to_owned).into()
    }

    /// What is said of a stand-in for an ABI, after something was broken in it.
    fn findings(abi: Abi, breakage: impl Fn(&mut StandIn)) -> Vec<String> {
        let mut library = StandIn::new(abi, names());
        breakage(&mut library);
        Library::parse(&library.build().unwrap()).unwrap().findings(&abi, &names())
    }

    #[test]
    fn a_library_as_it_should_be_is_found_to_be_so() {
        for abi in ABIS {
            assert_eq!(findings(abi, |_| ()), Vec::<String>::new(), "{}", abi.name);
        }
    }

    #[test]
    fn a_library_for_another_machine_is_found() {
        for (abi, other) in [(ABIS[0], ABIS[1]), (ABIS[0], ABIS[2]), (ABIS[1], ABIS[0])] {
            let found = findings(abi, |library| library.abi = other);
            assert!(found[0].contains("another machine"), "{found:?}");
        }
    }

    #[test]
    fn pages_of_4_kb_are_found_where_they_matter() {
        let found = findings(ABIS[0], |library| library.page = 4096);
        assert_eq!(found.len(), 2, "both segments: {found:?}");
        assert!(found[0].contains("aligned to 4096 bytes"));
        // No 32-bit device has larger pages.
        assert_eq!(findings(ABIS[1], |library| library.page = 4096), Vec::<String>::new());
    }

    #[test]
    fn a_missing_function_is_found() {
        let found = findings(ABIS[0], |library| {
            library.exports.remove("duet_version");
        });
        assert_eq!(found, ["it does not export 1 functions that are called, duet_version first"]);
    }

    #[test]
    fn libraries_that_devices_lack_a_wrong_name_and_code_to_be_patched_are_found() {
        let found = findings(ABIS[2], |library| library.needed.push("libc++_shared.so"));
        assert!(found[0].contains("needs libc++_shared.so"), "{found:?}");
        let found = findings(ABIS[2], |library| library.soname = "libother.so");
        assert!(found[0].contains("libother.so"), "{found:?}");
        let found = findings(ABIS[2], |library| library.text_relocations = true);
        assert!(found[0].contains("-fPIC"), "{found:?}");
    }

    #[test]
    fn what_is_no_library_is_refused() {
        assert!(Library::parse(b"#!/bin/sh").unwrap_err().contains("no library"));
        let whole = StandIn::new(ABIS[0], names()).build().unwrap();
        for end in [20, 64, 200, whole.len() - 40] {
            assert!(Library::parse(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}
