//! Each check on the description of the iOS sample, with one thing wrong in a copy of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::apple::description::findings;
use crate::shell;

/// A copy of the sample without its tests and guides.
struct Sample(PathBuf);

impl Sample {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("duet-description-{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        let sample = folder.join("ios-sample");
        for part in ["App", "Broadcast", "Shared", "Sources", "Package.swift", "project.yml"] {
            copy(&shell::root().join("ios-sample").join(part), &sample.join(part));
        }
        let library = "bindings/swift/Package.swift";
        copy(&shell::root().join(library), &folder.join(library));
        Sample(folder)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.join("ios-sample").join(file)
    }

    fn replace(self, file: &str, from: &str, to: &str) -> Self {
        let path = self.path(file);
        let text = fs::read_to_string(&path).expect("a text of the sample");
        assert!(text.contains(from), "{file} has `{from}`");
        fs::write(path, text.replace(from, to)).expect("the text is written");
        self
    }

    fn findings(&self) -> Vec<String> {
        findings(&self.0.join("ios-sample"))
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a file lies in a folder")).expect("a folder");
        fs::copy(from, to).expect("a file");
    }
}

#[test]
fn the_sample_is_as_its_project_says() {
    assert_eq!(Sample::new("good").findings(), [""; 0]);
}

#[test]
fn a_source_that_no_target_has_is_found() {
    let sample = Sample::new("unlisted");
    fs::create_dir(sample.path("Lost")).expect("a folder");
    fs::write(sample.path("Lost/Lost.swift"), "").expect("a file");
    assert_eq!(sample.findings(), ["project.yml: no target has `Lost/Lost.swift`"]);
}

#[test]
fn a_folder_that_is_not_there_is_found() {
    let sample = Sample::new("folder").replace("project.yml", "path: App\n", "path: Appp\n");
    let found = sample.findings();
    assert!(found.contains(&"project.yml: CallSample: there is no folder `Appp`".into()), "{found:?}");
    assert!(found.contains(&"project.yml: no target has `App/AppModel.swift`".into()), "{found:?}");
}

#[test]
fn a_product_that_is_not_asked_for_or_not_used_is_found() {
    let sample = Sample::new("product").replace("project.yml", "product: CallCore", "product: Other");
    assert_eq!(sample.findings(), ["project.yml: CallSample imports CallCore, and does not depend on it"]);
    let sample = Sample::new("import").replace("Broadcast/SampleHandler.swift", "import DuetMedia\n", "");
    assert_eq!(sample.findings(), ["project.yml: Broadcast depends on DuetMedia, and does not import it"]);
}

#[test]
fn a_package_that_is_not_there_is_found() {
    let sample = Sample::new("package").replace("project.yml", "../bindings/swift", "../bindings/swif");
    assert!(sample.findings().contains(&"project.yml: Broadcast: there is no package `Duet`".into()));
}

#[test]
fn missing_background_modes_and_explanations_are_found() {
    for (word, finding) in [
        ("voip", "Info.plist: UIBackgroundModes lacks `voip`"),
        ("audio", "Info.plist: UIBackgroundModes lacks `audio`"),
        ("NSMicrophoneUsageDescription", "Info.plist: NSMicrophoneUsageDescription is missing"),
        ("NSCameraUsageDescription", "Info.plist: NSCameraUsageDescription is missing"),
    ] {
        assert_eq!(Sample::new(word).replace("App/Info.plist", word, "other").findings(), [finding]);
    }
}

#[test]
fn a_language_without_texts_or_unlisted_is_found() {
    let sample = Sample::new("language");
    fs::remove_file(sample.path("App/Resources/zh-Hans.lproj/InfoPlist.strings")).expect("it was there");
    assert_eq!(sample.findings(), ["zh-Hans.lproj: InfoPlist.strings is missing or lacks a text"]);
    let sample = Sample::new("unknown").replace("App/Info.plist", "<string>zh-Hans</string>", "");
    assert_eq!(sample.findings(), ["Info.plist: CFBundleLocalizations lacks `zh-Hans`"]);
}

#[test]
fn an_extension_that_the_system_does_not_start_is_found() {
    let sample = Sample::new("class").replace("Broadcast/Info.plist", ".SampleHandler", ".Handler");
    assert_eq!(sample.findings(), ["Broadcast/Info.plist: NSExtensionPrincipalClass `Handler` is no class"]);
    let sample = Sample::new("point").replace("Broadcast/Info.plist", "services-upload", "services-setup");
    let finding = "Broadcast/Info.plist: NSExtensionPointIdentifier is not a broadcast upload's";
    assert_eq!(sample.findings(), [finding]);
    let sample = Sample::new("id").replace("project.yml", "sample.broadcast", "other.broadcast");
    let finding = "project.yml: Broadcast: PRODUCT_BUNDLE_IDENTIFIER is not dev.duet.sample.broadcast";
    assert_eq!(sample.findings(), [finding]);
}

#[test]
fn entitlements_that_do_not_fit_are_found() {
    let finding = "entitlements: app, extension and AppGroup.swift name no common app group";
    for file in ["App/App.entitlements", "Broadcast/Broadcast.entitlements", "Shared/AppGroup.swift"] {
        let sample = Sample::new("group").replace(file, "group.dev.duet.sample", "group.dev.duet.other");
        assert_eq!(sample.findings(), [finding], "{file}");
    }
    let sample = Sample::new("aps").replace("App/App.entitlements", "aps-environment", "aps");
    assert_eq!(sample.findings(), ["App.entitlements: aps-environment is missing: no push message arrives"]);
}

#[test]
fn another_minimum_system_is_found() {
    let sample = Sample::new("minimum").replace("project.yml", "\"16.0\"", "\"17.0\"");
    assert_eq!(sample.findings(), ["project.yml: deploymentTarget 17.0 is not the one of Package.swift"]);
}

#[test]
fn what_is_no_project_is_found() {
    let sample = Sample::new("yaml");
    fs::write(sample.path("project.yml"), "targets: [").expect("the text is written");
    assert!(sample.findings()[0].starts_with("project.yml: "));
}
