//! The crate between the engine and the other languages stays small: it converts and decides nothing.

use std::fs;
use std::path::Path;

use crate::shell::{self, Result};

/// Lines of code; comments (of which `duet.h` is made), blank lines and tests aside.
const MOST: usize = 3000;

/// Fails when it has grown too large.
pub fn check() -> Result {
    let lines = count(&shell::root().join("ffi/src"))?;
    if lines < MOST {
        eprintln!("ffi/src: {lines} lines of code, {MOST} are too many");
        Ok(())
    } else {
        Err(format!("ffi/src has {lines} lines of code, {MOST} are too many: what decides belongs into core"))
    }
}

fn count(folder: &Path) -> Result<usize> {
    let explain = |error| format!("{}: {error}", folder.display());
    let mut lines = 0;
    for entry in fs::read_dir(folder).map_err(explain)? {
        let path = entry.map_err(explain)?.path();
        if path.is_dir() {
            lines += count(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            lines += code(&fs::read_to_string(&path).map_err(explain)?);
        }
    }
    Ok(lines)
}

/// Tests stand last in a file.
fn code(source: &str) -> usize {
    let product = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    lines_but(product, &["//"])
}

/// Lines that are not empty and begin with none of `others`.
pub fn lines_but(text: &str, others: &[&str]) -> usize {
    let counts =
        |line: &&str| !line.is_empty() && !others.iter().any(|beginning| line.starts_with(beginning));
    text.lines().map(str::trim).filter(counts).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_blank_lines_and_tests_do_not_count() {
        let source = "//! Front.\n\n/// Doc.\nfn one() {\n    // Why.\n    two();\n}\n\n#[cfg(test)]\nmod tests {\n    fn three() {}\n}\n";
        assert_eq!(code(source), 3);
    }
}
