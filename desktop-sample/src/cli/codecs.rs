//! `duet codecs`: what this build can send and receive.

use clap::Args;
use serde_json::{Value, json};

use super::Failure;

/// List the codecs of this build.
#[derive(Args)]
pub(crate) struct CodecsArgs {
    /// Print a JSON array instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &CodecsArgs) -> Result<(), Failure> {
    let codecs = duet_core::codecs();
    if args.json {
        let list = codecs.iter().map(|codec| {
            json!({
                "name": codec.name,
                "kind": kind(codec.name),
                "implementation": codec.implementation,
                "encode": codec.encode,
                "decode": codec.decode,
            })
        });
        println!("{}", list.collect::<Value>());
        return Ok(());
    }
    let mark = |can: bool| if can { "yes" } else { "no" };
    println!("{:<12} {:<8} {:<16} {:<8} decode", "codec", "kind", "implementation", "encode");
    for codec in codecs {
        let (name, kind, made_by) = (codec.name, kind(codec.name), codec.implementation);
        println!("{name:<12} {kind:<8} {made_by:<16} {:<8} {}", mark(codec.encode), mark(codec.decode));
    }
    Ok(())
}

/// `video` of `video/H264`.
fn kind(name: &str) -> &str {
    name.split_once('/').map_or(name, |(kind, _)| kind)
}
