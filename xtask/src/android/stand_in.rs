//! Libraries without code: what `libduet.so` of an ABI looks like from outside. With them the packer and
//! every check run where no NDK can build the real ones. They are never put where a release goes.

use std::collections::BTreeSet;

use object::elf;
use object::write::elf::{FileHeader, ProgramHeader, Sym, Writer};
use object::{Endianness, write};

use super::abi::Abi;
use super::elf::PAGE;
use crate::shell::Result;

/// How to make one, and what a test breaks in it.
pub struct StandIn {
    pub abi: Abi,
    pub page: u64,
    pub soname: &'static str,
    pub needed: Vec<&'static str>,
    pub text_relocations: bool,
    pub exports: BTreeSet<String>,
}

impl StandIn {
    pub fn new(abi: Abi, exports: BTreeSet<String>) -> Self {
        let needed = vec!["libc.so", "libdl.so", "liblog.so", "libm.so"];
        StandIn { abi, page: PAGE, soname: "libduet.so", needed, text_relocations: false, exports }
    }

    pub fn build(&self) -> Result<Vec<u8>> {
        self.write().map_err(|error| format!("a stand-in for {}: {error}", self.abi.name))
    }

    fn write(&self) -> write::Result<Vec<u8>> {
        let mut file = Vec::new();
        let mut writer = Writer::new(Endianness::Little, self.abi.wide, &mut file);

        // First where everything goes ...
        writer.reserve_file_header();
        writer.reserve_program_headers(3);
        writer.reserve_null_section_index();
        let dynsym = writer.reserve_dynsym_section_index();
        writer.reserve_dynstr_section_index();
        writer.reserve_hash_section_index();
        writer.reserve_dynamic_section_index();
        writer.reserve_shstrtab_section_index();
        writer.reserve_null_dynamic_symbol_index();
        let names: Vec<_> = self.exports.iter().map(|name| writer.add_dynamic_string(name.as_bytes())).collect();
        for _ in &names {
            writer.reserve_dynamic_symbol_index();
        }
        let soname = writer.add_dynamic_string(self.soname.as_bytes());
        let needed: Vec<_> =
            self.needed.iter().map(|name| writer.add_dynamic_string(name.as_bytes())).collect();
        let count = names.len() as u32 + 1;
        let symbols_at = writer.reserve_dynsym() as u64;
        let strings_at = writer.reserve_dynstr() as u64;
        let hash_at = writer.reserve_hash(1, count) as u64;
        let code_end = writer.reserved_len() as u64;
        writer.reserve_until((code_end.next_multiple_of(self.page)) as usize);
        let entries = 6 + needed.len() + usize::from(self.text_relocations);
        let dynamic_at = writer.reserve_dynamic(entries) as u64;
        let data_end = writer.reserved_len() as u64;
        writer.reserve_shstrtab();
        writer.reserve_section_headers();

        // ... then what it is. Places in memory are those in the file.
        writer.write_file_header(&FileHeader {
            os_abi: 0,
            abi_version: 0,
            e_type: elf::ET_DYN,
            e_machine: self.abi.machine,
            e_entry: 0,
            e_flags: 0,
        })?;
        writer.write_align_program_headers();
        let mut segment = |kind, flags, from: u64, to: u64, align| {
            writer.write_program_header(&ProgramHeader {
                p_type: kind,
                p_flags: flags,
                p_offset: from,
                p_vaddr: from,
                p_paddr: from,
                p_filesz: to - from,
                p_memsz: to - from,
                p_align: align,
            });
        };
        segment(elf::PT_LOAD, elf::PF_R | elf::PF_X, 0, code_end, self.page);
        segment(elf::PT_LOAD, elf::PF_R | elf::PF_W, dynamic_at, data_end, self.page);
        segment(elf::PT_DYNAMIC, elf::PF_R | elf::PF_W, dynamic_at, data_end, 8);
        writer.write_null_dynamic_symbol();
        for name in names {
            writer.write_dynamic_symbol(&Sym {
                name: Some(name),
                section: Some(dynsym),
                st_info: (elf::STB_GLOBAL << 4) | elf::STT_FUNC,
                st_other: elf::STV_DEFAULT,
                st_shndx: 0,
                st_value: symbols_at,
                st_size: 0,
            });
        }
        writer.write_dynstr();
        writer.write_hash(1, count, |index| (index > 0).then_some(0));
        writer.pad_until(dynamic_at as usize);
        writer.write_align_dynamic();
        for name in needed {
            writer.write_dynamic_string(elf::DT_NEEDED, name)?;
        }
        writer.write_dynamic_string(elf::DT_SONAME, soname)?;
        writer.write_dynamic(elf::DT_SYMTAB, symbols_at)?;
        writer.write_dynamic(elf::DT_STRTAB, strings_at)?;
        writer.write_dynamic(elf::DT_HASH, hash_at)?;
        writer.write_dynamic(elf::DT_FLAGS, 0)?;
        if self.text_relocations {
            writer.write_dynamic(elf::DT_TEXTREL, 0)?;
        }
        writer.write_dynamic(elf::DT_NULL, 0)?;
        writer.write_shstrtab();
        writer.write_null_section_header();
        writer.write_dynsym_section_header(symbols_at, 1);
        writer.write_dynstr_section_header(strings_at);
        writer.write_hash_section_header(hash_at);
        writer.write_dynamic_section_header(dynamic_at);
        writer.write_shstrtab_section_header();
        Ok(file)
    }
}
