//! The helpers and the sample for Android: compiled against the real framework, their logic and screens tested on the JVM.

use std::fs;
use std::path::{Path, PathBuf};

use crate::kotlin;
use crate::setup;
use crate::shell::{self, Result, cache_dir, command, target_dir};

/// The framework whose resources Debian's aapt2 can read: newer ones have tables that it does not know.
const FRAMEWORK: &str = "14-robolectric-10818077";

/// The plugin that brings it.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy";

/// The oldest Android that the sample runs on, and the one it is made for.
const MIN: &str = "24";
const TARGET: &str = "35";

/// Runs everything. The workspace must have been built with the tests' features.
pub fn check(_full: bool) -> Result {
    setup::install_android_tests()?;
    let found = in_step(&Gradle::read()?);
    if !found.is_empty() {
        return Err(format!("the sample's Gradle project is out of step:\n{}", found.join("\n")));
    }
    kotlin::generate()?;
    resources()?;
    let built = target_dir().join("debug");
    let built = built.canonicalize().map_err(|error| format!("{}: {error}", built.display()))?;
    let mut maven = command("mvn", &["--batch-mode", "--no-transfer-progress", "test"]);
    maven
        // The library's own tests are run by `cargo xtask kotlin`.
        .arg("-Dtest=dev.duet.android.**,dev.duet.sample.**")
        .arg("-Dsurefire.failIfNoSpecifiedTests=false")
        .arg(format!("-Dduet.library.path={}", built.display()))
        .arg(format!("-Dduet.program={}", built.join("duet").display()))
        .arg("-Dduet.page=true")
        .env("DUET_CHROMIUM", "/usr/bin/chromium")
        .current_dir(sample());
    shell::run(maven)
}

fn sample() -> PathBuf {
    shell::root().join("android-sample")
}

/// Compiles the sample's resources and links them and its manifest with the framework's: what Android Studio does, too.
fn resources() -> Result {
    let (app, target) = (sample().join("app"), sample().join("app/target"));
    let java = target.join("generated-sources/r");
    fs::create_dir_all(&java).map_err(|error| format!("{}: {error}", java.display()))?;
    let manifest = target.join("AndroidManifest.xml");
    let text = read(&app.join("src/main/AndroidManifest.xml"))?;
    // Gradle has the name in its own file.
    let named = text.replacen("<manifest ", "<manifest package=\"dev.duet.sample\" ", 1);
    fs::write(&manifest, named).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let compiled = target.join("resources.zip");
    let mut compile = command("aapt2", &["compile", "--dir"]);
    compile.arg(app.join("src/main/res")).arg("-o").arg(&compiled);
    shell::run(compile)?;
    let mut link =
        command("aapt2", &["link", "--min-sdk-version", MIN, "--target-sdk-version", TARGET, "-I"]);
    link.arg(framework()?).arg("--manifest").arg(&manifest).arg("--java").arg(&java);
    link.arg("-o").arg(target.join("resources.apk")).arg(&compiled);
    shell::run(link)
}

/// Where the framework for aapt2 is.
fn framework() -> Result<PathBuf> {
    let folder = cache_dir()?.join("android-framework");
    let jar = folder.join(format!("android-all-{FRAMEWORK}.jar"));
    if !jar.is_file() {
        let mut copy = command("mvn", &["--batch-mode", "--no-transfer-progress", "--quiet", COPY]);
        copy.arg(format!("-Dartifact=org.robolectric:android-all:{FRAMEWORK}"))
            .arg(format!("-DoutputDirectory={}", folder.display()))
            .current_dir(sample());
        shell::run(copy)?;
    }
    Ok(jar)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// What Android Studio builds, and what is built here.
struct Gradle {
    script: String,
    pom: String,
}

impl Gradle {
    fn read() -> Result<Self> {
        let app = sample().join("app");
        Ok(Gradle { script: read(&app.join("build.gradle.kts"))?, pom: read(&app.join("pom.xml"))? })
    }
}

/// Where the two differ. Gradle takes library and helpers as one package; everything else is the same.
fn in_step(gradle: &Gradle) -> Vec<String> {
    let Gradle { script, pom } = gradle;
    let version = |name: &str| {
        let rest = pom.split_once(&format!("<{name}>"))?.1;
        rest.split_once('<').map(|(version, _)| version.to_owned())
    };
    let wanted = [
        ("the sources", Some("src/main/kotlin".to_owned())),
        ("the tests", Some("src/test/kotlin".to_owned())),
        ("the library", Some("dev.duet:duet-android:0.1.0".to_owned())),
        ("minSdk", Some(format!("minSdk = {MIN}"))),
        ("targetSdk", Some(format!("targetSdk = {TARGET}"))),
        (
            "compileSdk",
            version("android.version")
                .and_then(|version| api(&version))
                .map(|api| format!("compileSdk = {api}")),
        ),
        ("coroutines", version("coroutines.version").map(|v| format!("kotlinx-coroutines-core:{v}"))),
        ("coroutines' tests", version("coroutines.version").map(|v| format!("kotlinx-coroutines-test:{v}"))),
        ("JUnit", version("junit.version").map(|v| format!("junit-jupiter:{v}"))),
        ("JUnit 4's engine", version("junit.version").map(|v| format!("junit-vintage-engine:{v}"))),
        ("Robolectric", version("robolectric.version").map(|v| format!("org.robolectric:robolectric:{v}"))),
        (
            "Kotlin",
            version("kotlin.version").map(|v| format!("org.jetbrains.kotlin.android\") version \"{v}\"")),
        ),
    ];
    let mut found = Vec::new();
    for (what, text) in wanted {
        match text {
            None => found.push(format!("pom.xml does not tell {what}")),
            Some(text) if !script.contains(&text) => {
                found.push(format!("build.gradle.kts lacks {what} as pom.xml has it: {text}"));
            }
            Some(_) => {}
        }
    }
    // Whatever Gradle takes beyond these is not checked here.
    let known = ["dev.duet:", "org.jetbrains.kotlinx:", "org.junit.", "org.robolectric:"];
    for line in script.lines().filter(|line| line.contains("mplementation(\"")) {
        if !known.iter().any(|known| line.contains(known)) {
            found.push(format!("build.gradle.kts has what pom.xml lacks: {}", line.trim()));
        }
    }
    found
}

/// The API level of a framework's version.
fn api(version: &str) -> Option<u32> {
    // Android 13 was API 33; each release since added one.
    version.split('-').next()?.parse::<u32>().ok().map(|release| release + 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradle_and_maven_build_the_same() {
        assert_eq!(in_step(&Gradle::read().expect("both are there")), Vec::<String>::new());
    }

    #[test]
    fn whatever_differs_is_found() {
        let good = Gradle::read().expect("both are there");
        let breaks = [
            ("src/main/kotlin", "src/main/java"),
            ("compileSdk = 35", "compileSdk = 34"),
            ("minSdk = 24", "minSdk = 26"),
            ("kotlinx-coroutines-core:1", "kotlinx-coroutines-core:0"),
            ("robolectric:robolectric:4", "robolectric:robolectric:3"),
            ("dependencies {", "dependencies {\n    implementation(\"androidx.core:core:1.0\")"),
        ];
        for (from, to) in breaks {
            let script = good.script.replacen(from, to, 1);
            assert_ne!(script, good.script, "{from}");
            assert_eq!(in_step(&Gradle { script, pom: good.pom.clone() }).len(), 1, "{from}");
        }
        let pom = good.pom.replacen("<junit.version>5", "<junit.version>6", 1);
        assert_eq!(in_step(&Gradle { script: good.script, pom }).len(), 2);
    }
}
