//! The package as Maven and Gradle find it: a folder of a repository with its descriptions and checksums.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::Digest;

use crate::shell::Result;

pub const GROUP: &str = "dev.duet";
pub const ARTIFACT: &str = "duet-android";
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What apps get with the package.
#[derive(Debug, PartialEq, Eq)]
pub struct Dependency {
    pub group: &'static str,
    pub artifact: &'static str,
    pub version: String,
    /// Whether it is an AAR. JNA is both: its JAR holds libraries for computers only.
    pub aar: bool,
    /// Whether its types show in ours, so that apps are compiled with it.
    pub api: bool,
}

/// The dependencies, with the versions that the JVM's library is tested with.
pub fn dependencies(pom: &str) -> Result<Vec<Dependency>> {
    let of = |group, artifact, property, aar, api| {
        property_of(pom, property).map(|version| Dependency { group, artifact, version, aar, api })
    };
    Ok(vec![
        of("org.jetbrains.kotlin", "kotlin-stdlib", "kotlin.version", false, true)?,
        of("org.jetbrains.kotlinx", "kotlinx-coroutines-core-jvm", "coroutines.version", false, true)?,
        of("net.java.dev.jna", "jna", "jna.version", true, false)?,
    ])
}

/// The value of a property of a POM.
pub fn property_of(pom: &str, name: &str) -> Result<String> {
    let value = pom.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
    value.map(|(value, _)| value.trim().to_owned()).ok_or_else(|| format!("the POM has no property {name}"))
}

/// Lays the package out in a repository: `dev/duet/duet-android/VERSION/`.
pub fn publish(repository: &Path, aar: &[u8], sources: &[u8], needs: &[Dependency]) -> Result {
    let folder = folder(repository);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let module = serde_json::to_string_pretty(&module(aar, needs)).map_err(|error| error.to_string())? + "\n";
    let pom = pom(needs);
    let files: [(&str, &[u8]); 4] = [
        (".aar", aar),
        ("-sources.jar", sources),
        (".pom", pom.as_bytes()),
        (".module", module.as_bytes()),
    ];
    for (suffix, data) in files {
        let name = format!("{ARTIFACT}-{VERSION}{suffix}");
        let write = |name: &str, data: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, data).map_err(|error| format!("{}: {error}", path.display()))
        };
        write(&name, data)?;
        write(&format!("{name}.sha1"), sha1(data).as_bytes())?;
        write(&format!("{name}.sha256"), sha256(data).as_bytes())?;
    }
    Ok(())
}

/// Where in a repository the package is.
pub fn folder(repository: &Path) -> PathBuf {
    repository.join(GROUP.replace('.', "/")).join(ARTIFACT).join(VERSION)
}

/// Maven's description. The first line sends Gradle to its own.
fn pom(needs: &[Dependency]) -> String {
    let mut dependencies = String::new();
    for need in needs {
        let Dependency { group, artifact, version, .. } = need;
        let kind = if need.aar { "\n            <type>aar</type>" } else { "" };
        let scope = if need.api { "compile" } else { "runtime" };
        dependencies.push_str(&format!(
            "        <dependency>\n            <groupId>{group}</groupId>\n            <artifactId>{artifact}</artifactId>\n            \
             <version>{version}</version>{kind}\n            <scope>{scope}</scope>\n        </dependency>\n"
        ));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<project xmlns=\"http://maven.apache.org/POM/4.0.0\"
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"
         xsi:schemaLocation=\"http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd\">
    <!-- do_not_remove: published-with-gradle-metadata -->
    <modelVersion>4.0.0</modelVersion>
    <groupId>{GROUP}</groupId>
    <artifactId>{ARTIFACT}</artifactId>
    <version>{VERSION}</version>
    <packaging>aar</packaging>
    <name>Duet for Android</name>
    <description>An embeddable engine for one-to-one audio and video calls.</description>
    <licenses>
        <license>
            <name>Apache-2.0</name>
            <url>https://www.apache.org/licenses/LICENSE-2.0.txt</url>
        </license>
        <license>
            <name>MIT</name>
            <url>https://opensource.org/license/mit</url>
        </license>
    </licenses>
    <dependencies>
{dependencies}    </dependencies>
</project>
"
    )
}

/// Gradle's description: one variant to compile with, one to run with.
/// <https://github.com/gradle/gradle/blob/master/platforms/documentation/docs/src/docs/design/gradle-module-metadata-latest-specification.md>
fn module(aar: &[u8], needs: &[Dependency]) -> Value {
    let file = format!("{ARTIFACT}-{VERSION}.aar");
    let dependency = |need: &Dependency| {
        let mut told = json!({
            "group": need.group,
            "module": need.artifact,
            "version": { "requires": need.version },
        });
        if need.aar {
            told["thirdPartyCompatibility"] =
                json!({ "artifactSelector": { "name": need.artifact, "type": "aar", "extension": "aar" } });
        }
        told
    };
    let variant = |name: &str, usage: &str, wanted: &dyn Fn(&Dependency) -> bool| {
        json!({
            "name": name,
            "attributes": {
                "org.gradle.category": "library",
                "org.gradle.dependency.bundling": "external",
                "org.gradle.libraryelements": "aar",
                "org.gradle.usage": usage,
                "org.jetbrains.kotlin.platform.type": "androidJvm",
            },
            "dependencies": needs.iter().filter(|need| wanted(need)).map(dependency).collect::<Vec<_>>(),
            "files": [{
                "name": file,
                "url": file,
                "size": aar.len(),
                "sha256": sha256(aar),
                "sha1": sha1(aar),
            }],
        })
    };
    json!({
        "formatVersion": "1.1",
        "component": {
            "group": GROUP,
            "module": ARTIFACT,
            "version": VERSION,
            "attributes": { "org.gradle.status": "release" },
        },
        "variants": [
            variant("releaseApi", "java-api", &|need| need.api),
            variant("releaseRuntime", "java-runtime", &|_| true),
        ],
    })
}

fn sha1(data: &[u8]) -> String {
    use sha1::Digest;
    hex(&sha1::Sha1::digest(data))
}

pub fn sha256(data: &[u8]) -> String {
    hex(&sha2::Sha256::digest(data))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POM: &str = "<kotlin.version>2.2.21</kotlin.version> <coroutines.version>1.10.2</coroutines.version>\
                       <jna.version>5.18.1</jna.version>";

    #[test]
    fn apps_get_jna_as_an_aar_and_are_compiled_without_it() {
        let needs = dependencies(POM).unwrap();
        let pom = pom(&needs);
        assert!(pom.contains("<version>5.18.1</version>\n            <type>aar</type>\n            <scope>runtime</scope>"));
        assert_eq!(pom.matches("<dependency>").count(), 3);
        let module = module(b"aar", &needs);
        let [api, runtime] = [0, 1].map(|at| module["variants"][at]["dependencies"].as_array().unwrap().clone());
        assert_eq!((api.len(), runtime.len()), (2, 3));
        assert_eq!(runtime[2]["thirdPartyCompatibility"]["artifactSelector"]["extension"], "aar");
        assert_eq!(module["variants"][0]["files"][0]["size"], 3);
    }

    #[test]
    fn a_version_that_the_tests_do_not_name_is_an_error() {
        assert!(dependencies("<kotlin.version>2</kotlin.version>").unwrap_err().contains("coroutines.version"));
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(sha1(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(&sha256(b"abc")[..16], "ba7816bf8f01cfea");
    }
}
