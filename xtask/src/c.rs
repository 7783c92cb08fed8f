//! The C and C++ side: builds the library, installs it as a package would, and tests it as a host would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cross::Language;
use crate::header;
use crate::server::Server;
use crate::setup;
use crate::shell::{self, Result, cargo, command, has_program, target_dir};
use crate::test;

#[derive(clap::Args)]
pub struct Args {
    /// Only install a release build there: header, libraries, pkg-config and CMake package.
    #[arg(long, value_name = "DIR")]
    install: Option<PathBuf>,
}

/// As strict as compilers get.
const WARNINGS: &[&str] =
    &["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-gdwarf-4", "-O1"];
const SANITIZERS: &[&str] = &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// The programs that run under sanitizers and valgrind, too.
const TESTS: &[&str] = &["call", "misuse", "executor", "callpp"];

/// A test program and what it is made of.
struct Program {
    name: &'static str,
    sources: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[
    Program { name: "call", sources: &["tests/call.c", "tests/side.c"] },
    Program { name: "misuse", sources: &["tests/misuse.c", "tests/side.c"] },
    Program { name: "executor", sources: &["tests/executor.c", "tests/side.c"] },
    Program { name: "callpp", sources: &["tests/call.cpp"] },
    PEER,
    COST,
    EXAMPLE,
    EXAMPLE_CPP,
];

const PEER: Program = Program { name: "peer", sources: &["tests/peer.c", "tests/side.c"] };
const EXAMPLE: Program = Program { name: "example", sources: &["examples/call.c"] };
const EXAMPLE_CPP: Program = Program { name: "examplepp", sources: &["examples/call.cpp"] };
const COST: Program = Program { name: "cost", sources: &["tests/cost.c", "tests/side.c"] };

pub fn run(args: &Args) -> Result {
    if let Some(prefix) = &args.install {
        return install_release(prefix);
    }
    setup::install_c()?;
    shell::run(cargo(&["build", "--workspace", "--features", test::FEATURES]))?;
    tests()
}

fn install_release(prefix: &Path) -> Result {
    let vp8: &[&str] = if setup::has_libvpx() { &["--features", "vp8"] } else { &[] };
    shell::run(cargo(&[&["build", "--release", "--package", "duet-ffi"], vp8].concat()))?;
    install(prefix, &target_dir().join("release"))
}

/// Prints what calls cost in a release build.
pub fn bench() -> Result {
    let work = target_dir().join("c/release");
    let prefix = work.join("prefix");
    install_release(&prefix)?;
    compile(&COST, "gcc", "g++", &prefix, &work, &["-O2"])?;
    shell::run(Command::new(work.join(COST.name)))
}

/// Tests the library that is built. The workspace must have been built with the tests' features.
pub fn tests() -> Result {
    header::check()?;
    let work = target_dir().join("c");
    let prefix = work.join("prefix");
    install(&prefix, &target_dir().join("debug"))?;
    let clang = has_program("clang").then_some(("clang", "clang++"));
    for (cc, cxx) in [("gcc", "g++")].into_iter().chain(clang) {
        for program in PROGRAMS {
            compile(program, cc, cxx, &prefix, &work, &[])?;
        }
    }
    let server = Server::start()?;
    for name in ["call", "callpp"] {
        shell::run(Command::new(work.join(name)))?;
        let mut served = Command::new(work.join(name));
        served.arg(&server.url);
        shell::run(served)?;
    }
    drop(server);
    for name in ["misuse", "executor", COST.name] {
        shell::run(Command::new(work.join(name)))?;
    }
    sanitized(&prefix, &work)?;
    valgrind(&work)?;
    cmake(&prefix, &work)
}

/// The programs that call other languages.
pub fn programs() -> Result<[Language; 2]> {
    let work = target_dir().join("c");
    let prefix = work.join("prefix");
    install(&prefix, &target_dir().join("debug"))?;
    let built = |program: &Program| {
        compile(program, "gcc", "g++", &prefix, &work, &[])?;
        Ok::<_, String>(Command::new(work.join(program.name)))
    };
    let (peer, example) = (Some(built(&PEER)?), built(&EXAMPLE)?);
    Ok([
        Language { name: "C", peer, example },
        Language { name: "C++", peer: None, example: built(&EXAMPLE_CPP)? },
    ])
}

/// Lays header, libraries and packages out as an installed library.
fn install(prefix: &Path, built: &Path) -> Result {
    let (source, version) = (shell::root().join("bindings/c"), env!("CARGO_PKG_VERSION"));
    let (major, rest) = version.split_once('.').ok_or("a version has dots")?;
    let (minor, _) = rest.split_once('.').ok_or("a version has two dots")?;
    let soversion = format!("{major}.{minor}");
    let place = |from: &Path, to: &str| -> Result {
        let to = prefix.join(to);
        let folder = to.parent().ok_or("a file lies in a folder")?;
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        fs::copy(from, &to).map(drop).map_err(|error| format!("{}: {error}", to.display()))
    };
    for header in ["duet.h", "duet.hpp"] {
        place(&source.join("include").join(header), &format!("include/{header}"))?;
    }
    place(&built.join("libduet.a"), "lib/libduet.a")?;
    place(&built.join("libduet.so"), &format!("lib/libduet.so.{version}"))?;
    for (link, target) in [
        (format!("libduet.so.{soversion}"), format!("libduet.so.{version}")),
        ("libduet.so".into(), format!("libduet.so.{soversion}")),
    ] {
        let link = prefix.join("lib").join(link);
        // Of an earlier install.
        fs::remove_file(&link).ok();
        std::os::unix::fs::symlink(target, &link).map_err(|error| format!("{}: {error}", link.display()))?;
    }
    let prefix_text = prefix.to_string_lossy();
    for (template, target) in [
        ("duet.pc.in", "lib/pkgconfig/duet.pc"),
        ("DuetConfig.cmake.in", "lib/cmake/Duet/DuetConfig.cmake"),
        ("DuetConfigVersion.cmake.in", "lib/cmake/Duet/DuetConfigVersion.cmake"),
    ] {
        let separator = if target.ends_with(".pc") { " " } else { ";" };
        let text =
            fs::read_to_string(source.join(template)).map_err(|error| format!("{template}: {error}"))?;
        let text = text
            .replace("@PREFIX@", &prefix_text)
            .replace("@VERSION@", version)
            .replace("@SOVERSION@", &soversion)
            .replace("@MAJOR@", major)
            .replace("@MINOR@", minor)
            .replace("@STATIC_LIBS@", &static_libraries().join(separator));
        place(&source.join(template), target)?;
        fs::write(prefix.join(target), text).map_err(|error| format!("{target}: {error}"))?;
    }
    eprintln!("installed in {prefix_text}");
    Ok(())
}

/// What the static library needs besides itself: `cargo rustc -- --print native-static-libs`.
fn static_libraries() -> Vec<&'static str> {
    let vpx: &[&str] = if setup::has_libvpx() { &["-lvpx"] } else { &[] };
    [vpx, &["-lstdc++", "-lgcc_s", "-lpthread", "-lm", "-ldl"]].concat()
}

fn compile(program: &Program, cc: &str, cxx: &str, prefix: &Path, work: &Path, extra: &[&str]) -> Result {
    let folder = shell::root().join("bindings/c");
    let plain = program.sources.iter().all(|source| source.ends_with(".c"));
    let mut compiler = Command::new(if plain { cc } else { cxx });
    if plain {
        compiler.args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wstrict-prototypes"]);
    } else {
        compiler.arg("-std=c++17");
    }
    let library = prefix.join("lib");
    compiler
        .args(WARNINGS)
        .args(extra)
        .args(pkg_config(prefix, "--cflags")?)
        .args(program.sources.iter().map(|source| folder.join(source)))
        .arg("-o")
        .arg(work.join(program.name))
        .args(pkg_config(prefix, "--libs")?)
        .args(["-pthread", &format!("-Wl,-rpath,{}", library.display())]);
    shell::run(compiler)
}

fn pkg_config(prefix: &Path, what: &str) -> Result<Vec<String>> {
    let mut ask = command("pkg-config", &[what, "duet"]);
    ask.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    let output = ask.output().map_err(|error| format!("pkg-config: {error}"))?;
    if !output.status.success() {
        return Err(format!("pkg-config: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect())
}

/// The tests once more under AddressSanitizer (with leaks) and UndefinedBehaviorSanitizer.
fn sanitized(prefix: &Path, work: &Path) -> Result {
    let work = work.join("sanitized");
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    for program in PROGRAMS.iter().filter(|program| TESTS.contains(&program.name)) {
        compile(program, "gcc", "g++", prefix, &work, SANITIZERS)?;
        shell::run(Command::new(work.join(program.name)))?;
    }
    Ok(())
}

/// The tests once more under valgrind: no bad access, nothing lost.
fn valgrind(work: &Path) -> Result {
    let rules = shell::root().join("bindings/c/tests/valgrind.supp");
    for name in TESTS {
        let kinds = "definite,indirect,possible";
        let mut run = Command::new("valgrind");
        // It cannot follow the hash functions' assembly: all that is encrypted with keys from there would
        // count as uninitialised.
        run.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--undef-value-errors=no"])
            .args([format!("--errors-for-leak-kinds={kinds}"), format!("--show-leak-kinds={kinds}")])
            .arg(format!("--suppressions={}", rules.display()))
            .arg(work.join(name));
        shell::run(run)?;
    }
    Ok(())
}

/// The examples as a CMake project that finds the package: shared and static.
fn cmake(prefix: &Path, work: &Path) -> Result {
    let (source, build) = (shell::root().join("bindings/c/examples"), work.join("cmake"));
    let mut configure = Command::new("cmake");
    // Anew each time: what another checkout left in the shared target folder names that one's sources.
    configure.arg("--fresh").arg("-S").arg(source).arg("-B").arg(&build);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
    configure.stdout(Stdio::null());
    shell::run(configure)?;
    let mut make = Command::new("cmake");
    make.arg("--build").arg(&build).stdout(Stdio::null());
    shell::run(make)?;
    // Without arguments an example says so and ends: it was linked with all it needs.
    for example in ["call_c", "call_static", "call_cpp"] {
        let status =
            Command::new(build.join(example)).status().map_err(|error| format!("{example}: {error}"))?;
        if status.code() != Some(2) {
            return Err(format!("{example} does not start: {status}"));
        }
    }
    Ok(())
}
