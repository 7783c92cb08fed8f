//! The headers of a slice: the C header, and the module by which Swift and Objective-C import it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::target::Target;
use crate::shell::Result;

/// The module, and the folder of its files below `Headers`. Xcode puts the headers of every static library
/// into one folder, where two files `module.modulemap` would be one too many; the compiler looks for a
/// module in a folder of its name.
pub const MODULE: &str = "CDuet";

/// What an app that imports the module links, beside `duet`: a finding names what is missing here.
pub const LINKS: &[&str] = &["c++", "framework CoreFoundation", "framework Security"];

/// Where the header is.
pub fn source() -> PathBuf {
    crate::shell::root().join("bindings/c/include/duet.h")
}

/// Writes a slice's headers.
pub fn write(headers: &Path) -> Result {
    let folder = headers.join(MODULE);
    let explain = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(explain)?;
    fs::copy(source(), folder.join("duet.h")).map_err(explain)?;
    fs::write(folder.join("module.modulemap"), module_map()).map_err(explain)
}

fn module_map() -> String {
    let links = LINKS.iter().map(|link| match link.strip_prefix("framework ") {
        Some(framework) => format!("    link framework \"{framework}\"\n"),
        None => format!("    link \"{link}\"\n"),
    });
    format!(
        "module {MODULE} [system] {{\n    header \"duet.h\"\n    link \"duet\"\n{}    export *\n}}\n",
        links.collect::<String>()
    )
}

/// The functions that a header declares.
pub fn functions(header: &str) -> BTreeSet<String> {
    let code = without_comments(header);
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("duet_") {
        let inside = code[..at].chars().next_back().is_some_and(is_name);
        let name: String = code[at..].chars().take_while(|c| is_name(*c)).collect();
        if !inside && code[at + name.len()..].starts_with('(') {
            found.insert(name);
        }
    }
    found
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Compiles programs that import the module and include the header, as an app's would. The header needs no
/// system's headers, so neither does this.
pub fn compile(clang: &Path, headers: &Path, target: &Target, work: &Path) -> Result {
    let programs = [
        ("module.m", "@import CDuet;\nconst char *version(void) { return duet_version(); }\n"),
        ("header.c", "#include <CDuet/duet.h>\nconst char *version(void) { return duet_version(); }\n"),
        ("header.cpp", "#include <CDuet/duet.h>\nconst char *version() { return duet_version(); }\n"),
    ];
    fs::create_dir_all(work).map_err(|error| format!("{}: {error}", work.display()))?;
    for (name, text) in programs {
        let program = work.join(name);
        fs::write(&program, text).map_err(|error| format!("{}: {error}", program.display()))?;
        let mut compile = Command::new(clang);
        compile.args(["-fsyntax-only", "-fmodules", "-ffreestanding", "-nostdlibinc", "-Wall", "-Werror"]);
        compile.arg(format!("--target={}", target.clang())).arg("-I").arg(headers);
        compile.arg(format!("-fmodules-cache-path={}", work.join("modules").display())).arg(&program);
        let output = compile.output().map_err(|error| format!("{}: {error}", clang.display()))?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{name} does not compile: {}", words.trim()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn functions_are_what_is_declared_not_what_is_talked_about() {
        let header = "/* see duet_talked_about() */\n// and duet_line()\n#define X my_duet_macro()\n\
                      DuetError duet_a(int x);\nconst char *duet_b(void);\ntypedef void (*DuetCallback)(void *);\n";
        assert_eq!(functions(header).into_iter().collect::<Vec<_>>(), ["duet_a", "duet_b"]);
    }
}
