//! The command line: one module for each subcommand.

mod args;
pub(crate) mod call;
mod codecs;
mod demo;
mod failure;
mod interrupt;
mod party;
mod progress;
mod report;
mod serve;
mod verdict;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duet demo                                   see a call that works, within ten seconds
  duet serve                                  run the signaling server and its web page
  duet call http://127.0.0.1:8080 --room tea  meet somebody in a room; open the page for the other side
  duet codecs                                 what this build can send and receive

Exit codes: 0 worked and ended as asked, 1 the call failed, 2 wrong usage, 3 no signaling, 4 the room is full or the name taken.";

/// Calls between two people, from the command line.
#[derive(Parser)]
#[command(name = "duet", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Serve(serve::ServeCommand),
    Call(Box<call::CallArgs>),
    Codecs(codecs::CodecsArgs),
}

/// Runs the command line of this process. Logs go to stderr; `RUST_LOG` says how much, by default
/// warnings of our own and errors of everybody.
pub fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error,duet=warn")).init();
    let done = match Cli::parse().command {
        Command::Demo(args) => demo::run(args),
        Command::Serve(args) => serve::run(&args),
        Command::Call(args) => call::run(*args),
        Command::Codecs(args) => codecs::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("duet: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
