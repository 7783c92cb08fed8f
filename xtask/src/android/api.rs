//! Which of Java's classes the package names. The compiler sees to Java 8's; Android 7 (API 24) has not all of them.

use super::archive::Files;

/// Packages of Java that API 24 has.
const PRESENT: &[&str] = &[
    "java/io/",
    "java/lang/",
    "java/math/",
    "java/net/",
    "java/nio/",
    "java/security/",
    "java/text/",
    "java/util/",
    "javax/microedition/khronos/",
];

/// Parts of those packages that came later, or never. <https://developer.android.com/reference/packages>
const ABSENT: &[&str] = &[
    "java/lang/instrument/",
    "java/lang/invoke/",
    "java/lang/management/",
    "java/lang/module/",
    "java/lang/ref/Cleaner",
    "java/nio/file/",
    "java/util/Base64",
    "java/util/concurrent/Flow",
];

/// What Android's compiler takes out again: how Java 8 says "lambda".
const COMPILED_AWAY: &[&str] = &["java/lang/invoke/LambdaMetafactory", "java/lang/invoke/MethodHandles"];

/// Classes that are named and that the oldest Android does not have.
pub fn findings(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (name, data) in files.iter().filter(|(name, _)| name.ends_with(".class")) {
        match references(data) {
            Some(references) => {
                let missing = references.iter().filter(|class| is_missing(class));
                found.extend(missing.map(|class| format!("{name} uses {class}, which API 24 does not have")));
            }
            None => found.push(format!("{name} has a constant pool that cannot be read")),
        }
    }
    found
}

fn is_missing(class: &str) -> bool {
    let java = class.starts_with("java/") || class.starts_with("javax/");
    let within = |list: &[&str]| list.iter().any(|prefix| class.starts_with(prefix));
    java && !within(COMPILED_AWAY) && (!within(PRESENT) || within(ABSENT))
}

/// The classes that a class file's constant pool names.
/// <https://docs.oracle.com/javase/specs/jvms/se8/html/jvms-4.html#jvms-4.4>
fn references(class: &[u8]) -> Option<Vec<String>> {
    let number = |at: usize| Some(u16::from_be_bytes([*class.get(at)?, *class.get(at + 1)?]));
    let count = usize::from(number(8)?);
    let (mut texts, mut classes) = (vec![None; count], Vec::new());
    let (mut at, mut index) = (10, 1);
    while index < count {
        let tag = *class.get(at)?;
        let (size, slots) = match tag {
            1 => {
                let length = usize::from(number(at + 1)?);
                texts[index] = Some(class.get(at + 3..at + 3 + length)?);
                (3 + length, 1)
            }
            7 => {
                classes.push(usize::from(number(at + 1)?));
                (3, 1)
            }
            3 | 4 | 9..=12 | 17 | 18 => (5, 1),
            // Numbers of 64 bits take two places.
            5 | 6 => (9, 2),
            8 | 16 | 19 | 20 => (3, 1),
            15 => (4, 1),
            _ => return None,
        };
        at += size;
        index += slots;
    }
    let name = |index: usize| {
        let text = String::from_utf8_lossy((*texts.get(index)?)?).into_owned();
        // Of an array, its elements' class.
        Some(text.trim_start_matches('[').trim_start_matches('L').trim_end_matches(';').to_owned())
    };
    classes.into_iter().map(name).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A class file of Java 8 that names these classes, after a number that takes two places.
    pub fn class(names: &[&str]) -> Vec<u8> {
        let mut file = vec![0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 52];
        file.extend((3 + 2 * names.len() as u16).to_be_bytes());
        file.extend([5, 0, 0, 0, 0, 0, 0, 0, 1]);
        for (at, name) in names.iter().enumerate() {
            file.push(1);
            file.extend((name.len() as u16).to_be_bytes());
            file.extend(name.as_bytes());
            file.push(7);
            file.extend((3 + 2 * at as u16).to_be_bytes());
        }
        file
    }

    fn findings_of(names: &[&str]) -> Vec<String> {
        findings(&Files::from([("dev/duet/A.class".to_owned(), class(names))]))
    }

    #[test]
    fn what_the_oldest_android_lacks_is_found() {
        for name in
            ["java/lang/ref/Cleaner", "[Ljava/nio/file/Path;", "java/time/Duration", "javax/swing/JFrame"]
        {
            assert_eq!(findings_of(&["java/lang/String", name]).len(), 1, "{name}");
        }
    }

    #[test]
    fn what_it_has_and_what_is_not_java_s_is_fine() {
        let names = [
            "java/lang/Object",
            "java/lang/invoke/MethodHandles$Lookup",
            "kotlin/Unit",
            "com/sun/jna/Native",
            "[[I",
        ];
        assert_eq!(findings_of(&names), Vec::<String>::new());
    }

    #[test]
    fn a_class_that_ends_too_early_is_found() {
        let whole = class(&["java/lang/Object"]);
        let cut = Files::from([("A.class".to_owned(), whole[..whole.len() - 1].to_vec())]);
        assert!(findings(&cut)[0].contains("cannot be read"));
    }
}
