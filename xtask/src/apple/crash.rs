//! From an address in a crash report to a line of the source, as Xcode gets there: the linker leaves a map to the
//! objects' debug information, of which `dsymutil` makes the app's dSYM.

use std::path::Path;
use std::process::Command;

use super::link;
use super::macho;
use super::target::Target;
use super::tools::{self, ON_MAC};
use crate::shell::Result;

/// Whose place in the source is looked up, and where that must be.
const FUNCTION: &str = "duet_version";
const SOURCE: &str = "ffi/src/c/";

/// What is wrong with the debug information of a library.
pub fn finding(library: &Path, target: &Target, work: &Path) -> Result<Option<String>> {
    let app = link::with_lines(library, target, FUNCTION, work)?;
    let symbols = app.with_extension("dSYM");
    let mut dsymutil = Command::new(tools::find("dsymutil")?);
    dsymutil.arg(&app).arg("-o").arg(&symbols);
    tools::run(dsymutil)?;
    let symbols = symbols.join("Contents/Resources/DWARF").join(app.file_name().unwrap_or_default());
    let address = macho::address(&app, &format!("_{FUNCTION}"))?;
    let mut lookup = if ON_MAC {
        let mut atos = Command::new("atos");
        atos.args(["-fullPath", "-arch", target.arch, "-o"]).arg(symbols);
        atos
    } else {
        let mut symbolizer = Command::new(tools::find("llvm-symbolizer")?);
        symbolizer.arg("--obj").arg(symbols);
        symbolizer
    };
    let output = lookup.arg(format!("{address:#x}")).output();
    let output = output.map_err(|error| format!("{}: {error}", lookup.get_program().to_string_lossy()))?;
    let line = String::from_utf8_lossy(&output.stdout).trim().replace('\n', " ");
    let missing = || format!("{FUNCTION} in a crash report is `{line}`, and not a line of {SOURCE}");
    Ok((!line.contains(SOURCE)).then(missing))
}
