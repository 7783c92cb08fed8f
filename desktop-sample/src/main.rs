//! The command line of Duet's desktop host.

use std::process::ExitCode;

fn main() -> ExitCode {
    duet_desktop::cli::main()
}
