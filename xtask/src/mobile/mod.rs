//! Rust for Android and iOS on a machine that has neither the NDK nor Xcode: the standard library is built
//! from its source, C is compiled with headers that come close. So every line for those platforms is
//! compiled and linted on every machine, and static libraries for iOS are built; what ships is built with
//! the platforms' own kits.
//!
//! Everything lives in `$HOME/.cache/duet/mobile`, for all checkouts.

mod c;
mod rust;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Result, cache_dir, command};

#[derive(clap::Args)]
pub struct Args {
    /// Rust's names of the targets; none: all.
    targets: Vec<String>,
}

/// The oldest iOS we run on.
pub const IOS: &str = "16.0";

/// A kind of phone, as Rust and clang name it.
pub struct Target {
    /// Rust's name.
    pub triple: &'static str,
    clang: &'static str,
    /// For Android: Zig's folders with musl's and Linux's headers of the processor.
    headers: [&'static str; 2],
}

impl Target {
    pub fn is_apple(&self) -> bool {
        self.triple.contains("-apple-")
    }
}

/// Every kind of phone and simulator that we build for.
pub const TARGETS: &[Target] = &[
    Target {
        triple: "aarch64-linux-android",
        clang: "aarch64-linux-android24",
        headers: ["aarch64-linux-musl", "aarch64-linux-any"],
    },
    Target {
        triple: "armv7-linux-androideabi",
        clang: "armv7-linux-androideabi24",
        headers: ["arm-linux-musl", "arm-linux-any"],
    },
    Target {
        triple: "x86_64-linux-android",
        clang: "x86_64-linux-android24",
        headers: ["x86_64-linux-musl", "x86-linux-any"],
    },
    Target { triple: "aarch64-apple-ios", clang: "arm64-apple-ios16.0", headers: ["", ""] },
    Target { triple: "aarch64-apple-ios-sim", clang: "arm64-apple-ios16.0-simulator", headers: ["", ""] },
    Target { triple: "x86_64-apple-ios", clang: "x86_64-apple-ios16.0-simulator", headers: ["", ""] },
];

/// Cargo for the mobile targets. While it lives, the target folder is its own.
pub struct Toolchain {
    rust: PathBuf,
    c: c::Kit,
    target_dir: PathBuf,
    _lock: File,
}

/// Gets what is missing, once: a minute and some 900 MB. Waits until no other checkout uses it.
///
/// # Errors
/// What is missing and cannot be got, and how to get it by hand.
pub fn prepare() -> Result<Toolchain> {
    let cache = cache_dir()?.join("mobile");
    let io = |error: std::io::Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(&cache).map_err(io)?;
    let lock = File::create(cache.join("lock")).map_err(io)?;
    if lock.try_lock().is_err() {
        eprintln!("waiting for another build for Android or iOS");
        lock.lock().map_err(io)?;
    }
    let rust = rust::prepare(&cache)?;
    let c = c::Kit::prepare(&cache)?;
    Ok(Toolchain { rust, c, target_dir: cache.join("target"), _lock: lock })
}

impl Toolchain {
    /// Cargo's `words[0]` with the rest of `words`, for `triple`, in the workspace's folder. Build, check and
    /// clippy work; what links a program or a dynamic library does not.
    ///
    /// # Errors
    /// `triple` is none of [`TARGETS`].
    pub fn cargo(&self, triple: &str, words: &[&str]) -> Result<Command> {
        let target = TARGETS.iter().find(|target| target.triple == triple).ok_or_else(|| {
            let known: Vec<&str> = TARGETS.iter().map(|target| target.triple).collect();
            format!("{triple} is none of {}", known.join(", "))
        })?;
        let (task, rest) = words.split_first().ok_or("cargo needs a task")?;
        let bin = self.rust.join("bin");
        let mut cargo = command(bin.join("cargo"), &[task, "--target", triple]);
        cargo.args(["-Z", "build-std=std,panic_abort"]).args(rest);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(bin.clone()).chain(std::env::split_paths(&path)));
        cargo
            .env("PATH", path.map_err(|error| format!("{}: {error}", bin.display()))?)
            .env("RUSTC", bin.join("rustc"))
            .env("RUSTDOC", bin.join("rustdoc"))
            // What makes -Z work in a stable toolchain, and the standard library build.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_DIR", &self.target_dir)
            // The toolchain that runs us has put its own libraries there.
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("RUSTUP_TOOLCHAIN");
        self.c.set(&mut cargo, target);
        Ok(cargo)
    }

    /// Where cargo puts what it builds: below it, a folder for each target.
    pub fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    /// A folder laid out as an iOS SDK, for linking: headers and `usr/lib/libSystem.tbd`, no frameworks.
    pub fn ios_sdk(&self) -> &Path {
        self.c.ios_sdk()
    }
}

/// What is compiled for every target: the engine and the library, with the codecs of the platform. The
/// software ones are left out: for Android their C++ needs the NDK's headers.
const CHECKED: &[&str] =
    &["-p", "duet-core", "-p", "duet-ffi", "--no-default-features", "--features", "platform-codecs"];

pub fn run(args: &Args) -> Result {
    let all = TARGETS.iter().map(|target| target.triple).filter(|_| args.targets.is_empty());
    let triples: Vec<&str> = args.targets.iter().map(String::as_str).chain(all).collect();
    check(&triples)
}

/// Compiles and lints the engine and the library for each of `triples`.
///
/// # Errors
/// What is missing, or the first target that does not compile without a warning.
pub fn check(triples: &[&str]) -> Result {
    let toolchain = prepare()?;
    for triple in triples {
        let words = [&["clippy"], CHECKED, &["-p", "duet-codecs", "--", "-D", "warnings"]].concat();
        shell::run(toolchain.cargo(triple, &words)?)?;
    }
    Ok(())
}
