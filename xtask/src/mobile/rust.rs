//! A Rust toolchain with the source of its standard library, which the mobile targets' is built from.

use std::fs;
use std::path::{Path, PathBuf};

use crate::debian;
use crate::shell::{self, Result, command};

/// Where the source lies in a toolchain.
const SOURCE: &str = "lib/rustlib/src/rust/library";
/// Debian's release with the source of recent toolchains. It keeps a few versions and drops old ones, so
/// no version is pinned here: the toolchain's own is taken, which Cargo.lock of the source pins in turn.
const RELEASE: &str = "trixie-backports";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const BY_HAND: &str = "add the source to the toolchain by `rustup component add rust-src`";

/// The toolchain that runs us if it has the source, else a copy in `cache` with Debian's package of it.
pub fn prepare(cache: &Path) -> Result<PathBuf> {
    let own = PathBuf::from(shell::output("rustc", &["--print", "sysroot"])?);
    if own.join(SOURCE).join("std/Cargo.toml").is_file() {
        return Ok(own);
    }
    let about = shell::output("rustc", &["-vV"])?;
    let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let (release, commit) = (field("release: "), field("commit-hash: "));
    let copy = cache.join(format!("rust-{release}-{}", commit.get(..9).unwrap_or(commit)));
    if copy.is_dir() {
        return Ok(copy);
    }
    eprintln!("Rust {release}: a copy with its standard library's source, once, in {}", copy.display());
    let partial = copy.with_extension("partial");
    let made = make(&own, release, &partial);
    // Complete from one moment to the next, however this ends.
    made.and_then(|()| fs::rename(&partial, &copy).map_err(|error| format!("{}: {error}", copy.display())))?;
    Ok(copy)
}

fn make(own: &Path, release: &str, partial: &Path) -> Result {
    let io = |error: std::io::Error| format!("{}: {error}", partial.display());
    if partial.exists() {
        fs::remove_dir_all(partial).map_err(io)?;
    }
    let package = download(release, &partial.join("debian"))?;
    for part in ["bin", "lib"] {
        let mut copy = command("cp", &["-a"]);
        copy.arg(own.join(part)).arg(partial.join(part));
        shell::run(copy)?;
    }
    let unpacked = partial.join("debian/unpacked");
    let mut unpack = command("dpkg-deb", &["--extract"]);
    unpack.arg(package).arg(&unpacked);
    shell::run(unpack)?;
    let source = partial.join(SOURCE);
    fs::create_dir_all(source.parent().expect("a path of several parts")).map_err(io)?;
    fs::rename(unpacked.join(format!("usr/src/rustc-{release}/library")), &source).map_err(io)?;
    fs::remove_dir_all(partial.join("debian")).map_err(io)
}

/// Gets Debian's package of the source into `folder`, by a configuration of apt's own: this machine's
/// sources stay as they are.
fn download(release: &str, folder: &Path) -> Result<PathBuf> {
    let io = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder.join("lists/partial")).map_err(io)?;
    fs::create_dir_all(folder.join("cache/archives/partial")).map_err(io)?;
    let list = folder.join("sources.list");
    let mirror = debian::mirror(BY_HAND)?;
    fs::write(&list, format!("deb [signed-by={KEYRING}] {mirror} {RELEASE} main\n")).map_err(io)?;
    let here = folder.display();
    let options = [
        format!("Dir::Etc::SourceList={}", list.display()),
        "Dir::Etc::SourceParts=-".into(),
        format!("Dir::State={here}"),
        format!("Dir::State::Lists={here}/lists"),
        "Dir::State::status=/dev/null".into(),
        format!("Dir::Cache={here}/cache"),
        // What is downloaded is checked by its signature and belongs to whoever asked for it.
        "APT::Sandbox::User=root".into(),
    ];
    let apt = |program: &str, words: &[&str]| {
        let mut apt = command(program, &[]);
        apt.args(options.iter().flat_map(|option| ["-o", option])).args(words).current_dir(folder);
        apt
    };
    shell::run(apt("apt-get", &["update", "-q"]))?;
    let known = apt("apt-cache", &["madison", "rust-src"]).output().map_err(io)?;
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    let version = choose(&known, release)?;
    shell::run(apt("apt-get", &["download", "-q", &format!("rust-src={version}")]))?;
    let mut files = fs::read_dir(folder).map_err(io)?.filter_map(|entry| Some(entry.ok()?.path()));
    let package = files.find(|path| path.extension().is_some_and(|extension| extension == "deb"));
    package.ok_or_else(|| format!("apt-get left no package in {here}"))
}

/// The newest package of the toolchain's own version, of what `apt-cache madison` lists, newest first.
fn choose<'a>(known: &'a str, release: &str) -> Result<&'a str> {
    let versions = || known.lines().filter_map(|line| Some(line.split('|').nth(1)?.trim()));
    let upstream = |version: &'a str| version.split(['+', '-']).next().unwrap_or_default();
    versions().find(|version| upstream(version) == release).ok_or_else(|| {
        let others: Vec<&str> = versions().map(upstream).collect();
        format!(
            "Debian {RELEASE} has no source of Rust {release}'s standard library (it has that of {}): \
             {BY_HAND}, or use one of those toolchains",
            if others.is_empty() { "none".into() } else { others.join(", ") }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "\
  rust-src | 1.96.1+dfsg1-2~bpo13+1 | http://debian.example/debian trixie-backports/main amd64 Packages
  rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://debian.example/debian trixie-backports/main amd64 Packages
  rust-src | 1.95.0+dfsg1-1~bpo13+1 | http://debian.example/debian trixie-backports/main amd64 Packages
";

    #[test]
    fn the_newest_package_of_the_toolchains_own_version_is_taken() {
        assert_eq!(choose(KNOWN, "1.95.0"), Ok("1.95.0+dfsg1-2~bpo13+1"));
    }

    #[test]
    fn where_there_is_none_it_says_what_there_is_and_what_helps() {
        let refused = choose(KNOWN, "1.95").expect_err("another version");
        assert!(refused.contains("1.96.1") && refused.contains("rustup component add rust-src"), "{refused}");
        assert!(choose("", "1.95.0").expect_err("no version at all").contains("that of none"));
    }
}
