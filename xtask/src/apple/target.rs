//! What is built, and the slices of the XCFramework that hold it.

use std::path::PathBuf;

/// The oldest iOS that the library runs on; the Swift package says the same.
pub const MINIMUM_OS: &str = "16.0";

/// The library's name in every slice.
pub const LIBRARY: &str = "libduet.a";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Device,
    Simulator,
}

impl Platform {
    /// As load commands number it (`PLATFORM_IOS` and `PLATFORM_IOSSIMULATOR` in `mach-o/loader.h`).
    pub fn number(self) -> u32 {
        match self {
            Platform::Device => 2,
            Platform::Simulator => 7,
        }
    }

    /// As the linker's `-platform_version` calls it.
    pub fn linker_name(self) -> &'static str {
        match self {
            Platform::Device => "ios",
            Platform::Simulator => "ios-simulator",
        }
    }

    /// As Xcode calls what one builds against.
    pub fn sdk(self) -> &'static str {
        match self {
            Platform::Device => "iphoneos",
            Platform::Simulator => "iphonesimulator",
        }
    }

    /// `SupportedPlatformVariant` in the XCFramework's Info.plist.
    pub fn variant(self) -> Option<&'static str> {
        match self {
            Platform::Device => None,
            Platform::Simulator => Some("simulator"),
        }
    }
}

/// One compilation of the library.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// Rust's name.
    pub triple: &'static str,
    /// Apple's name of the processor.
    pub arch: &'static str,
    pub platform: Platform,
}

impl Target {
    pub fn named(triple: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.triple == triple)
    }

    /// clang's name.
    pub fn clang(&self) -> String {
        let simulator = if self.platform == Platform::Simulator { "-simulator" } else { "" };
        format!("{}-apple-ios{MINIMUM_OS}{simulator}", self.arch)
    }
}

/// Every phone and tablet, then the simulator on today's Macs and on those with Intel's processors.
pub const TARGETS: [Target; 3] = [
    Target { triple: "aarch64-apple-ios", arch: "arm64", platform: Platform::Device },
    Target { triple: "aarch64-apple-ios-sim", arch: "arm64", platform: Platform::Simulator },
    Target { triple: "x86_64-apple-ios", arch: "x86_64", platform: Platform::Simulator },
];

/// A library of one target.
#[derive(Clone)]
pub struct Built {
    pub target: &'static Target,
    pub path: PathBuf,
}

/// A folder of the XCFramework: one platform, with all its processors in one file.
#[derive(Debug, PartialEq, Eq)]
pub struct Slice {
    pub platform: Platform,
    /// In the alphabet's order, as xcodebuild has them.
    pub targets: Vec<&'static Target>,
}

impl Slice {
    /// `LibraryIdentifier`, the folder's name.
    pub fn identifier(&self) -> String {
        let arches: Vec<&str> = self.arches().collect();
        let variant = self.platform.variant().map(|variant| format!("-{variant}")).unwrap_or_default();
        format!("ios-{}{variant}", arches.join("_"))
    }

    pub fn arches(&self) -> impl Iterator<Item = &'static str> {
        self.targets.iter().map(|target| target.arch)
    }
}

/// The slices that these targets make.
pub fn slices(targets: &[&'static Target]) -> Vec<Slice> {
    let of = |platform| {
        let mut targets: Vec<_> =
            targets.iter().copied().filter(|target| target.platform == platform).collect();
        targets.sort_by_key(|target| target.arch);
        Slice { platform, targets }
    };
    let all = [of(Platform::Device), of(Platform::Simulator)];
    all.into_iter().filter(|slice| !slice.targets.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, Target, slices};

    #[test]
    fn the_folders_are_called_as_xcodebuild_calls_them() {
        let all: Vec<&Target> = TARGETS.iter().collect();
        let names: Vec<String> = slices(&all).iter().map(|slice| slice.identifier()).collect();
        assert_eq!(names, ["ios-arm64", "ios-arm64_x86_64-simulator"]);
        let names: Vec<String> = slices(&all[..1]).iter().map(|slice| slice.identifier()).collect();
        assert_eq!(names, ["ios-arm64"]);
    }

    #[test]
    fn clang_is_told_the_platform_and_its_oldest_version() {
        let names = TARGETS.each_ref().map(Target::clang);
        assert_eq!(
            names,
            ["arm64-apple-ios16.0", "arm64-apple-ios16.0-simulator", "x86_64-apple-ios16.0-simulator"]
        );
    }
}
