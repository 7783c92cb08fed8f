//! What CI runs.

use crate::android;
use crate::apple;
use crate::setup;
use crate::shell::{self, Result, cargo, command};
use crate::swift;
use crate::test;
use crate::workflow;

#[derive(clap::Args)]
pub struct Args {
    /// Also the long tier of tests, and every target of phones and simulators.
    #[arg(long)]
    full: bool,
}

pub fn run(args: &Args) -> Result {
    // Demanded here, all at once: the tests leave out what a machine lacks.
    setup::install_all()?;
    swift::prepare()?;
    shell::run(cargo(&["fmt", "--all", "--check"]))?;
    let deny = setup::cargo_deny()?;
    shell::run(command(deny, &["check", "bans", "licenses", "sources"]))?;
    workflow::check()?;
    let lint = |features: &[&str]| {
        let mut words = vec!["clippy", "--workspace", "--all-targets"];
        words.extend(features);
        words.extend(["--", "-D", "warnings"]);
        shell::run(cargo(&words))
    };
    lint(&["--features", test::FEATURES])?;
    // Every feature set a host may choose still builds.
    shell::run(cargo(&["check", "--package", "duet-core"]))?;
    shell::run(cargo(&["check", "--package", "duet-core", "--no-default-features"]))?;
    shell::run(cargo(&["check", "--package", "duet-core", "--no-default-features", "--features", "vp8"]))?;
    let mut docs = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    shell::run(docs)?;
    android::check_targets(args.full)?;
    apple::check(args.full)?;
    test::run(&test::Args { full: args.full, no_browser: false })
}
