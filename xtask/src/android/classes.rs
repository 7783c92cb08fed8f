//! The classes of the package.

use super::archive::Files;

/// The version of class files that everything reads: Java 8's. Apps may still compile for Java 8, and Kotlin does
/// not inline functions of newer classes into theirs; compiled against Java 8, nothing newer is called either.
const VERSION: u16 = 52;

/// What Java's class files begin with.
const MAGIC: [u8; 4] = [0xCA, 0xFE, 0xBA, 0xBE];

/// What is missing or wrong in the classes.
pub fn findings(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    if !files.contains_key("dev/duet/Duet.class") {
        found.push("classes.jar lacks dev.duet.Duet".into());
    }
    let mut newer = Vec::new();
    for (name, data) in files.iter().filter(|(name, _)| name.ends_with(".class")) {
        if !name.starts_with("dev/duet/") {
            found.push(format!("classes.jar has {name}, which is none of ours: apps may have it, too"));
        }
        match version(data) {
            None => found.push(format!("{name} is no class file")),
            Some(VERSION) => {}
            Some(other) => newer.push((name, other)),
        }
    }
    if let Some((name, other)) = newer.first() {
        found.push(format!("{} classes have no version {VERSION}: {name} has version {other}", newer.len()));
    }
    found
}

fn version(data: &[u8]) -> Option<u16> {
    (data.get(..4)? == MAGIC).then_some(u16::from_be_bytes([*data.get(6)?, *data.get(7)?]))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The beginning of a class file of that version.
    pub fn class(version: u16) -> Vec<u8> {
        [&MAGIC[..], &[0, 0], &version.to_be_bytes()].concat()
    }

    #[test]
    fn classes_that_not_every_app_can_use_are_named() {
        let files = |name: &str, data: Vec<u8>| {
            findings(&Files::from([("dev/duet/Duet.class".to_owned(), class(52)), (name.to_owned(), data)]))
        };
        assert_eq!(files("META-INF/duet.kotlin_module", vec![0]), Vec::<String>::new());
        assert_eq!(files("dev/duet/A.class", class(61)), ["1 classes have no version 52: dev/duet/A.class has version 61"]);
        assert_eq!(files("dev/duet/A.class", vec![0]), ["dev/duet/A.class is no class file"]);
        assert!(files("kotlin/Unit.class", class(52))[0].contains("none of ours"));
        assert_eq!(findings(&Files::new()), ["classes.jar lacks dev.duet.Duet"]);
    }
}
