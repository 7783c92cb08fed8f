//! The C header, made from the Rust side.

use std::fs;
use std::path::PathBuf;

use crate::shell::{self, Result};
use crate::{ffi_size, page};

#[derive(clap::Args)]
pub struct Args {
    /// Only say whether the committed header is the one the code makes.
    #[arg(long)]
    check: bool,
}

/// What stands above the generated part.
const PREAMBLE: &str = include_str!("header_preamble.h");

pub fn run(args: &Args) -> Result {
    if args.check {
        check()
    } else {
        write()?;
        page::write()
    }
}

/// Fails when the committed header or page is not the one the code makes, or the code has grown too large.
pub fn check() -> Result {
    page::check()?;
    ffi_size::check()?;
    let path = path();
    let committed = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if committed == generate()? {
        Ok(())
    } else {
        Err(format!("{} is not what the code makes: run `cargo xtask header`", path.display()))
    }
}

fn write() -> Result {
    let path = path();
    fs::write(&path, generate()?).map_err(|error| format!("{}: {error}", path.display()))
}

fn path() -> PathBuf {
    shell::root().join("bindings/c/include/duet.h")
}

fn generate() -> Result<String> {
    let ffi = shell::root().join("ffi");
    let config = cbindgen::Config::from_file(ffi.join("cbindgen.toml"))?;
    // It follows the modules from there.
    let builder = cbindgen::Builder::new()
        .with_config(config)
        .with_header(PREAMBLE.trim_end())
        .with_src(ffi.join("src/c/mod.rs"));
    let mut text = Vec::new();
    builder.generate().map_err(|error| error.to_string())?.write(&mut text);
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    // Rust's heading for what a caller must see to is Doxygen's precondition.
    Ok(text.replace(" * # Safety\n * ", " * @pre "))
}
