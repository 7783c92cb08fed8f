//! Reads the built library and writes its Kotlin and Swift halves; `cargo xtask kotlin` calls it.

fn main() {
    uniffi::uniffi_bindgen_main();
}
