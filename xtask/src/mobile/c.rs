//! C and C++ for the mobile targets, as far as a machine without the platforms' own kits can have them:
//! enough to check, and to build static libraries for iOS. What ships is built with the NDK and with Xcode.
//!
//! The compiler is clang 19; the headers are
//!
//! * for Android: musl's (MIT) and Linux's (GPL-2.0 with the syscall note), in place of bionic's. Only C
//!   can be checked with them, and nothing built with them may be shipped;
//! * for iOS: Darwin's (Apple Public Source License 2.0) and, for C++, LLVM's libc++ (Apache-2.0 with the
//!   LLVM exception).
//!
//! musl's, Linux's and Darwin's come with Zig (MIT), whose package carries them for every target.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{IOS, Target};
use crate::setup;
use crate::shell::{self, Result, command};

/// Zig's package on PyPI, one wheel of it on every machine: only its headers are used.
const ZIG: &str = "0.17.0";
const ZIG_PLATFORM: &str = "manylinux_2_12_x86_64";
const ZIG_SHA256: &str = "97079827064a7492cce5541ceb438ae8003ce1e54e399676da2d62fb7a5dc08b";
/// What of it is kept, below `ziglang/lib`.
const KEPT: &[&str] = &[
    "libc/darwin",
    "libc/include/any-darwin-any",
    "libc/include/generic-musl",
    "libc/include/any-linux-any",
    "libc/include/aarch64-linux-musl",
    "libc/include/aarch64-linux-any",
    "libc/include/arm-linux-musl",
    "libc/include/arm-linux-any",
    "libc/include/x86_64-linux-musl",
    "libc/include/x86-linux-any",
];

/// The one of Apple's headers that Zig does not have and we need.
const OS_LOG: &str = include_str!("os_log.h");

/// Compilers and headers, ready.
pub struct Kit {
    headers: PathBuf,
    programs: PathBuf,
    sdk: PathBuf,
    /// Headers of our own.
    own: PathBuf,
}

impl Kit {
    /// Gets the headers, once, and writes the compilers' wrappers.
    pub fn prepare(cache: &Path) -> Result<Self> {
        setup::install_mobile()?;
        let headers = cache.join(format!("zig-{ZIG}"));
        if !headers.is_dir() {
            get_headers(&headers)?;
        }
        let kit = Kit {
            headers,
            programs: cache.join("programs"),
            sdk: cache.join("ios-sdk"),
            own: cache.join("headers"),
        };
        let io = |error: std::io::Error| format!("{}: {error}", cache.display());
        fs::create_dir_all(&kit.programs).map_err(io)?;
        fs::create_dir_all(kit.own.join("os")).map_err(io)?;
        fs::write(kit.own.join("os/log.h"), OS_LOG).map_err(io)?;
        for target in super::TARGETS {
            kit.write_wrapper(target, "clang")?;
            kit.write_wrapper(target, "clang++")?;
        }
        // Laid out as Apple's SDKs are: compilers and linkers look for headers and stubs below `usr`.
        fs::create_dir_all(kit.sdk.join("usr/lib")).map_err(io)?;
        link(&kit.headers.join("libc/include/any-darwin-any"), &kit.sdk.join("usr/include"))?;
        link(&kit.headers.join("libc/darwin/libSystem.tbd"), &kit.sdk.join("usr/lib/libSystem.tbd"))?;
        Ok(kit)
    }

    /// A folder laid out as an iOS SDK: Darwin's headers, and the stub of the system's library with the
    /// names that a linked program may use (it is macOS's list). No frameworks.
    pub fn ios_sdk(&self) -> &Path {
        &self.sdk
    }

    /// Says to `command`, a cargo, what C is compiled with for `target`.
    pub fn set(&self, command: &mut Command, target: &Target) {
        let name = target.triple.replace('-', "_");
        command
            .env(format!("CC_{name}"), self.wrapper(target, "clang"))
            .env(format!("CXX_{name}"), self.wrapper(target, "clang++"))
            .env(format!("AR_{name}"), "llvm-ar-19")
            .env(format!("RANLIB_{name}"), "llvm-ranlib-19");
        if target.is_apple() {
            command.env("SDKROOT", &self.sdk).env("IPHONEOS_DEPLOYMENT_TARGET", IOS);
        }
    }

    fn wrapper(&self, target: &Target, compiler: &str) -> PathBuf {
        self.programs.join(format!("{compiler}-{}", target.triple))
    }

    /// A compiler that knows its target: build scripts split flags at spaces, which a home folder's name
    /// may have.
    fn write_wrapper(&self, target: &Target, compiler: &str) -> Result {
        let file = self.wrapper(target, compiler);
        let mut flags = vec![format!("--target={}", target.clang)];
        if target.is_apple() {
            flags.extend(["-isysroot".into(), quote(&self.sdk), "-idirafter".into(), quote(&self.own)]);
            if compiler == "clang++" {
                flags.extend(["-nostdinc++".into(), "-isystem".into(), setup::LIBCXX.into()]);
            }
        } else {
            flags.push("-nostdlibinc".into());
            for folder in [target.headers[0], "generic-musl", target.headers[1], "any-linux-any"] {
                flags.extend(["-isystem".into(), quote(&self.headers.join("libc/include").join(folder))]);
            }
        }
        let text = format!("#!/bin/sh\nexec {compiler}-19 \"$@\" {}\n", flags.join(" "));
        if fs::read_to_string(&file).is_ok_and(|now| now == text) {
            return Ok(());
        }
        let io = |error: std::io::Error| format!("{}: {error}", file.display());
        fs::write(&file, text).map_err(io)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).map_err(io)
    }
}

/// Downloads Zig's package, as its hash says, and keeps the headers.
fn get_headers(headers: &Path) -> Result {
    eprintln!("C headers for Android and iOS: getting them once, into {}", headers.display());
    let partial = headers.with_extension("partial");
    let io = |error: std::io::Error| format!("{}: {error}", partial.display());
    let (download, kept) = (partial.join("download"), partial.join("kept"));
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(io)?;
    }
    fs::create_dir_all(&download).map_err(io)?;
    let wanted = partial.join("requirements.txt");
    fs::write(&wanted, format!("ziglang=={ZIG} --hash=sha256:{ZIG_SHA256}\n")).map_err(io)?;
    let mut pip = command("python3", &["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]);
    pip.args(["--only-binary=:all:", "--platform", ZIG_PLATFORM, "--dest"]).arg(&download);
    pip.arg("--requirement").arg(&wanted);
    shell::run(pip)?;
    let mut files = fs::read_dir(&download).map_err(io)?.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = files.next().ok_or_else(|| format!("pip left nothing in {}", download.display()))?;
    let mut unpack = command("python3", &["-m", "zipfile", "--extract"]);
    unpack.arg(wheel).arg(&download);
    shell::run(unpack)?;
    for folder in KEPT {
        let to = kept.join(folder);
        fs::create_dir_all(to.parent().expect("below `kept`")).map_err(io)?;
        fs::rename(download.join("ziglang/lib").join(folder), to).map_err(io)?;
    }
    fs::rename(download.join("ziglang/LICENSE"), kept.join("LICENSE")).map_err(io)?;
    // Complete from one moment to the next, however this ends.
    fs::rename(&kept, headers).map_err(io)?;
    fs::remove_dir_all(&partial).map_err(io)
}

fn link(original: &Path, link: &Path) -> Result {
    if fs::read_link(link).is_ok_and(|now| now == original) {
        return Ok(());
    }
    let io = |error: std::io::Error| format!("{}: {error}", link.display());
    if link.is_symlink() {
        fs::remove_file(link).map_err(io)?;
    }
    std::os::unix::fs::symlink(original, link).map_err(io)
}

/// A path as one word of a shell's command.
fn quote(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}
