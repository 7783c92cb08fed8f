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
    setup::install_build()?;
    let mut skipped = Skipped::default();
    if !args.no_browser {
        skipped.unless(setup::install_turn(), "calls over a relay");
    }
    rust_tests(args.full)?;
    if args.no_browser {
        return Ok(());
    }
    shell::run(cargo(&["build", "--workspace", "--features", FEATURES]))?;
    languages(args.full, &mut skipped)?;
    if skipped.unless(setup::install_browser(), "calls with a browser, clients of other signaling systems") {
        browser(&target_dir().join("debug"), args.full)?;
    }
    skipped.tell();
    eprintln!("left out: compiling for Android; `cargo xtask android --check` does that, too");
    eprintln!("left out: the package for iPhones; `cargo xtask apple --check` builds and verifies it");
    Ok(())
}

/// The other languages, as far as the machine has their tools.
fn languages(full: bool, skipped: &mut Skipped) -> Result {
    let c = skipped.unless(setup::install_c(), "C and C++");
    if c {
        c::tests()?;
    }
    let kotlin = skipped.unless(setup::install_kotlin(), "Kotlin");
    if kotlin {
        kotlin::tests()?;
    }
    if skipped.unless(setup::install_android_tests(), "the package and the sample for Android") {
        android::tests(full)?;
    }
    if skipped.unless(swift::present(), "Swift") {
        swift::tests()?;
    }
    if c && kotlin { cross::tests() } else { Ok(()) }
}

/// What the machine lacks the tools for.
#[derive(Default)]
struct Skipped(Vec<String>);

impl Skipped {
    /// Whether `part` can be tested: what it needs is `ready`, or it is said what is missing.
    fn unless(&mut self, ready: Result, part: &str) -> bool {
        let Err(missing) = ready else { return true };
        let line = format!("skipped: {part}; {missing}");
        eprintln!("{line}");
        self.0.push(line);
        false
    }

    /// Once more, where it is read.
    fn tell(&self) {
        self.0.iter().for_each(|line| eprintln!("{line}"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_machine_lacks_is_left_out_and_said() {
        let mut skipped = Skipped::default();
        assert!(skipped.unless(Ok(()), "C"));
        assert!(!skipped.unless(Err("install them by hand: maven".into()), "Kotlin"));
        assert_eq!(skipped.0, ["skipped: Kotlin; install them by hand: maven"]);
    }
}
