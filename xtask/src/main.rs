//! The one entry for people and CI: `cargo xtask <task>`.

mod android;
mod apple;
mod bench;
mod c;
mod ci;
mod cross;
mod debian;
mod demo;
mod ffi_size;
mod header;
mod kotlin;
mod mobile;
mod page;
mod server;
mod setup;
mod shell;
mod swift;
mod test;
mod workflow;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Everything one does with this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, where it may be installed, and say what was done.
    Setup(setup::Args),
    /// A real call on this machine: two engines, real codecs, pictures and sound kept as files.
    Demo(demo::Args),
    /// Every test, with the browser and the TURN server: the README's test command.
    Test(test::Args),
    /// What CI runs: format, lints, licences, builds with and without features, then `test`.
    Ci(ci::Args),
    /// Build the library and test it from C and C++; `--install DIR` installs it.
    C(c::Args),
    /// Build the library and test it from Kotlin on the JVM.
    Kotlin(kotlin::Args),
    /// Make the package for Android (an AAR in a Maven repository); `--check` proves what can be proven here.
    ///
    /// Exit codes: 0, it was made, or with `--check` all is well; 1, something failed; 2, the command line is
    /// wrong; 3, there is no NDK: everything else was built and checked, and there is no package.
    Android(android::Args),
    /// Build the Swift package and test it; gets the compiler once, where that may be done.
    Swift(swift::Args),
    /// Pack the library for iPhones and iPads as an XCFramework; `--check` verifies it.
    Apple(apple::Args),
    /// Compile for Android and iOS; gets what that takes once.
    Mobile(mobile::Args),
    /// Calls between the languages, over one server.
    Cross,
    /// Make the C header from the code, and the page of examples; `--check` says whether they are up to date.
    Header(header::Args),
    /// Duet beside libwebrtc in one run, as a table.
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let done = |()| ExitCode::SUCCESS;
    let result = match Args::parse().task {
        Task::Setup(args) => setup::run(&args).map(done),
        Task::Demo(args) => demo::run(&args).map(done),
        Task::Test(args) => test::run(&args).map(done),
        Task::Ci(args) => ci::run(&args).map(done),
        Task::C(args) => c::run(&args).map(done),
        Task::Kotlin(args) => kotlin::run(&args).map(done),
        Task::Android(args) => android::run(&args),
        Task::Swift(args) => swift::run(&args).map(done),
        Task::Apple(args) => apple::run(&args).map(done),
        Task::Mobile(args) => mobile::run(&args).map(done),
        Task::Cross => cross::run().map(done),
        Task::Header(args) => header::run(&args).map(done),
        Task::Bench(args) => bench::run(&args).map(done),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
