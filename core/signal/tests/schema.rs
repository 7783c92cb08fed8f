//! The committed JSON Schema is the one the types give.
#![cfg(feature = "schema")]

use std::path::Path;

/// Run with `DUET_BLESS=1` to write the file anew after a deliberate change of the wire.
#[test]
fn the_committed_schema_is_up_to_date() {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests"))
        .join("schema/duet-v1.json");
    let generated = duet_signal::schema::json();
    if std::env::var_os("DUET_BLESS").is_some() {
        std::fs::write(&path, &generated).expect("the schema folder is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "core/signal/schema/duet-v1.json is not what the types give; if the change is meant, run\n\
         DUET_BLESS=1 cargo test -p duet-signal --features schema --test schema"
    );
}
