//! The one entry for people and CI: `cargo xtask <task>`.

mod bench;
mod c;
mod ci;
mod cross;
mod debian;
mod demo;
mod header;
mod kotlin;
mod mobile;
mod server;
mod setup;
mod shell;
mod swift;
mod test;

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
    /// Build the Swift package and test it; gets the compiler once, where that may be done.
    Swift(swift::Args),
    /// Compile for Android and iOS; gets what that takes once.
    Mobile(mobile::Args),
    /// Calls between the languages, over one server.
    Cross,
    /// Make the C header from the code; `--check` says whether the committed one is up to date.
    Header(header::Args),
    /// Duet beside libwebrtc in one run, as a table.
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let result = match Args::parse().task {
        Task::Setup(args) => setup::run(&args),
        Task::Demo(args) => demo::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Ci(args) => ci::run(&args),
        Task::C(args) => c::run(&args),
        Task::Kotlin(args) => kotlin::run(&args),
        Task::Swift(args) => swift::run(&args),
        Task::Mobile(args) => mobile::run(&args),
        Task::Cross => cross::run(),
        Task::Header(args) => header::run(&args),
        Task::Bench(args) => bench::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
