//! Names the shared library for the dynamic linker.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Before 1.0 a minor version may break. Android's loader wants the plain file name.
    let version = |part| std::env::var(part).expect("cargo sets the version");
    let (major, minor) = (version("CARGO_PKG_VERSION_MAJOR"), version("CARGO_PKG_VERSION_MINOR"));
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libduet.so.{major}.{minor}"),
        Ok("android") => println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libduet.so"),
        Ok("macos" | "ios") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libduet.dylib");
        }
        _ => {}
    }
}
