//! The privacy manifest: what Apple wants to know of a library in an app.
//!
//! Apple's list of APIs that need a reason: "Describing use of required reason API". The symbols that the
//! linked library takes from the system tell which of them are in use.

use std::collections::BTreeSet;
use std::path::PathBuf;

use plist::{Dictionary, Value};

use crate::shell::{self, Result};

pub const FILE: &str = "PrivacyInfo.xcprivacy";

/// A category, the reasons that Apple knows for it, and the C functions it is about.
struct Category {
    name: &'static str,
    reasons: &'static [&'static str],
    functions: &'static [&'static str],
}

const CATEGORIES: &[Category] = &[
    Category {
        name: "NSPrivacyAccessedAPICategoryFileTimestamp",
        reasons: &["DDA9.1", "C617.1", "3B52.1", "0A2A.1"],
        functions: &[
            "fgetattrlist",
            "fstat",
            "fstatat",
            "getattrlist",
            "getattrlistat",
            "getattrlistbulk",
            "lstat",
            "stat",
        ],
    },
    Category {
        name: "NSPrivacyAccessedAPICategorySystemBootTime",
        reasons: &["35F9.1", "8FFB.1", "3D61.1"],
        functions: &["mach_absolute_time"],
    },
    Category {
        name: "NSPrivacyAccessedAPICategoryDiskSpace",
        reasons: &["85F4.1", "E174.1", "7D9E.1", "B728.1"],
        functions: &["fstatfs", "fstatvfs", "statfs", "statvfs"],
    },
    Category {
        name: "NSPrivacyAccessedAPICategoryActiveKeyboards",
        reasons: &["3EC4.1", "54BD.1"],
        functions: &[],
    },
    Category {
        name: "NSPrivacyAccessedAPICategoryUserDefaults",
        reasons: &["CA92.1", "1C8F.1", "C56D.1", "AC6B.1"],
        functions: &[],
    },
];

/// Where the manifest is: among the Swift package's sources, whose resource it is.
pub fn source() -> PathBuf {
    shell::root().join("bindings/swift/Sources/Duet").join(FILE)
}

/// What is wrong with a manifest, given the symbols that the library takes from the system.
pub fn findings(manifest: &[u8], imports: &BTreeSet<String>) -> Vec<String> {
    let finding = |error: String| vec![format!("{FILE}: {error}")];
    let manifest = match plist::from_bytes::<Dictionary>(manifest) {
        Ok(manifest) => manifest,
        Err(error) => return finding(format!("not a property list: {error}")),
    };
    let declared = match declared(&manifest) {
        Ok(declared) => declared,
        Err(error) => return finding(error),
    };
    let mut found = Vec::new();
    for category in CATEGORIES {
        let symbol = |name: &&&str| imports.contains(&format!("_{name}"));
        let used: Vec<&str> = category.functions.iter().filter(symbol).copied().collect();
        if !used.is_empty() && !declared.contains(category.name) {
            found.push(format!("{FILE}: {} is missing: the library uses {}", category.name, used.join(", ")));
        }
    }
    found
}

/// The categories in a well-formed manifest.
fn declared(manifest: &Dictionary) -> Result<BTreeSet<&'static str>> {
    const KEYS: [&str; 4] = [
        "NSPrivacyAccessedAPITypes",
        "NSPrivacyCollectedDataTypes",
        "NSPrivacyTracking",
        "NSPrivacyTrackingDomains",
    ];
    if let Some(key) = manifest.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("{key} is no key of a privacy manifest"));
    }
    let array = |dictionary: &Dictionary, key: &str| {
        let value = dictionary.get(key).and_then(Value::as_array);
        value.cloned().ok_or_else(|| format!("{key} is not there, or not an array"))
    };
    if manifest.get("NSPrivacyTracking").and_then(Value::as_boolean) != Some(false) {
        return Err("NSPrivacyTracking is not there, or not false".into());
    }
    for empty in ["NSPrivacyTrackingDomains", "NSPrivacyCollectedDataTypes"] {
        if !array(manifest, empty)?.is_empty() {
            return Err(format!("{empty} is not empty: the engine tracks nobody and collects nothing"));
        }
    }
    let mut found = BTreeSet::new();
    for entry in array(manifest, "NSPrivacyAccessedAPITypes")? {
        let entry = entry.as_dictionary().ok_or("NSPrivacyAccessedAPITypes holds what is no dictionary")?;
        let name = entry.get("NSPrivacyAccessedAPIType").and_then(Value::as_string).unwrap_or_default();
        let category = CATEGORIES.iter().find(|category| category.name == name);
        let category = category.ok_or_else(|| format!("Apple has no category `{name}`"))?;
        let reasons = array(entry, "NSPrivacyAccessedAPITypeReasons")?;
        let known =
            |reason: &Value| reason.as_string().is_some_and(|reason| category.reasons.contains(&reason));
        if reasons.is_empty() || !reasons.iter().all(known) {
            return Err(format!(
                "{name}: the reasons are not among Apple's: {}",
                category.reasons.join(", ")
            ));
        }
        found.insert(category.name);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::{findings, source};

    fn imports(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_committed_manifest_is_well_formed() {
        let manifest = fs::read(source()).expect("the manifest is there");
        assert_eq!(findings(&manifest, &imports(&[])), [""; 0]);
    }

    #[test]
    fn a_function_that_needs_a_reason_must_be_declared() {
        let manifest = fs::read(source()).expect("the manifest is there");
        let found = findings(&manifest, &imports(&["_statvfs", "_malloc"]));
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("DiskSpace is missing: the library uses statvfs"), "{found:?}");
    }

    #[test]
    fn what_apple_does_not_know_is_found() {
        let manifest = fs::read_to_string(source()).expect("the manifest is there");
        for (from, to, words) in [
            ("NSPrivacyTrackingDomains", "NSPrivacyTrackingDomain", "is no key"),
            ("<false/>", "<true/>", "not false"),
            ("35F9.1", "35F9.2", "not among Apple's"),
            ("SystemBootTime", "SystemBoottime", "no category"),
            ("<array/>", "<array>", "not a property list"),
        ] {
            let broken = manifest.replacen(from, to, 1);
            assert_ne!(broken, manifest);
            let found = findings(broken.as_bytes(), &imports(&[]));
            assert!(found.len() == 1 && found[0].contains(words), "{words}: {found:?}");
        }
    }
}
