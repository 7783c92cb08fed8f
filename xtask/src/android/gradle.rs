//! The Gradle module cannot be evaluated without Google's repository: what it shares with the packer is compared as
//! text.

use super::aar::{MIN_COMPILE_SDK, NAMESPACE};
use super::abi::MIN_SDK;
use super::maven::{self, Dependency};

/// What the module says otherwise than the packer.
pub fn findings(module: &str, needs: &[Dependency]) -> Vec<String> {
    let mut wanted = vec![
        format!("namespace = \"{NAMESPACE}\""),
        format!("compileSdk = {MIN_COMPILE_SDK}"),
        format!("minSdk = {MIN_SDK}"),
        format!("group = \"{}\"", maven::GROUP),
        format!("version = \"{}\"", maven::VERSION),
        format!("artifactId = \"{}\"", maven::ARTIFACT),
        "JavaVersion.VERSION_1_8".into(),
        "consumerProguardFiles(\"consumer-rules.pro\")".into(),
    ];
    for need in needs {
        let Dependency { group, artifact, version, aar, api } = need;
        let (word, kind) = (if *api { "api" } else { "implementation" }, if *aar { "@aar" } else { "" });
        wanted.push(format!("{word}(\"{group}:{artifact}:{version}{kind}\")"));
        if *artifact == "kotlin-stdlib" {
            wanted.push(format!("id(\"org.jetbrains.kotlin.android\") version \"{version}\""));
        }
    }
    wanted.retain(|line| !module.contains(line.as_str()));
    wanted.into_iter().map(|line| format!("build.gradle.kts lacks `{line}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = include_str!("../../../bindings/kotlin/android/build.gradle.kts");
    const POM: &str = include_str!("../../../bindings/kotlin/lib/pom.xml");

    #[test]
    fn the_module_says_what_the_packer_does() {
        assert_eq!(findings(MODULE, &maven::dependencies(POM).unwrap()), Vec::<String>::new());
    }

    #[test]
    fn a_version_that_only_one_of_them_has_is_found() {
        let newer = POM.replace("<jna.version>5", "<jna.version>6");
        let found = findings(MODULE, &maven::dependencies(&newer).unwrap());
        assert!(found.len() == 1 && found[0].contains("jna:6"), "{found:?}");
        assert!(findings("", &[]).len() > 5);
    }

    #[test]
    fn all_projects_have_the_same_versions() {
        let helpers = include_str!("../../../bindings/kotlin/android/pom.xml");
        let smoke = include_str!("../../../bindings/kotlin/smoke/pom.xml");
        for (pom, property) in
            [(helpers, "kotlin.version"), (smoke, "kotlin.version"), (smoke, "jna.version")]
        {
            assert_eq!(maven::property_of(pom, property), maven::property_of(POM, property));
        }
        for pom in [POM, helpers, smoke] {
            assert_eq!(maven::property_of(pom, "version").unwrap(), maven::VERSION);
        }
    }
}
