//! The Swift package: linted, its public surface compared with the committed one, built and tested.
//!
//! Swift 6 came to Debian with the release `trixie`. On an older Debian the compiler lives in a folder
//! with that release's files, made once and kept in the cache; the library that it tests is the one built
//! outside, whose older glibc suits it.

mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cross::Language;
use crate::server::Server;
use crate::shell::{self, Result, cargo, target_dir};
use crate::test;
use toolchain::Toolchain;
pub use toolchain::prepare;

#[derive(clap::Args)]
pub struct Args {
    /// Only write down what hosts see anew, after a change that was meant.
    #[arg(long)]
    accept: bool,
}

pub fn run(args: &Args) -> Result {
    prepare()?;
    if args.accept {
        let package = Package::present(FOLDER).ok_or("Swift was here a moment ago")?;
        return fs::write(surface_path(), package.surface()?).map_err(|error| error.to_string());
    }
    shell::run(cargo(&["build", "--workspace", "--features", test::FEATURES]))?;
    tests()
}

/// Whether there is a compiler, or how to get it.
pub fn present() -> Result {
    Toolchain::present().map(drop).ok_or_else(|| HOW.into())
}

/// Tests the package with the libraries that are built. The workspace must have been built with the tests'
/// features, and the compiler must be [`present`].
pub fn tests() -> Result {
    let package = Package::present(FOLDER).ok_or(HOW)?;
    package.lint(&["Package.swift", "Sources", "Tests", "Examples"])?;
    package.check_surface()?;
    let server = Server::start()?;
    let url = ("DUET_URL", &*server.url);
    let mut most = package.swiftpm("test", "debug", &[url])?;
    most.args(["--skip", GROWTH]);
    shell::run(most)?;
    // glibc counts what each thread keeps for its next allocation as in use, and a busy machine has Dispatch
    // start more threads: megabytes that nobody lost.
    let exact = ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
    let mut growth = package.swiftpm("test", "debug", &[url, exact])?;
    growth.args(["--filter", GROWTH]);
    shell::run(growth)
}

/// The tests that measure how much memory is in use.
const GROWTH: &str = "GrowthTests";

/// The programs that call other languages; none without a compiler.
pub fn programs() -> Result<Option<Language>> {
    let Some(package) = Package::present(FOLDER) else { return Ok(None) };
    let library = package.library("debug")?;
    let program = |product: &str| {
        let mut build = package.swiftpm("build", "debug", &[])?;
        build.args(["--product", product]);
        shell::run(build)?;
        let program = package.build_folder()?.join("debug").join(product);
        let program = program.to_str().ok_or("the target folder's name is not a text")?;
        package.command("env", &[]).map(|mut env| {
            env.arg(format!("LD_LIBRARY_PATH={}", library.display())).arg(program);
            env
        })
    };
    let (peer, example) = (Some(program("duet-swift-peer")?), program("duet-swift-call")?);
    Ok(Some(Language { name: "Swift", peer, example }))
}

/// Prints what calls from Swift cost. The library's release build must be there.
pub fn bench() -> Result {
    let Some(package) = Package::present(FOLDER) else {
        eprintln!("skipped: Swift; {HOW}");
        return Ok(());
    };
    let mut run = package.swiftpm("run", "release", &[])?;
    run.args(["--configuration", "release", "duet-swift-cost"]);
    shell::run(run)
}

/// What SwiftPM reads in the manifest of a package below the target folder, as JSON; `None` without a compiler.
pub fn describe(folder: &Path) -> Result<Option<String>> {
    let Some(toolchain) = Toolchain::present() else { return Ok(None) };
    let mut dump = toolchain.command("swift", folder, &[target_dir()], &[])?;
    let output =
        dump.args(["package", "dump-package"]).output().map_err(|error| format!("swift: {error}"))?;
    if output.status.success() {
        Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()))
    } else {
        Err(format!("{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// How to get a compiler.
pub const HOW: &str = "`cargo xtask swift` gets the compiler (a download of 500 MB)";

/// Where the library's own package is.
pub const FOLDER: &str = "bindings/swift";

/// A package of this repository and what compiles it.
pub struct Package {
    toolchain: Toolchain,
    folder: PathBuf,
    /// For whatever is made of it.
    work: PathBuf,
}

impl Package {
    /// The package in that folder; `None` without a compiler.
    pub fn present(folder: &str) -> Option<Self> {
        let work = if folder == FOLDER { "swift".into() } else { folder.replace('/', "-") };
        let (folder, work) = (shell::root().join(folder), target_dir().join(work));
        Toolchain::present().map(|toolchain| Package { toolchain, folder, work })
    }

    /// Files and folders of the package, as the formatter would write them.
    pub fn lint(&self, paths: &[&str]) -> Result {
        let mut lint = self.command("swift", &[])?;
        lint.args(["format", "lint", "--strict", "--recursive", "--parallel"]).args(paths);
        shell::run(lint)
    }

    /// That files which cannot be compiled on this machine are Swift: every branch of them is read.
    pub fn parse(&self, folders: &[&str]) -> Result {
        let mut sources = Vec::new();
        for folder in folders {
            swift_files(&self.folder.join(folder), &mut sources)?;
        }
        sources.sort();
        let mut parse = self.command("swiftc", &[])?;
        parse.args(["-parse", "-swift-version", "6"]).args(sources);
        shell::run(parse)
    }

    /// SwiftPM's `task`, with the library of a profile.
    pub fn swiftpm(&self, task: &str, profile: &str, environment: &[(&str, &str)]) -> Result<Command> {
        let library = self.library(profile)?;
        let path = library.to_string_lossy();
        let environment = [&[("LD_LIBRARY_PATH", &*path)], environment].concat();
        let mut command = self.command("swift", &environment)?;
        command.arg(task).arg("--scratch-path").arg(self.build_folder()?);
        command.args(["-Xlinker", &format!("-L{path}")]);
        Ok(command)
    }

    /// Where SwiftPM builds. What it keeps there is of no use in a folder that was moved or copied.
    fn build_folder(&self) -> Result<PathBuf> {
        let (folder, mark) = (self.work.join("build"), self.work.join("build-path"));
        let explain = |error| format!("{}: {error}", folder.display());
        let path = folder.to_string_lossy();
        if fs::read_to_string(&mark).is_ok_and(|made_at| made_at == path) {
            return Ok(folder);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(explain)?;
        }
        fs::create_dir_all(&self.work).and_then(|()| fs::write(&mark, &*path)).map_err(explain)?;
        Ok(folder)
    }

    fn command(&self, program: &str, environment: &[(&str, &str)]) -> Result<Command> {
        let places = [shell::root(), target_dir()];
        for place in &places {
            fs::create_dir_all(place).map_err(|error| format!("{}: {error}", place.display()))?;
        }
        self.toolchain.command(program, &self.folder, &places, environment)
    }

    /// A folder with the library under the names by which linker and loader look for it, and with the
    /// system's libraries that it needs and a compiler's folder does not have.
    fn library(&self, profile: &str) -> Result<PathBuf> {
        let folder = self.work.join("lib").join(profile);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let built = target_dir().join(profile).join("libduet.so");
        let needed = Command::new("ldd").arg(&built).output().map_err(|error| format!("ldd: {error}"))?;
        let needed = String::from_utf8_lossy(&needed.stdout).into_owned();
        let vpx = needed.lines().filter_map(|line| line.trim().split_once(" => "));
        let vpx = vpx.filter(|(name, _)| name.starts_with("libvpx."));
        let soname =
            concat!("libduet.so.", env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
        for name in ["libduet.so", soname] {
            replace(&built, &folder.join(name))?;
        }
        for (name, path) in vpx {
            let path = path.split_whitespace().next().ok_or("ldd names a path")?;
            replace(Path::new(path), &folder.join(name))?;
        }
        Ok(folder)
    }

    fn check_surface(&self) -> Result {
        let path = surface_path();
        let committed = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let current = self.surface()?;
        if current == committed {
            return Ok(());
        }
        let differs = |(number, (one, other)): (usize, (&str, &str))| {
            (one != other).then(|| format!("line {}: `{one}` is now `{other}`", number + 1))
        };
        let lines = committed.lines().zip(current.lines()).enumerate();
        let first = lines.into_iter().find_map(differs).unwrap_or_else(|| "its end".into());
        let path = path.display();
        Err(format!(
            "what the package shows to its users is not {path} ({first}): if that is meant, run `cargo xtask swift --accept`"
        ))
    }

    /// What the package shows to its users, as the compiler writes it down.
    fn surface(&self) -> Result<String> {
        let mut sources = Vec::new();
        swift_files(&self.folder.join("Sources/Duet"), &mut sources)?;
        sources.sort();
        fs::create_dir_all(&self.work).map_err(|error| format!("{}: {error}", self.work.display()))?;
        let interface = self.work.join("Duet.swiftinterface");
        let mut compile = self.command("swiftc", &[])?;
        compile
            .args(["-emit-module", "-module-name", "Duet", "-swift-version", "6", "-parse-as-library"])
            .args(["-enable-library-evolution", "-suppress-warnings", "-I", "Sources/CDuet"])
            .arg("-o")
            .arg(self.work.join("Duet.swiftmodule"))
            .arg("-emit-module-interface-path")
            .arg(&interface)
            .args(sources);
        shell::run(compile)?;
        let text =
            fs::read_to_string(&interface).map_err(|error| format!("{}: {error}", interface.display()))?;
        // The compiler's own remarks come and go with its version.
        let noise = ["// swift-", "#if compiler", "#endif", "import _"];
        let kept = text.lines().filter(|line| !noise.iter().any(|start| line.trim().starts_with(start)));
        Ok(kept.map(|line| format!("{line}\n")).collect())
    }
}

fn surface_path() -> PathBuf {
    shell::root().join("bindings/swift/Duet.swiftinterface")
}

/// Every Swift file below a folder.
pub fn swift_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result {
    let listing = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for path in listing.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            swift_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "swift") {
            found.push(path);
        }
    }
    Ok(())
}

/// A new file in the place of the old one, which somebody may be using.
fn replace(from: &Path, to: &Path) -> Result {
    fs::remove_file(to).ok();
    fs::copy(from, to).map(drop).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}
