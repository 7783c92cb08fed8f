//! Desktop host.
fn main() {}
