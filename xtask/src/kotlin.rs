//! The Kotlin side: makes its generated half from the library, builds it and tests it on the JVM.

mod surface;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cross::Language;
use crate::setup;
use crate::shell::{self, Result, cargo, command, target_dir};
use crate::test;

#[derive(clap::Args)]
pub struct Args {
    /// Only make the generated half, e.g. for an IDE.
    #[arg(long)]
    generate: bool,
    /// Write down what hosts see anew, after a change that was meant.
    #[arg(long)]
    accept: bool,
}

/// Where what hosts see is written down.
const SURFACE: &str = "api.txt";

/// What begins a declaration, after `public`.
const DECLARATIONS: &[&str] = &[
    "abstract class ",
    "class ",
    "data class ",
    "enum class ",
    "fun ",
    "fun interface ",
    "inline fun ",
    "interface ",
    "object ",
    "open class ",
    "sealed class ",
    "typealias ",
];

/// The declarations of the bridge that hosts see; all others are the layer's own business.
const PUBLIC: &[&str] = &[
    "AudioRecvStats",
    "AudioSendStats",
    "CallEvent",
    "CallOptions",
    "CallState",
    "CallStats",
    "DeviceNews",
    "DuetException",
    "EndReason",
    "Ended",
    "EndedBy",
    "IceServer",
    "LogLevel",
    "Phase",
    "SessionConfig",
    "SessionState",
    "VideoCodec",
    "VideoNews",
    "VideoRecvStats",
    "VideoSendStats",
];

pub fn run(args: &Args) -> Result {
    setup::install_kotlin()?;
    shell::run(cargo(&["build", "--workspace", "--features", test::FEATURES]))?;
    if args.generate || args.accept {
        generate()?;
        return if args.accept { write_if_changed(&project().join(SURFACE), &surface()?) } else { Ok(()) };
    }
    tests()
}

/// Tests the library that is built. The workspace must have been built with the tests' features.
pub fn tests() -> Result {
    generate()?;
    let path = project().join(SURFACE);
    let committed = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if committed != surface()? {
        let path = path.display();
        return Err(format!("hosts see other things than {path} says: run `cargo xtask kotlin --accept`"));
    }
    maven("debug", &["test"])
}

/// Compiles what hosts use, the helpers for Android included, without the tests. The workspace must have been built.
pub fn compile() -> Result {
    generate()?;
    let folder = shell::root().join("bindings/kotlin");
    for part in ["lib", "android"] {
        clear(&folder.join(part).join("target/classes"))?;
    }
    let mut maven = command("mvn", &["--batch-mode", "--no-transfer-progress", "--quiet", "compile"]);
    maven.current_dir(folder);
    shell::run(maven)
}

/// What a compiler wrote earlier and would not write any more is not to be packed.
fn clear(folder: &Path) -> Result {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// What hosts see, one declaration a line.
fn surface() -> Result<String> {
    let folder = project().join("src/main/kotlin/dev/duet");
    let listing = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let mut lines = Vec::new();
    for file in files {
        let source = read(&file)?;
        let silent = surface::undocumented(&source);
        if !silent.is_empty() {
            return Err(format!("{}: nothing says what these are: {}", file.display(), silent.join("; ")));
        }
        lines.extend(surface::written(&source));
    }
    let bridge = read(&project().join("target/generated-sources/duet/Bridge.kt"))?;
    lines.extend(surface::generated(&bridge, declared, PUBLIC));
    Ok(lines.join("\n") + "\n")
}

/// Prints what calls cost in a release build, which must be there.
pub fn bench() -> Result {
    shell::run(cargo(&["build", "--workspace", "--features", test::FEATURES]))?;
    generate()?;
    maven("release", &["test", "-Dtest=CostTest"])
}

/// The programs that call other languages.
pub fn programs() -> Result<Language> {
    /// Says what is on the class path.
    const CLASS_PATH: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath";
    generate()?;
    let target = project().join("target");
    let file = target.join("class-path.txt");
    let mut maven =
        command("mvn", &["--batch-mode", "--no-transfer-progress", "--quiet", "test-compile", CLASS_PATH]);
    maven.arg(format!("-Dmdep.outputFile={}", file.display())).current_dir(project());
    shell::run(maven)?;
    let packages = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let own = ["test-classes", "classes"].map(|folder| target.join(folder).display().to_string());
    let program = |class: &str| {
        let mut java = Command::new("java");
        java.arg("-cp").arg(format!("{}:{}:{}", own[0], own[1], packages.trim()));
        java.arg(format!("-Djna.library.path={}", target_dir().join("debug").display())).arg(class);
        java
    };
    let (peer, example) = (Some(program("dev.duet.PeerKt")), program("dev.duet.example.ExampleKt"));
    Ok(Language { name: "Kotlin", peer, example })
}

/// Takes the project through a phase, with the library of a profile.
fn maven(profile: &str, arguments: &[&str]) -> Result {
    clear(&project().join("target/classes"))?;
    let place = |profile: &str| {
        let folder = target_dir().join(profile);
        folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))
    };
    let mut maven = command("mvn", &["--batch-mode", "--no-transfer-progress"]);
    maven
        .arg(format!("-Dduet.library.path={}", place(profile)?.display()))
        .arg(format!("-Dduet.program={}", place("debug")?.join("duet").display()))
        .args(arguments)
        .current_dir(project());
    shell::run(maven)
}

fn project() -> PathBuf {
    shell::root().join("bindings/kotlin/lib")
}

/// Makes the generated half of the library that is built.
pub fn generate() -> Result {
    let (built, target) = (target_dir().join("debug"), project().join("target"));
    let raw = target.join("bridge");
    let mut bindgen =
        command(built.join("duet-bindgen"), &["generate", "--language", "kotlin", "--no-format"]);
    let config = shell::root().join("ffi/bindgen/uniffi.toml");
    bindgen.arg("--config").arg(config).arg("--out-dir").arg(&raw).arg(built.join("libduet.so"));
    shell::run(bindgen)?;
    let folder = target.join("generated-sources/duet");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let (from, to) = (raw.join("dev/duet/duet.kt"), folder.join("Bridge.kt"));
    let text = fs::read_to_string(&from).map_err(|error| format!("{}: {error}", from.display()))?;
    write_if_changed(&to, &hide(&text))
}

/// What did not change need not be compiled again.
fn write_if_changed(path: &Path, text: &str) -> Result {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Makes everything internal that hosts should not see.
fn hide(source: &str) -> String {
    let mut hidden = String::with_capacity(source.len());
    for line in source.lines() {
        let bare = line.strip_prefix("public ").unwrap_or(line);
        match declared(bare) {
            Some(name) if !PUBLIC.contains(&name) => {
                hidden.push_str("internal ");
                hidden.push_str(bare);
            }
            // Its type is internal.
            None if bare.trim_start().starts_with("companion object ErrorHandler") => {
                hidden.push_str(&bare.replacen("companion", "internal companion", 1));
            }
            // Functions stand behind their annotations.
            Some(_) | None => hidden.push_str(&line.replace("fun `native", "internal fun `native")),
        }
        hidden.push('\n');
    }
    hidden
}

/// The name that a line at the top level declares.
fn declared(line: &str) -> Option<&str> {
    let rest = DECLARATIONS.iter().find_map(|word| line.strip_prefix(word))?;
    // A generic function names its parameters first.
    let rest = if rest.starts_with('<') { rest.split_once("> ")?.1 } else { rest };
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hosts_should_see_stays_public() {
        let source = "public class NativeCall : X {\n    fun id() {}\n}\ndata class CallStats (\n)\n\
                      fun <T> helper(a: T) {}\nsealed class DuetException: Exception() {\n\
                      \u{20}   companion object ErrorHandler : Y\n}\ninternal fun done() {}\n   */ fun `nativeLog`()\n";
        let wanted = "internal class NativeCall : X {\n    fun id() {}\n}\ndata class CallStats (\n)\n\
                      internal fun <T> helper(a: T) {}\nsealed class DuetException: Exception() {\n\
                      \u{20}   internal companion object ErrorHandler : Y\n}\ninternal fun done() {}\n   */ internal fun `nativeLog`()\n";
        assert_eq!(hide(source), wanted);
    }
}
