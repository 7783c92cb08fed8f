//! Every test.

use std::path::Path;

use crate::android;
use crate::c;
use crate::cross;
use crate::kotlin;
use crate::setup;
use crate::shell::{self, Result, cargo, command, target_dir};
use crate::swift;

#[derive(clap::Args)]
pub struct Args {
    /// Also the long tier.
    #[arg(long)]
    pub full: bool,
    /// Leave the browser and the other languages out: Rust's tests only.
    #[arg(long)]
    pub no_browser: bool,
}

/// What the tests are built with; one set, so that nothing is built twice.
pub const FEATURES: &str = "duet-core/vp8,duet-desktop/vp8,duet-ffi/vp8,duet-codecs/vp8,duet-signal/schema";

pub fn run(args: &Args) -> Result {
    setup::install_all(!args.no_browser)?;
    rust_tests(args.full)?;
    if args.no_browser {
        return Ok(());
    }
    shell::run(cargo(&["build", "--workspace", "--features", FEATURES]))?;
    languages(args.full)?;
    browser(&target_dir().join("debug"), args.full)
}

/// The other languages; on a machine that lacks their tools, says what is left out.
fn languages(full: bool) -> Result {
    let present = setup::install_languages();
    match &present {
        Ok(()) => {
            c::tests()?;
            kotlin::tests()?;
            android::tests(full)?;
        }
        Err(missing) => eprintln!("skipped: C, C++, Kotlin and Android's package; {missing}"),
    }
    eprintln!("left out: compiling for Android; `cargo xtask android --check` does that, too");
    eprintln!("left out: the package for iPhones; `cargo xtask apple --check` builds and verifies it");
    swift::tests()?;
    if present.is_ok() { cross::tests() } else { Ok(()) }
}

fn rust_tests(full: bool) -> Result {
    shell::run(cargo(&["test", "--workspace", "--features", FEATURES]))?;
    // The exhaustive model check is optimised code's work; debug builds leave its large worlds out.
    shell::run(cargo(&["test", "--release", "--package", "duet-call", "model", "--", "--nocapture"]))?;
    if full {
        // Some of them compile and link for phones.
        setup::install_mobile()?;
        // The long tier: marked as ignored where it stands, with its reason. These measure their own
        // process, so one at a time.
        let long = ["--", "--ignored", "--test-threads=1"];
        shell::run(cargo(&[&["test", "--workspace", "--features", FEATURES][..], &long].concat()))?;
    }
    Ok(())
}

/// Calls in headless Chromium, and the clients of other signaling systems.
fn browser(bin: &Path, full: bool) -> Result {
    setup::node_packages()?;
    for folder in setup::NODE_TESTS {
        npm(bin, folder, &["test", "--silent"])?;
    }
    if full {
        // The long tier: minutes of calls, one after the other.
        npm(bin, "server/tests/browser", &["run", "--silent", "connect-times"])?;
    }
    Ok(())
}

fn npm(bin: &Path, folder: &str, args: &[&str]) -> Result {
    let mut npm = command("npm", args);
    npm.current_dir(shell::root().join(folder))
        .env("DUET_BIN", bin.join("duet"))
        .env("DUET_SERVER_BIN", bin.join("duet-server"));
    shell::run(npm)
}
