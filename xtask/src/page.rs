//! The page that shows the same call in every language: made of the examples, which are compiled and run.

use std::fs;
use std::path::PathBuf;

use crate::ffi_size::lines_but;
use crate::shell::{self, Result};

/// What begins an example; its file, from the root, follows, then ` -->`.
const BEGIN: &str = "<!-- example: ";
const END: &str = "<!-- /example -->";
/// Lines of code that a call may take. A language that needs more lacks something in its interface.
const MAX_LINES: usize = 25;
/// What begins a line that is no code of the call's.
const NO_CODE: &[&str] = &["//", "/*", "use ", "import ", "#include", "package "];

/// Fails when the page does not show the examples as they are.
pub fn check() -> Result {
    let (path, text) = read()?;
    if filled(&text, example)? == text {
        Ok(())
    } else {
        Err(format!("{} does not show the examples as they are: run `cargo xtask header`", path.display()))
    }
}

/// Puts the examples in.
pub fn write() -> Result {
    let (path, text) = read()?;
    fs::write(&path, filled(&text, example)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn read() -> Result<(PathBuf, String)> {
    let path = shell::root().join("bindings/README.md");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((path, text))
}

fn example(file: &str) -> Result<String> {
    let text = fs::read_to_string(shell::root().join(file)).map_err(|error| format!("{file}: {error}"))?;
    match lines_but(&text, NO_CODE) {
        lines if lines > MAX_LINES => {
            Err(format!("{file} has {lines} lines of code; a call takes {MAX_LINES} at most"))
        }
        _ => Ok(text),
    }
}

/// The page with each example between its marks.
fn filled(page: &str, example: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut parts = page.split(BEGIN);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (file, rest) = part.split_once(" -->").ok_or("a mark names a file and ends")?;
        let (_, after) = rest.split_once(END).ok_or_else(|| format!("{file} has no {END}"))?;
        let language = match file.rsplit('.').next() {
            Some("rs") => "rust",
            Some("kt") => "kotlin",
            Some(same) => same,
            None => "",
        };
        let text = example(file)?;
        whole += &format!("{BEGIN}{file} -->\n```{language}\n{}\n```\n{END}{after}", text.trim_end());
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_imports_are_no_code() {
        let text = "/* A call. */\n#include <duet.h>\n\nint main(void) {\n    // Nothing.\n    return 0; // Well.\n}\n";
        assert_eq!(lines_but(text, NO_CODE), 3);
    }

    #[test]
    fn the_page_shows_the_example_of_now() {
        let now = |file: &str| Ok(format!("{file} now\n"));
        let page = "# A\n<!-- example: a.kt -->\n```kotlin\nbefore\n```\n<!-- /example -->\nrest\n";
        let wanted = "# A\n<!-- example: a.kt -->\n```kotlin\na.kt now\n```\n<!-- /example -->\nrest\n";
        assert_eq!(filled(page, now).expect("marks"), wanted);
        assert_eq!(filled(wanted, now).expect("marks"), wanted);
        assert!(filled("<!-- example: a.kt -->\n", now).is_err());
    }
}
