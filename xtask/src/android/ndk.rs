//! Building the libraries with Android's NDK.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::abi::{ABIS, Abi, MIN_SDK};
use super::elf::PAGE;
use crate::setup;
use crate::shell::{self, Result, command, target_dir};

/// The first long-term release whose own tools make 16 KB pages the default.
const NDK: &str = "28.2.13676358";

/// An NDK on this machine.
pub struct Ndk {
    folder: PathBuf,
}

impl Ndk {
    /// The NDK that the environment names, or the newest in the SDK's folder. The error says what is missing and how
    /// to get it.
    pub fn find() -> Result<Self> {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let ndk = Self::find_in(&variable)?;
        ndk.check_targets()?;
        Ok(ndk)
    }

    fn find_in(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self> {
        for name in ["ANDROID_NDK_HOME", "ANDROID_NDK_ROOT"] {
            if let Some(folder) = variable(name).map(PathBuf::from) {
                if is_ndk(&folder) {
                    return Ok(Ndk { folder });
                }
                return Err(format!("{name} is {}, where there is no NDK. {}", folder.display(), advice()));
            }
        }
        let sdks = ["ANDROID_HOME", "ANDROID_SDK_ROOT"].into_iter().filter_map(variable).map(PathBuf::from);
        let home = variable("HOME").map(|home| PathBuf::from(home).join("Android/Sdk"));
        let newest = sdks.chain(home).find_map(|sdk| newest_in(&sdk.join("ndk")));
        newest.map(|folder| Ndk { folder }).ok_or_else(|| format!("missing: Android's NDK. {}", advice()))
    }

    fn check_targets(&self) -> Result {
        let installed = shell::output("rustc", &["--print", "sysroot"])?;
        let libraries = Path::new(&installed).join("lib/rustlib");
        let missing: Vec<&str> =
            ABIS.iter().map(|abi| abi.target).filter(|target| !libraries.join(target).exists()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("missing: Rust's standard library for Android: rustup target add {}", missing.join(" ")))
    }

    /// Builds the library of every ABI, stripped. What was stripped lies beside them, to make sense of crashes.
    pub fn build(&self) -> Result<Vec<(Abi, PathBuf)>> {
        let tool = setup::cargo_ndk()?;
        let out = target_dir().join("android/libraries");
        let mut built = Vec::new();
        for abi in ABIS {
            // cargo-ndk is a subcommand: its own name comes first.
            let mut build = command(&tool, &["ndk", "--target", abi.name, "--platform"]);
            build.arg(MIN_SDK.to_string()).args(["build", "--release", "--package", "duet-ffi", "--lib"]);
            // The device's codecs, and H.264 of our own where they fail.
            build.args(["--features", "platform-codecs"]);
            build.env("ANDROID_NDK_HOME", &self.folder).env("RUSTFLAGS", flags());
            // C++ is linked in: an app's other libraries may bring another version of it.
            build.env("CXXSTDLIB", "c++_static").env("CARGO_PROFILE_RELEASE_STRIP", "none");
            build
                .env("CARGO_PROFILE_RELEASE_SPLIT_DEBUGINFO", "off")
                .env("CARGO_PROFILE_RELEASE_LTO", "thin");
            shell::run(build)?;
            let whole = target_dir().join(abi.target).join("release/libduet.so");
            let (symbols, stripped) = (out.join("symbols").join(abi.name), out.join("jni").join(abi.name));
            for folder in [&symbols, &stripped] {
                fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            }
            let [symbols, stripped] = [symbols, stripped].map(|folder| folder.join("libduet.so"));
            fs::copy(&whole, &symbols).map_err(|error| format!("{}: {error}", whole.display()))?;
            let mut strip = command(self.strip()?, &["--strip-unneeded", "-o"]);
            strip.arg(&stripped).arg(&symbols);
            shell::run(strip)?;
            built.push((abi, stripped));
        }
        super::write_symbols(&out)?;
        Ok(built)
    }

    /// The NDK's strip, whatever computer this is.
    fn strip(&self) -> Result<PathBuf> {
        let hosts = self.folder.join("toolchains/llvm/prebuilt");
        let listing = fs::read_dir(&hosts).map_err(|error| format!("{}: {error}", hosts.display()))?;
        let programs = listing.flatten().map(|host| host.path().join("bin/llvm-strip"));
        programs
            .into_iter()
            .find(|path| path.exists())
            .ok_or_else(|| format!("{} has no llvm-strip", hosts.display()))
    }
}

/// What rustc is told: pages of 16 KB, C++'s runtime, a name, and paths that are the same on every machine.
fn flags() -> String {
    let mut flags = vec![
        format!("-Clink-arg=-Wl,-z,max-page-size={PAGE}"),
        format!("-Clink-arg=-Wl,-z,common-page-size={PAGE}"),
        "-Clink-arg=-Wl,-soname,libduet.so".to_owned(),
        "-Clink-arg=-lc++abi".to_owned(),
    ];
    let home = |variable: &str, folder: &str| {
        env::var_os(variable)
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(folder)))
    };
    let places = [
        (Some(shell::root()), "/duet"),
        (home("CARGO_HOME", ".cargo"), "/cargo"),
        (home("RUSTUP_HOME", ".rustup"), "/rustup"),
        (Some(target_dir()), "/target"),
    ];
    for (from, to) in places {
        if let Some(from) = from {
            flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        }
    }
    flags.join(" ")
}

fn advice() -> String {
    let targets = ABIS.map(|abi| abi.target).join(" ");
    format!(
        "To build the libraries, install NDK r28 and Rust's targets:\n    sdkmanager \"ndk;{NDK}\"\n    \
         export ANDROID_NDK_HOME=$ANDROID_HOME/ndk/{NDK}\n    rustup target add {targets}\n\
         or give libraries that were built elsewhere: --so arm64-v8a=PATH"
    )
}

fn is_ndk(folder: &Path) -> bool {
    folder.join("source.properties").exists() && folder.join("toolchains/llvm").exists()
}

/// The highest version in a folder of NDKs.
fn newest_in(folder: &Path) -> Option<PathBuf> {
    let version = |path: &PathBuf| -> Vec<u32> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    };
    let found = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    found.filter(|path| is_ndk(path)).max_by_key(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ndk(folder: &Path) {
        fs::create_dir_all(folder.join("toolchains/llvm")).unwrap();
        fs::write(folder.join("source.properties"), "Pkg.Revision = 28").unwrap();
    }

    #[test]
    fn without_an_ndk_it_is_told_what_to_install() {
        let told = Ndk::find_in(&|_| None).err().unwrap();
        for word in
            ["sdkmanager \"ndk;28.", "ANDROID_NDK_HOME", "rustup target add aarch64-linux-android", "--so"]
        {
            assert!(told.contains(word), "{told}");
        }
    }

    #[test]
    fn a_variable_that_names_no_ndk_is_named() {
        let told =
            Ndk::find_in(&|name| (name == "ANDROID_NDK_ROOT").then(|| "/nowhere".into())).err().unwrap();
        assert!(told.starts_with("ANDROID_NDK_ROOT is /nowhere"), "{told}");
    }

    #[test]
    fn the_newest_ndk_of_an_sdk_is_taken() {
        let sdk = env::temp_dir().join(format!("duet-sdk-{}", std::process::id()));
        for version in ["9.0.1", "28.2.13676358", "27.0.1"] {
            ndk(&sdk.join("ndk").join(version));
        }
        fs::create_dir_all(sdk.join("ndk/29.0.0")).unwrap();
        let found = Ndk::find_in(&|name| (name == "ANDROID_HOME").then(|| sdk.clone().into())).unwrap();
        assert!(found.folder.ends_with("28.2.13676358"));
        fs::remove_dir_all(sdk).unwrap();
    }
}
