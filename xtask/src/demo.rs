//! The first thing a newcomer sees.

use crate::setup;
use crate::shell::{self, Result, cargo};

#[derive(clap::Args)]
pub struct Args {
    /// Passed on to `duet demo`; see `cargo xtask demo -- --help`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub fn run(args: &Args) -> Result {
    setup::build_packages_if_possible();
    let mut words = vec!["run", "--quiet", "--release", "--package", "duet-desktop", "--bin", "duet"];
    if setup::has_libvpx() {
        words.extend(["--features", "vp8"]);
    }
    words.extend(["--", "demo"]);
    words.extend(args.args.iter().map(String::as_str).filter(|word| *word != "--"));
    eprintln!("building and starting the demo; the first build takes some minutes");
    shell::run(cargo(&words))
}
