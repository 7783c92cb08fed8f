//! The iOS sample and the helper module: tested as far as that goes without a Mac.
//!
//! What the sample decides is a package without a screen, which is built and tested here, with calls over a
//! real server. Its shell needs Apple's frameworks: here it is formatted, parsed and compared with the
//! description of its Xcode project; a Mac compiles it.

use super::{description, tools};
use crate::server::Server;
use crate::shell::{self, Result, cargo};
use crate::swift::{self, Package};
use crate::test;

const FOLDER: &str = "ios-sample";
/// What SwiftPM builds.
const CORE: &[&str] = &["Package.swift", "Sources", "Tests"];
/// What only Xcode can build.
const SHELL: &[&str] = &["App", "Broadcast", "Shared"];

/// Checks the description of the project, lints and parses all of it, and tests what is not the screen's. On a Mac
/// the tests are Xcode's: there is no library for the Mac itself.
pub fn check() -> Result {
    let found = description::findings(&shell::root().join(FOLDER));
    if !found.is_empty() {
        return Err(format!("{FOLDER} is not as its project says:\n  {}", found.join("\n  ")));
    }
    let package = |folder| Package::present(folder).ok_or(swift::HOW);
    let (sample, library) = (package(FOLDER)?, package(swift::FOLDER)?);
    sample.lint(&[CORE, SHELL].concat())?;
    sample.parse(SHELL)?;
    if tools::ON_MAC {
        eprintln!("left out: compiling and testing {FOLDER}; its README says how Xcode does");
        return Ok(());
    }
    shell::run(cargo(&["build", "--workspace", "--features", test::FEATURES]))?;
    let mut helpers = library.swiftpm("test", "debug", &[])?;
    helpers.args(["--filter", "DuetMediaTests"]);
    shell::run(helpers)?;
    let server = Server::start()?;
    shell::run(sample.swiftpm("test", "debug", &[("DUET_URL", &server.url)])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Below the package's folder, since the compiler sees no other.
    struct Source(std::path::PathBuf);

    impl Source {
        fn new(text: &str) -> Self {
            let folder = shell::target_dir().join("ios-sample-parse");
            std::fs::create_dir_all(&folder).expect("a folder below the target's");
            std::fs::write(folder.join("Source.swift"), text).expect("a file");
            Source(folder)
        }
    }

    impl Drop for Source {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    #[test]
    #[ignore = "runs the Swift compiler"]
    fn what_is_no_swift_is_found_in_branches_for_other_systems_too() {
        let Some(package) = Package::present(FOLDER) else { return };
        for (text, is_swift) in [
            ("#if os(iOS)\nlet answer = 42\n#endif\n", true),
            ("#if os(iOS)\nlet answer = = 42\n#endif\n", false),
        ] {
            let source = Source::new(text);
            let folder = source.0.to_string_lossy().into_owned();
            assert_eq!(package.parse(&[&folder]).is_ok(), is_swift, "{text}");
        }
    }
}
