//! Kotlin writes C's structs by tables of offsets, one for each width of pointers. A C compiler compares them with
//! the header, for every ABI.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::abi::{ABIS, Abi, MIN_SDK};
use crate::shell::{self, Result, command};

const HEADER: &str = "#include <stddef.h>\n#include \"duet.h\"\n";

/// Where the tables are, below the folder of the Kotlin projects.
const TABLES: &str = "lib/src/main/kotlin/dev/duet/Layout.kt";

/// Compares the tables with the header.
pub fn check(work: &Path) -> Result {
    let source = super::read(&super::kotlin_folder().join(TABLES))?;
    for abi in ABIS {
        compare(work, &abi, &source)?;
    }
    eprintln!("\u{2713} Kotlin's layouts of structs are those of duet.h for every ABI");
    Ok(())
}

fn compare(work: &Path, abi: &Abi, source: &str) -> Result {
    let path = work.join(format!("layout-{}.c", abi.name));
    let program = assertions(&table(source, if abi.wide { "WIDE" } else { "NARROW" })?)?;
    fs::create_dir_all(work)
        .and_then(|()| fs::write(&path, program))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let mut clang =
        command("clang", &["-std=c11", "-fsyntax-only", "-ffreestanding", "-nostdlibinc", "-Werror"]);
    // clang's processor of 32-bit ARM has another name than Rust's.
    let target = abi.target.replace("armv7-", "armv7a-");
    clang.arg(format!("--target={target}{MIN_SDK}"));
    clang.arg("-I").arg(shell::root().join("bindings/c/include")).arg(&path);
    let output = clang.output().map_err(|error| format!("clang: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{TABLES} does not fit duet.h on {}:\n{told}", abi.name))
}

/// The entries of a table: `name = number`.
fn table(source: &str, name: &str) -> Result<BTreeMap<String, u32>> {
    let start = format!("{name} = Layout(");
    let (_, rest) = source.split_once(&start).ok_or_else(|| format!("{TABLES} has no table {name}"))?;
    let (body, _) = rest.split_once(')').ok_or_else(|| format!("{TABLES}: the table {name} does not end"))?;
    let entry = |line: &str| {
        let (key, value) = line.split_once('=')?;
        Some((key.trim().to_owned(), value.trim().trim_end_matches(',').parse().ok()?))
    };
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| entry(line).ok_or_else(|| format!("{TABLES}: `{line}` is no entry of a table")))
        .collect()
}

/// A C file that compiles only where the header says the same.
fn assertions(table: &BTreeMap<String, u32>) -> Result<String> {
    let structs = [("frame", "DuetVideoFrame"), ("info", "DuetFrameInfo"), ("plane", "DuetPlane")];
    let mut text = HEADER.to_owned();
    for (key, value) in table {
        let (prefix, name) = structs
            .into_iter()
            .find(|(prefix, _)| key.starts_with(prefix))
            .ok_or_else(|| format!("{TABLES}: `{key}` belongs to no struct"))?;
        let field = snake_case(&key[prefix.len()..]);
        let is =
            if field == "size" { format!("sizeof({name})") } else { format!("offsetof({name}, {field})") };
        text.push_str(&format!("_Static_assert({is} == {value}, \"{key}\");\n"));
    }
    if table.is_empty() { Err(format!("{TABLES} has an empty table")) } else { Ok(text) }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = include_str!("../../../bindings/kotlin/lib/src/main/kotlin/dev/duet/Layout.kt");

    #[test]
    fn every_entry_becomes_an_assertion() {
        let program = assertions(&table(SOURCE, "NARROW").unwrap()).unwrap();
        assert!(
            program.contains("_Static_assert(sizeof(DuetVideoFrame) == 80, \"frameSize\");"),
            "{program}"
        );
        assert!(program.contains("_Static_assert(offsetof(DuetVideoFrame, capture_time_ns) == 24,"));
        assert_eq!(program.matches("_Static_assert").count(), 19);
    }

    #[test]
    fn tables_that_cannot_be_read_are_an_error() {
        assert!(table("no table", "WIDE").is_err());
        assert!(table("WIDE = Layout(\n    frameSize = many,\n)", "WIDE").is_err());
        assert!(assertions(&BTreeMap::from([("other".to_owned(), 1)])).is_err());
    }

    #[test]
    fn an_offset_that_is_wrong_on_one_machine_is_found() {
        if !shell::has_program("clang") {
            eprintln!("skipped: clang is missing");
            return;
        }
        let work = std::env::temp_dir().join(format!("duet-layout-{}", std::process::id()));
        for abi in ABIS {
            compare(&work, &abi, SOURCE).unwrap();
        }
        let broken = SOURCE.replace("frameCaptureTimeNs = 24", "frameCaptureTimeNs = 28");
        assert!(compare(&work, &ABIS[0], &broken).is_ok(), "the other table is as it was");
        let told = compare(&work, &ABIS[1], &broken).unwrap_err();
        assert!(told.contains("frameCaptureTimeNs"), "{told}");
        fs::remove_dir_all(work).unwrap();
    }
}
