//! Rebuilds the crate when a file of the page comes or goes.

fn main() {
    println!("cargo::rerun-if-changed=web");
    println!("cargo::rerun-if-changed=build.rs");
}
