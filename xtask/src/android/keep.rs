//! The rules for R8, proven: the consumer's program, the package's classes and all they need are shrunk, renamed and
//! optimised by them, and what is left makes a call.
//!
//! R8 itself is only to be had with Android's build tools; ProGuard, whose rules R8 took over, is used in its place.

use std::fs;
use std::path::{Path, PathBuf};

use super::archive;
use super::consumer::Program;
use super::maven;
use crate::shell::{self, Result};

/// Rules without which the program must not work, by a word that only they have: otherwise its call would prove
/// nothing. A quick check tries the last alone.
const NEEDED: &[&str] = &[
    "com.sun.jna.**",
    "RuntimeVisibleAnnotations",
    "com.sun.jna.Structure",
    "com.sun.jna.Callback",
    "native <methods>",
];

/// What only the rule has that keeps what only holds something.
const HOLDERS: &str = "void stay()";

/// What the program itself needs: its beginning, and what R8 knows of Android without being told.
const PROGRAM: &str = "-keep class dev.duet.smoke.SmokeKt { public static void main(java.lang.String[]); }
# Coroutines' debugger, which is not on Android.
-dontwarn java.lang.instrument.**
-dontwarn sun.misc.Signal*
-dontwarn org.codehaus.mojo.animal_sniffer.*
-dontnote **
# What Android's own rules leave out, for ProGuard makes invalid code of it.
-optimizations !code/simplification/arithmetic,!code/simplification/cast,!field/*,!class/merging/*,!method/specialization/*
";

/// Shrinks the program by the rules of the package and runs it; then without rules that it needs.
pub fn check(program: &Program, rules: &str, full: bool) -> Result {
    shrink(program, rules, "kept")?;
    shell::run(program.run(&[shrunk(program, "kept")])?)?;
    if !holds(&shrunk(program, "kept"))? {
        return Err(format!(
            "the rules for R8 have no line with `{HOLDERS}`: calls in use would be collected"
        ));
    }
    let tried = if full { NEEDED } else { &NEEDED[NEEDED.len() - 1..] };
    for word in tried {
        let fewer = without(rules, word)?;
        shrink(program, &fewer, "broken")?;
        let ran = shell::succeeds(program.run(&[shrunk(program, "broken")])?);
        if ran {
            return Err(format!(
                "without the rule of `{word}` the program works all the same: the check proves nothing"
            ));
        }
        eprintln!("\u{2713} without the rule of `{word}` the program fails, as it should");
    }
    if full {
        shrink(program, &without(rules, HOLDERS)?, "broken")?;
        if holds(&shrunk(program, "broken"))? {
            return Err(format!("without `{HOLDERS}` all is kept, too: the check proves nothing"));
        }
        eprintln!("\u{2713} without the rule of `{HOLDERS}` calls in use could be collected, and it is seen");
    }
    Ok(())
}

/// Whether what only holds something is still there: one call of a program says nothing of what is collected later.
fn holds(jar: &Path) -> Result<bool> {
    let data = fs::read(jar).map_err(|error| format!("{}: {error}", jar.display()))?;
    let classes = archive::read(&data)?;
    // As constants of a class file: tag, length, text.
    let names: [&[u8]; 2] = [b"\x01\0\x05owner", b"\x01\0\x04stay"];
    let has = |name: &[u8]| classes.values().any(|class| memchr::memmem::find(class, name).is_some());
    Ok(names.into_iter().all(has))
}

/// The rules but for those in whose line a word stands.
fn without(rules: &str, word: &str) -> Result<String> {
    let kept: Vec<&str> =
        rules.lines().filter(|line| line.starts_with('#') || !line.contains(word)).collect();
    if kept.len() == rules.lines().count() {
        return Err(format!("the rules for R8 have no line with `{word}`"));
    }
    Ok(kept.join("\n"))
}

fn shrunk(program: &Program, name: &str) -> PathBuf {
    program.built().join(format!("{name}.jar"))
}

fn shrink(program: &Program, rules: &str, name: &str) -> Result {
    let mut options = String::new();
    for (at, path) in program.class_path()?.iter().enumerate() {
        // Signatures and descriptions of modules do not survive a merge.
        let filter = if at == 0 { "" } else { "(!META-INF/**,!module-info.class)" };
        options.push_str(&format!("-injars {}{filter}\n", quoted(path)));
    }
    options.push_str(&format!("-outjars {}\n", quoted(&shrunk(program, name))));
    // The framework's archive is without Java's own classes.
    options.push_str(&format!("-libraryjars {}\n", quoted(&framework()?)));
    for module in ["java.base", "java.logging"] {
        options
            .push_str(&format!("-libraryjars <java.home>/jmods/{module}.jmod(!**.jar;!module-info.class)\n"));
    }
    options.push_str(PROGRAM);
    for path in program.class_path()?.iter().filter(|path| path.is_file()) {
        options.push_str(&rules_inside(path)?);
    }
    options.push_str(rules);
    let file = program.built().join(format!("{name}.pro"));
    fs::write(&file, options).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut maven = program.maven(&["exec:java"]);
    maven.arg(format!("-Dexec.args=@{}", file.display()));
    shell::run(maven)
}

/// The rules that a library brings with it, where R8 looks for them.
fn rules_inside(library: &Path) -> Result<String> {
    let data = fs::read(library).map_err(|error| format!("{}: {error}", library.display()))?;
    let files = archive::read(&data)?;
    let rules = files.iter().filter(|(name, _)| name.starts_with("META-INF/proguard/"));
    Ok(rules.map(|(_, text)| String::from_utf8_lossy(text).into_owned() + "\n").collect())
}

/// Android itself, as the helpers are compiled against it.
fn framework() -> Result<PathBuf> {
    let pom = super::read(&super::kotlin_folder().join("android/pom.xml"))?;
    let version = maven::property_of(&pom, "android.version")?;
    let home = std::env::var_os("HOME").ok_or("HOME is not set; set it to your home folder")?;
    let folder = PathBuf::from(home).join(".m2/repository/org/robolectric/android-all");
    let path = folder.join(&version).join(format!("android-all-{version}.jar"));
    let advice = "compiling the helpers with Maven's usual settings fetches it";
    if path.exists() { Ok(path) } else { Err(format!("{} is missing; {advice}", path.display())) }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_have_every_line_that_a_program_needs() {
        let rules = include_str!("../../../bindings/kotlin/android/consumer-rules.pro");
        for word in NEEDED {
            assert!(
                !without(rules, word)
                    .unwrap()
                    .lines()
                    .any(|line| !line.starts_with('#') && line.contains(word))
            );
        }
        assert!(without("-keep class other { *; }", "native <methods>").unwrap_err().contains("no line"));
    }
}
