//! What the machine needs, and getting it.

use crate::shell::{self, Result, cache_dir, command, has_program, succeeds};

/// cargo-deny's release whose configuration we follow.
const CARGO_DENY: &str = "0.20.2";

/// What builds with Android's NDK.
const CARGO_NDK: &str = "4.1.2";

#[derive(clap::Args)]
pub struct Args {
    /// Also what the tests need: a browser, a TURN server, node packages, compilers and tools of
    /// the other languages, cargo-deny.
    #[arg(long)]
    tests: bool,
}

/// A Debian package, how to see that it is there, and what it is for.
#[derive(Clone, Copy)]
struct Package {
    name: &'static str,
    present: fn() -> bool,
    purpose: &'static str,
}

const BUILD: &[Package] = &[
    Package { name: "libvpx-dev", present: has_libvpx, purpose: "VP8" },
    Package { name: "pkg-config", present: || has_program("pkg-config"), purpose: "finding libvpx" },
    Package { name: "nasm", present: || has_program("nasm"), purpose: "fast H.264 on x86-64" },
];

const TURN: &[Package] =
    &[Package { name: "coturn", present: || has_program("turnserver"), purpose: "calls over a relay" }];

const BROWSER: &[Package] =
    &[Package { name: "chromium", present: || has_program("chromium"), purpose: "calls with a browser" }];

const C: &[Package] = &[
    Package { name: "clang", present: || has_program("clang"), purpose: "C with a second compiler" },
    Package { name: "cmake", present: || has_program("cmake"), purpose: "the CMake package" },
    Package { name: "valgrind", present: || has_program("valgrind"), purpose: "leaks and bad memory in C" },
];

const KOTLIN: &[Package] = &[
    Package { name: "openjdk-17-jdk-headless", present: || has_program("javac"), purpose: "Kotlin" },
    Package { name: "maven", present: || has_program("mvn"), purpose: "Kotlin" },
];

const ANDROID: &[Package] =
    &[Package { name: "aapt", present: || has_program("aapt2"), purpose: "resources of Android" }];

/// The C compiler and the tools for object files of the mobile targets: one version, so that what they make
/// does not depend on the machine.
const MOBILE: &[Package] = &[
    Package { name: "clang-19", present: || has_program("clang-19"), purpose: "C for Android and iOS" },
    Package {
        name: "lld-19",
        present: || has_program("ld64.lld-19"),
        purpose: "linking for Android and iOS",
    },
    Package {
        name: "llvm-19",
        present: || has_program("llvm-ar-19"),
        purpose: "libraries for Android and iOS",
    },
    Package { name: "libc++-19-dev", present: has_libcxx, purpose: "C++ for iOS" },
    PIP,
];

const PIP: Package =
    Package { name: "python3-pip", present: has_pip, purpose: "headers for Android and iOS, checks" };

/// Where Debian's libc++ 19 has its headers.
pub const LIBCXX: &str = "/usr/lib/llvm-19/include/c++/v1";

fn has_libcxx() -> bool {
    std::path::Path::new(LIBCXX).join("vector").is_file()
}

fn has_pip() -> bool {
    succeeds(command("python3", &["-m", "pip", "--version"]))
}

/// Installs what compiling for Android and iOS needs beside Rust.
pub fn install_mobile() -> Result {
    install(MOBILE)
}

/// Installs what gets tools that are written for Python.
pub fn install_pip() -> Result {
    install(&[PIP])
}

/// Installs what the tests of the package and the sample for Android need.
pub fn install_android_tests() -> Result {
    install(&[KOTLIN, ANDROID, BROWSER].concat())?;
    node_packages()
}

/// Installs what the tests in C and C++ need.
pub fn install_c() -> Result {
    install(C)
}

/// Installs what building and testing Kotlin needs.
pub fn install_kotlin() -> Result {
    install(KOTLIN)
}

/// Installs what the tests of the other languages need, but for Swift.
pub fn install_languages() -> Result {
    install(&[C, KOTLIN].concat())
}

/// Installs the TURN server that tests relay calls over.
pub fn install_turn() -> Result {
    install(TURN)
}

/// Installs what the tests with a browser need, and the packages of all tests for node.
pub fn install_browser() -> Result {
    install(BROWSER)?;
    node_packages()
}

/// What makes a folder with another release of Debian.
pub fn install_debootstrap() -> Result {
    let present = || has_program("debootstrap");
    install(&[Package { name: "debootstrap", present, purpose: "a folder with Swift's compiler" }])
}

/// What to write before a command that only root may run; `None` where we are not allowed to.
pub fn superuser() -> Option<&'static [&'static str]> {
    if succeeds(command("sh", &["-c", "test \"$(id -u)\" = 0"])) {
        Some(&[])
    } else if succeeds(command("sudo", &["-n", "true"])) {
        Some(&["sudo", "-n"])
    } else {
        None
    }
}

/// Installs what building needs.
pub fn install_build() -> Result {
    install(BUILD)
}

/// Installs what building and all tests need, but for Swift's compiler and what compiles for phones.
pub fn install_all() -> Result {
    install(&[BUILD, TURN, BROWSER, C, KOTLIN, ANDROID].concat())?;
    node_packages()
}

pub fn run(args: &Args) -> Result {
    if args.tests {
        install_all()?;
        cargo_deny()?;
    } else {
        install_build()?;
    }
    let vp8 = if has_libvpx() { "H.264, VP8 and Opus" } else { "H.264 and Opus; VP8 needs libvpx-dev" };
    eprintln!("ready: {vp8}. Next: cargo xtask demo");
    Ok(())
}

/// Whether VP8 can be built.
pub fn has_libvpx() -> bool {
    succeeds(command("pkg-config", &["--exists", "vpx"]))
}

/// Installs what the demo would miss; goes on without it where that is not allowed.
pub fn build_packages_if_possible() {
    if let Err(error) = install(BUILD) {
        eprintln!("going on without: {error}");
    }
}

/// Where cargo-deny is.
pub fn cargo_deny() -> Result<std::path::PathBuf> {
    cargo_tool("cargo-deny", CARGO_DENY, &["--version"])
}

/// Where cargo-ndk is.
pub fn cargo_ndk() -> Result<std::path::PathBuf> {
    cargo_tool("cargo-ndk", CARGO_NDK, &["ndk", "--version"])
}

/// Where that version of a program is; installs it the first time. `ask` makes it say its version.
fn cargo_tool(name: &str, version: &str, ask: &[&str]) -> Result<std::path::PathBuf> {
    let tools = cache_dir()?.join("tools");
    let program = tools.join("bin").join(name);
    let current = std::process::Command::new(&program).args(ask).output();
    let wanted = format!("{name} {version}");
    if current.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == wanted) {
        return Ok(program);
    }
    let root = tools.to_string_lossy().into_owned();
    // A debug build takes half the time to make, and the tool is done in a second either way.
    let mut install = shell::cargo(&[
        "install",
        name,
        "--version",
        version,
        "--locked",
        "--debug",
        "--force",
        "--root",
        &root,
    ]);
    install.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TARGET_DIR", cache_dir()?.join("tools-target"));
    shell::run(install)?;
    Ok(program)
}

/// Folders with tests for node, below the root.
pub const NODE_TESTS: [&str; 2] = ["server/tests/browser", "server/tests/node"];

/// The packages of the tests for node, from their lock files.
pub fn node_packages() -> Result {
    if !has_program("npm") {
        return Err("node and npm are missing: install node 20 or newer for the browser tests".into());
    }
    for folder in NODE_TESTS.map(|folder| shell::root().join(folder)) {
        let modified =
            |file: &str| folder.join(file).metadata().and_then(|metadata| metadata.modified()).ok();
        // npm writes the first when it installed what the second says.
        if modified("node_modules/.package-lock.json") < modified("package-lock.json") {
            let mut install = command("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
            install.current_dir(&folder);
            shell::run(install)?;
        }
    }
    Ok(())
}

fn install(packages: &[Package]) -> Result {
    let missing: Vec<&Package> = packages.iter().filter(|package| !(package.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for package in &missing {
        eprintln!("missing: {} ({})", package.name, package.purpose);
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let by_hand = format!("install them by hand: {}", names.join(" "));
    if !has_program("apt-get") {
        return Err(format!("no apt-get on this system; {by_hand}"));
    }
    let Some(superuser) = superuser() else {
        return Err(format!("not allowed to install packages; {by_hand}"));
    };
    let apt = |args: &[&str]| {
        let words = [superuser, &["apt-get"], args].concat();
        let mut command = command(words[0], &words[1..]);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        shell::run(command)
    };
    apt(&["update", "-q"])?;
    let install: Vec<&str> =
        ["install", "-y", "-q", "--no-install-recommends"].into_iter().chain(names).collect();
    apt(&install)
}
