//! The kinds of Android machines that the package is for.

use object::elf;

/// The oldest Android that the package is for.
pub const MIN_SDK: u32 = 24;

/// What one kind of machine asks of a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abi {
    /// Android's name for it: the folder in the package.
    pub name: &'static str,
    /// Rust's name for it.
    pub target: &'static str,
    /// Whether pointers have 64 bits.
    pub wide: bool,
    /// ELF's number of the machine.
    pub machine: u16,
}

/// Phones, old phones, and emulators. 32-bit x86 has no devices left that run a supported Android.
pub const ABIS: [Abi; 3] = [
    Abi { name: "arm64-v8a", target: "aarch64-linux-android", wide: true, machine: elf::EM_AARCH64 },
    Abi { name: "armeabi-v7a", target: "armv7-linux-androideabi", wide: false, machine: elf::EM_ARM },
    Abi { name: "x86_64", target: "x86_64-linux-android", wide: true, machine: elf::EM_X86_64 },
];

impl Abi {
    pub fn named(name: &str) -> Result<Self, String> {
        ABIS.into_iter().find(|abi| abi.name == name).ok_or_else(|| {
            let known = ABIS.map(|abi| abi.name).join(", ");
            format!("`{name}` is no kind of machine that the package is for; these are: {known}")
        })
    }
}
