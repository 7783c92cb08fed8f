//! The package: an AAR, laid out from libraries and classes.
//!
//! <https://developer.android.com/studio/projects/android-library#aar-contents>

use super::abi::{Abi, MIN_SDK};
use super::archive::{self, Files};
use crate::shell::Result;

/// The package's name among those in an app; no other may have it.
pub const NAMESPACE: &str = "dev.duet.android";

/// The framework that the helpers are compiled against. An app compiled against an older one lacks classes
/// that they name, and R8 refuses to go on.
pub const MIN_COMPILE_SDK: u32 = 35;

/// What says so to Android's Gradle plugin. Its first version that knows API 35 is 8.6.
const METADATA: &str = "META-INF/com/android/build/gradle/aar-metadata.properties";

/// What a package is made of.
pub struct Parts {
    /// The manifest as its sources have it: without name and versions, which Gradle would add.
    pub manifest: String,
    /// Classes and Kotlin's files beside them, by their path.
    pub classes: Files,
    /// What R8 must keep, for apps that use the package.
    pub rules: String,
    pub libraries: Vec<(Abi, Vec<u8>)>,
}

/// The package's files, as they stand in the archive.
pub fn lay_out(parts: &Parts) -> Result<Files> {
    let mut files = Files::new();
    files.insert("AndroidManifest.xml".into(), manifest(&parts.manifest)?.into_bytes());
    files.insert("classes.jar".into(), archive::write(&parts.classes)?);
    // It has no resources; the file must be there all the same.
    files.insert("R.txt".into(), Vec::new());
    files.insert("proguard.txt".into(), parts.rules.clone().into_bytes());
    files.insert(METADATA.into(), metadata().into_bytes());
    for (abi, library) in &parts.libraries {
        files.insert(library_path(abi), library.clone());
    }
    Ok(files)
}

pub fn library_path(abi: &Abi) -> String {
    format!("jni/{}/libduet.so", abi.name)
}

/// What is missing or wrong in a package's files, its libraries apart.
pub fn findings(files: &Files, rules: &str) -> Vec<String> {
    let mut found = Vec::new();
    let text = |name: &str| files.get(name).map(|data| String::from_utf8_lossy(data).into_owned());
    for name in ["AndroidManifest.xml", "classes.jar", "R.txt", "proguard.txt", METADATA] {
        if !files.contains_key(name) {
            found.push(format!("{name} is missing"));
        }
    }
    if let Some(manifest) = text("AndroidManifest.xml") {
        for part in [format!("package=\"{NAMESPACE}\""), format!("android:minSdkVersion=\"{MIN_SDK}\"")] {
            if !manifest.contains(&part) {
                found.push(format!("AndroidManifest.xml lacks {part}"));
            }
        }
        if !manifest.contains("android.permission.INTERNET") {
            found.push("AndroidManifest.xml does not ask for the network".into());
        }
    }
    if text(METADATA).is_some_and(|metadata| metadata != self::metadata()) {
        found.push(format!("{METADATA} says other things than it should"));
    }
    if text("proguard.txt").is_some_and(|packed| packed != rules) {
        found.push("proguard.txt is not the file of rules in the sources".into());
    }
    if let Some(classes) = files.get("classes.jar") {
        match archive::read(classes) {
            Ok(classes) => found.extend(super::classes::findings(&classes)),
            Err(error) => found.push(format!("classes.jar: {error}")),
        }
    }
    found
}

fn metadata() -> String {
    format!(
        "aarFormatVersion=1.0\naarMetadataVersion=1.0\nminCompileSdk={MIN_COMPILE_SDK}\nminCompileSdkExtension=0\n\
         minAndroidGradlePluginVersion=8.6.0\n"
    )
}

/// A manifest as it stands in a package: with the name and the oldest Android, which sources leave to Gradle.
fn manifest(source: &str) -> Result<String> {
    let start = source.find("<manifest").ok_or("AndroidManifest.xml has no <manifest>")?;
    let length = source[start..].find('>').ok_or("<manifest> of AndroidManifest.xml does not end")?;
    let (opening, rest) = source.split_at(start + length);
    if opening.ends_with('/') {
        return Err("<manifest> of AndroidManifest.xml is empty".into());
    }
    if source.contains("<uses-sdk") || opening.contains("package=") {
        return Err("AndroidManifest.xml of the sources must leave package and uses-sdk to its build".into());
    }
    let sdk = format!("    <uses-sdk android:minSdkVersion=\"{MIN_SDK}\" />");
    Ok(format!("{opening}\n    package=\"{NAMESPACE}\">\n{sdk}{}", &rest[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::android::abi::ABIS;
    use crate::android::classes::tests::class;

    const MANIFEST: &str = "<manifest xmlns:android=\"x\">\n    <uses-permission \
                            android:name=\"android.permission.INTERNET\" />\n</manifest>\n";

    fn package() -> Files {
        let parts = Parts {
            manifest: MANIFEST.into(),
            classes: Files::from([("dev/duet/Duet.class".to_owned(), class(52))]),
            rules: "-keep it\n".into(),
            libraries: vec![(ABIS[0], vec![1, 2, 3])],
        };
        lay_out(&parts).unwrap()
    }

    #[test]
    fn a_package_has_all_that_belongs_in_one() {
        let files = package();
        assert_eq!(findings(&files, "-keep it\n"), Vec::<String>::new());
        assert!(files.contains_key("jni/arm64-v8a/libduet.so"));
        let manifest = String::from_utf8_lossy(&files["AndroidManifest.xml"]);
        assert!(
            manifest.starts_with("<manifest xmlns:android=\"x\"\n    package=\"dev.duet.android\">\n"),
            "{manifest}"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for name in ["AndroidManifest.xml", "classes.jar", "R.txt", "proguard.txt", METADATA] {
            let mut files = package();
            files.remove(name);
            assert_eq!(findings(&files, "-keep it\n"), [format!("{name} is missing")]);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let broken = |name: &str, data: &[u8]| {
            let mut files = package();
            files.insert(name.into(), data.to_vec());
            findings(&files, "-keep it\n").join("; ")
        };
        assert!(broken("AndroidManifest.xml", b"<manifest/>").contains("minSdkVersion"));
        assert!(broken(METADATA, b"aarFormatVersion=1.0\n").contains("other things"));
        assert!(broken("proguard.txt", b"-keep nothing\n").contains("not the file of rules"));
        assert!(broken("classes.jar", b"no archive").contains("classes.jar"));
        let newer = archive::write(&Files::from([("dev/duet/Duet.class".to_owned(), class(61))])).unwrap();
        assert!(broken("classes.jar", &newer).contains("version 61"));
    }

    #[test]
    fn a_manifest_that_its_build_could_not_complete_is_refused() {
        assert!(manifest("<manifest xmlns:android=\"x\" />").is_err());
        assert!(manifest("<manifest package=\"a\">\n</manifest>").is_err());
        assert!(manifest("").is_err());
    }
}
