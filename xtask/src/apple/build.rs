//! The static libraries, compiled.
//!
//! Debug information stays in the objects, as lines only: whoever links an app gets it into the app's dSYM.
//! No folder of this machine is named in them, so that two builds of one source are the same.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::target::{Built, LIBRARY, MINIMUM_OS, Target};
use super::tools::{self, ON_MAC};
use crate::mobile::{self, Toolchain};
use crate::shell::{self, Result, cargo};

/// Compiles the library for each of these targets, with the platform's codecs and, if asked, with software ones.
pub fn build(targets: &[&'static Target], software: bool) -> Result<Vec<Built>> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let toolchain = if ON_MAC { None } else { Some(mobile::prepare()?) };
    targets.iter().map(|target| compile(target, toolchain.as_ref(), software)).collect()
}

fn compile(target: &'static Target, toolchain: Option<&Toolchain>, software: bool) -> Result<Built> {
    let mut words = vec!["rustc", "--release", "--package", "duet-ffi", "--lib", "--crate-type", "staticlib"];
    words.extend(["--features", "platform-codecs"]);
    if !software {
        words.push("--no-default-features");
    }
    let (mut command, target_dir) = match toolchain {
        Some(toolchain) => (toolchain.cargo(target.triple, &words)?, toolchain.target_dir().to_path_buf()),
        None => (cargo(&[&words[..], &["--target", target.triple]].concat()), shell::target_dir()),
    };
    command.env("IPHONEOS_DEPLOYMENT_TARGET", MINIMUM_OS);
    rename_folders(&mut command, target, &target_dir, toolchain.map(Toolchain::ios_sdk))?;
    shell::run(command)?;
    let path = target_dir.join(target.triple).join("release").join(LIBRARY);
    Ok(Built { target, path })
}

/// A copy without debug information.
pub fn strip(library: &Built, work: &Path) -> Result<Built> {
    let path = work.join("stripped").join(library.target.triple).join(LIBRARY);
    let folder = path.parent().unwrap_or(work);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut strip = Command::new(tools::find("llvm-strip")?);
    strip.arg("-S").arg(&library.path).arg("-o").arg(&path);
    tools::run(strip)?;
    Ok(Built { target: library.target, path })
}

/// What compilers write down of folders becomes the same everywhere. rustc is told by a wrapper: flags that
/// cargo knows of would compile everything anew in each checkout.
fn rename_folders(command: &mut Command, target: &Target, target_dir: &Path, sdk: Option<&Path>) -> Result {
    let mut names =
        vec![(cargo_home()?, "cargo"), (sysroot(command)?, "rust"), (target_dir.to_path_buf(), "target")];
    names.extend(sdk.map(|sdk| (sdk.to_path_buf(), "sdk")));
    let wrapper = target_dir.join("rustc-without-folders");
    let mut text = "#!/bin/sh\nexec \"$@\" --remap-path-prefix=\"$PWD=duet\"".to_owned();
    for (folder, name) in &names {
        text.push_str(&format!(" --remap-path-prefix={}={name}", quoted(folder)));
    }
    text.push('\n');
    let explain = |error| format!("{}: {error}", wrapper.display());
    fs::create_dir_all(target_dir).map_err(explain)?;
    if fs::read_to_string(&wrapper).unwrap_or_default() != text {
        fs::write(&wrapper, text).map_err(explain)?;
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).map_err(explain)?;
    }
    command.env("RUSTC_WRAPPER", wrapper);
    let renamed = names.iter().map(|(folder, name)| format!("-ffile-prefix-map={}={name}", quoted(folder)));
    // Lines only; and not as for Apple's debugger, for which the SDK's folder would be written down as it is.
    let flags: Vec<String> = renamed.chain(["-ggdb1".into()]).collect();
    let variable = target.triple.replace('-', "_");
    // Folders may have spaces in their names.
    command.env("CC_SHELL_ESCAPED_FLAGS", "1");
    command.env(format!("CFLAGS_{variable}"), flags.join(" "));
    command.env(format!("CXXFLAGS_{variable}"), flags.join(" "));
    Ok(())
}

/// One word of a shell's.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}

fn cargo_home() -> Result<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home).ok_or_else(|| "HOME is not set".into())
}

/// The toolchain of a cargo.
fn sysroot(cargo: &Command) -> Result<PathBuf> {
    let rustc = cargo.get_envs().find(|(name, _)| *name == "RUSTC").and_then(|(_, value)| value);
    let rustc = rustc.map_or_else(|| "rustc".into(), |rustc| rustc.to_string_lossy().into_owned());
    shell::output(&rustc, &["--print", "sysroot"]).map(PathBuf::from)
}
