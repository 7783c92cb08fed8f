//! The release's workflow runs elsewhere; what can be wrong in its text is found here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::setup;
use crate::shell::{self, Result, cache_dir, command};

/// The shape of a workflow, by the service's own schema; and what makes one unsafe.
const TOOLS: [&str; 2] = ["check-jsonschema==0.39.0", "zizmor==1.32.0"];

const FOLDER: &str = ".github/workflows";

pub fn check() -> Result {
    let tools = tools()?;
    let folder = shell::root().join(FOLDER);
    let listing = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in listing.flatten() {
        for program in programs(&tools, &entry.path()) {
            shell::run(program)?;
        }
        refuses_what_is_wrong(&tools, &entry.path())?;
    }
    Ok(())
}

/// A workflow without jobs, and one that takes whatever an action's tag names today: both must be refused, or the
/// check proves nothing.
fn refuses_what_is_wrong(tools: &Path, workflow: &Path) -> Result {
    let io = |error: std::io::Error| format!("{}: {error}", workflow.display());
    let text = fs::read_to_string(workflow).map_err(io)?;
    let folder = tools.join("broken/.github/workflows");
    fs::create_dir_all(&folder).map_err(io)?;
    let (_, pin) = text.split_once("actions/checkout@").ok_or("the workflow checks nothing out")?;
    let pin = pin.split_whitespace().next().ok_or("an action has a version")?;
    for broken in [text.replace("\njobs:", "\njob:"), text.replace(pin, "v4")] {
        let path = folder.join("broken.yml");
        fs::write(&path, broken).map_err(io)?;
        if programs(tools, &path).into_iter().all(shell::succeeds) {
            return Err("a broken workflow was taken for a good one".into());
        }
    }
    Ok(())
}

/// What looks at a workflow.
fn programs(tools: &Path, workflow: &Path) -> [Command; 2] {
    let mut shape =
        command("python3", &["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]);
    shape.env("PYTHONPATH", tools).arg(workflow);
    let mut safety = command(tools.join("bin/zizmor"), &["--offline", "--quiet"]);
    safety.arg(workflow);
    [shape, safety]
}

/// The folder with both programs; gets them once.
fn tools() -> Result<PathBuf> {
    let wanted = TOOLS.join(" ");
    let folder = cache_dir()?.join("workflow-tools");
    let mark = folder.join("versions");
    if fs::read_to_string(&mark).is_ok_and(|present| present == wanted) {
        return Ok(folder);
    }
    setup::install_pip()?;
    let mut pip = command("python3", &["-m", "pip", "install", "--quiet", "--upgrade", "--target"]);
    pip.arg(&folder).args(TOOLS);
    shell::run(pip)?;
    fs::write(&mark, wanted).map_err(|error| format!("{}: {error}", mark.display()))?;
    Ok(folder)
}
