//! The desktop host as its users meet it: processes, files, signals and exit codes.

mod bad_input;
mod demo;
mod files;
mod hang_up;
mod support;
mod talk;
