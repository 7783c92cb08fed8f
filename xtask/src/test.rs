//! Every test.

use std::path::Path;

use crate::c;
use crate::setup;
use crate::shell::{self, Result, cargo, command, target_dir};
use crate::swift;

#[derive(clap::Args)]
pub struct Args {
    /// Also the long tier.
    #[arg(long)]
    pub full: bool,
    /// Leave the browser out: Rust's tests only.
    #[arg(long)]
    pub no_browser: bool,
}

/// What the tests are built with; one set, so that nothing is built twice.
pub const FEATURES: &str = "duet-core/vp8,duet-desktop/vp8,duet-ffi/vp8,duet-codecs/vp8,duet-signal/schema";

pub fn run(args: &Args) -> Result {
    setup::install_all(!args.no_browser)?;
    rust_tests(args.full)?;
    shell::run(cargo(&["build", "--workspace", "--features", FEATURES]))?;
    languages()?;
    if args.no_browser {
        return Ok(());
    }
    browser(&target_dir().join("debug"))
}

/// The other languages; on a machine that lacks their tools, says what is left out.
fn languages() -> Result {
    match setup::install_languages() {
        Ok(()) => c::tests()?,
        Err(missing) => eprintln!("skipped: C and C++; {missing}"),
    }
    swift::tests()
}

fn rust_tests(full: bool) -> Result {
    shell::run(cargo(&["test", "--workspace", "--features", FEATURES]))?;
    // The exhaustive model check is optimised code's work; debug builds leave its large worlds out.
    shell::run(cargo(&["test", "--release", "--package", "duet-call", "model", "--", "--nocapture"]))?;
    if full {
        // The long tier: marked as ignored where it stands, with its reason. These measure their own
        // process, so one at a time.
        let long = ["--", "--ignored", "--test-threads=1"];
        shell::run(cargo(&[&["test", "--workspace", "--features", FEATURES][..], &long].concat()))?;
    }
    Ok(())
}

/// Calls between the page and itself, and the page and the native engine, in headless Chromium.
fn browser(bin: &Path) -> Result {
    setup::node_packages()?;
    let mut tests = command("npm", &["test", "--silent"]);
    tests
        .current_dir(shell::root().join("server/tests/browser"))
        .env("DUET_BIN", bin.join("duet"))
        .env("DUET_SERVER_BIN", bin.join("duet-server"));
    shell::run(tests)
}
