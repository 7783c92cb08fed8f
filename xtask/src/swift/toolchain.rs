//! A Swift 6 compiler: the one on the path, or one in a folder with the files of a newer Debian.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::setup;
use crate::shell::{self, Result, cache_dir};

/// The release of Debian that brought Swift 6, and what compiling with it takes: `swift` links with gcc's
/// help.
const RELEASE: &str = "trixie";
const PACKAGES: &[&str] = &["swiftlang", "libc6-dev", "libstdc++-14-dev", "binutils", "gcc"];
const BY_HAND: &str = "install Swift 6 so that `swift` is on the path (in Debian 13: the package swiftlang)";

/// What is mounted and started in the folder ends with the program that was asked for.
const NAMESPACES: &[&str] = &["unshare", "--mount", "--pid", "--fork", "--kill-child"];

/// Gets a compiler, if this machine has none and that may be done.
pub fn prepare() -> Result {
    if Toolchain::present().is_some() {
        return Ok(());
    }
    let cache = cache_dir()?.join("swift");
    fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let lock = File::create(cache.join("lock")).map_err(|error| format!("{}: {error}", cache.display()))?;
    lock.lock().map_err(|error| format!("{}: {error}", cache.display()))?;
    // Somebody else may have made it meanwhile.
    if Toolchain::present().is_some() { Ok(()) } else { make(&cache.join(RELEASE)) }
}

pub enum Toolchain {
    OnPath,
    In(PathBuf),
}

impl Toolchain {
    /// The compiler that is there.
    pub fn present() -> Option<Self> {
        let version = Command::new("swift").arg("--version").output();
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let major = version
            .ok()
            .and_then(|text| text.split("Swift version ").nth(1)?.split('.').next()?.parse::<u32>().ok());
        if major.is_some_and(|major| major >= 6) {
            return Some(Toolchain::OnPath);
        }
        let root = cache_dir().ok()?.join("swift").join(RELEASE);
        let made_of = fs::read_to_string(ready(&root)).ok()?;
        (made_of == PACKAGES.join(" ") && setup::superuser().is_some()).then_some(Toolchain::In(root))
    }

    /// A command in `folder`, which lies in one of `places`.
    pub fn command(
        &self,
        program: &str,
        folder: &Path,
        places: &[PathBuf],
        environment: &[(&str, &str)],
    ) -> Result<Command> {
        match self {
            Toolchain::OnPath => {
                let mut command = Command::new(program);
                command.current_dir(folder).envs(environment.iter().copied());
                Ok(command)
            }
            Toolchain::In(root) => {
                let id = |what| shell::output("id", &[what]);
                let user = format!("{}:{}", id("-u")?, id("-g")?);
                let mut command = enter(root, &user, folder, places)?;
                command.args(["env", "HOME=/tmp"]);
                command.args(environment.iter().map(|(name, value)| format!("{name}={value}")));
                command.arg(program);
                Ok(command)
            }
        }
    }
}

/// Makes the folder: Debian's smallest system, and the compiler.
fn make(root: &Path) -> Result {
    let mirror = debian::mirror(BY_HAND)?;
    setup::install_debootstrap().map_err(|error| format!("{error}; or {BY_HAND}"))?;
    eprintln!("Swift: getting Debian {RELEASE}'s compiler once, into {} (2.6 GB)", root.display());
    let partial = root.with_extension("partial");
    for old in [root, &partial] {
        let mut remove = superuser(&["rm", "--recursive", "--force", "--one-file-system"])?;
        remove.arg(old);
        shell::run(remove)?;
    }
    let mut base = superuser(&[NAMESPACES, &["debootstrap", "--variant=minbase"]].concat())?;
    base.args(["--include=ca-certificates", RELEASE]).arg(&partial).arg(mirror);
    shell::run(base)?;
    let apt = |words: &[&str]| {
        let mut apt = enter(&partial, "0:0", Path::new("/"), &[])?;
        apt.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(words);
        shell::run(apt)
    };
    apt(&[&["install", "-y", "-q", "--no-install-recommends"], PACKAGES].concat())?;
    apt(&["clean"])?;
    // Complete from one moment to the next, however this ends.
    let mut note = superuser(&["sh", "-c", "printf %s \"$1\" > \"$2\"", "sh", &PACKAGES.join(" ")])?;
    note.arg(ready(&partial));
    shell::run(note)?;
    let mut finish = superuser(&["mv"])?;
    finish.arg(&partial).arg(root);
    shell::run(finish)
}

/// Says what the folder was made of, once it is complete.
fn ready(root: &Path) -> PathBuf {
    root.join("duet-ready")
}

fn enter(root: &Path, user: &str, folder: &Path, places: &[PathBuf]) -> Result<Command> {
    let mut command = superuser(&[NAMESPACES, &["sh", "xtask/src/swift/enter.sh"]].concat())?;
    command.arg(root).arg(user).arg(folder).args(places).arg("--");
    Ok(command)
}

fn superuser(words: &[&str]) -> Result<Command> {
    let sudo = setup::superuser().ok_or_else(|| format!("neither root nor sudo: {BY_HAND}"))?;
    let words = [sudo, words].concat();
    Ok(shell::command(words[0], &words[1..]))
}
