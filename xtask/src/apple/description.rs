//! The description of the sample's Xcode project, `project.yml`, compared with the folders that it describes.
//! Each finding says where it is and what it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use plist::{Dictionary, Value};
use yaml_rust2::{Yaml, YamlLoader};

use crate::swift::swift_files;

/// What the app asks a person for, and must explain.
const USAGE: &[&str] =
    &["NSCameraUsageDescription", "NSLocalNetworkUsageDescription", "NSMicrophoneUsageDescription"];
/// What goes on in the background: the sound of a call, and calls from push messages.
const BACKGROUND: &[&str] = &["audio", "voip"];
/// The folders that SwiftPM builds.
const PACKAGE: &[&str] = &["Sources", "Tests"];
/// Modules that are no framework of Apple's.
const MODULES: &[&str] = &["CallCore", "Duet", "DuetMedia"];
const GROUPS: &str = "com.apple.security.application-groups";

/// All that does not fit.
pub fn findings(sample: &Path) -> Vec<String> {
    let project = match read_project(&sample.join("project.yml")) {
        Ok(project) => project,
        Err(finding) => return vec![finding],
    };
    let targets = [Target::new("CallSample", sample, &project), Target::new("Broadcast", sample, &project)];
    let mut found = Vec::new();
    for target in &targets {
        found.extend(target.sources());
        found.extend(target.modules(&project));
    }
    found.extend(unlisted(sample, &targets));
    let [app, extension] = &targets;
    found.extend(app_info(app));
    found.extend(languages(app));
    found.extend(extension_info(extension));
    found.extend(entitlements(app, extension));
    found.extend(identifiers(app, extension));
    found.extend(minimum_os(sample, &project));
    found
}

fn read_project(path: &Path) -> Result<Yaml, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("project.yml: {error}"))?;
    let documents = YamlLoader::load_from_str(&text).map_err(|error| format!("project.yml: {error}"))?;
    documents.into_iter().next().ok_or_else(|| "project.yml: it is empty".into())
}

/// A target of the project, and the folder of the sample.
struct Target<'a> {
    name: &'static str,
    sample: &'a Path,
    yaml: &'a Yaml,
}

impl<'a> Target<'a> {
    fn new(name: &'static str, sample: &'a Path, project: &'a Yaml) -> Self {
        Target { name, sample, yaml: &project["targets"][name] }
    }

    /// The folders that it compiles.
    fn folders(&self) -> Vec<&'a str> {
        let sources = self.yaml["sources"].as_vec().into_iter().flatten();
        sources.filter_map(|source| source["path"].as_str().or(source.as_str())).collect()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for folder in self.folders() {
            // A folder that is not there has a finding of its own.
            swift_files(&self.sample.join(folder), &mut files).ok();
        }
        files.sort();
        files
    }

    fn setting(&self, name: &str) -> &'a str {
        self.yaml["settings"]["base"][name].as_str().unwrap_or_default()
    }

    /// A property list that a setting names.
    fn plist(&self, setting: &str) -> Result<Dictionary, String> {
        let path = self.setting(setting);
        plist::from_file(self.sample.join(path))
            .map_err(|error| format!("{}: {setting} `{path}`: {error}", self.name))
    }

    fn sources(&self) -> Vec<String> {
        let missing = |folder: &&str| !self.sample.join(folder).is_dir();
        let missing = self.folders().into_iter().filter(missing);
        let mut found: Vec<String> = missing
            .map(|folder| format!("project.yml: {}: there is no folder `{folder}`", self.name))
            .collect();
        if self.files().is_empty() {
            found.push(format!("project.yml: {}: it has no source", self.name));
        }
        found
    }

    /// What it imports of the packages is what it depends on.
    fn modules(&self, project: &Yaml) -> Vec<String> {
        let dependencies: Vec<&Yaml> = self.yaml["dependencies"].as_vec().into_iter().flatten().collect();
        let products: BTreeSet<&str> =
            dependencies.iter().filter_map(|dependency| dependency["product"].as_str()).collect();
        let texts = self.files().into_iter().filter_map(|file| fs::read_to_string(file).ok());
        let imports: BTreeSet<String> = texts
            .flat_map(|text| {
                text.lines()
                    .filter_map(|line| line.strip_prefix("import ").map(str::to_owned))
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut found = Vec::new();
        for module in MODULES {
            if imports.contains(*module) != products.contains(module) {
                let which = if products.contains(module) { "depends on" } else { "imports" };
                let other =
                    if products.contains(module) { "does not import it" } else { "does not depend on it" };
                found.push(format!("project.yml: {} {which} {module}, and {other}", self.name));
            }
        }
        for dependency in dependencies.iter().filter(|dependency| dependency["product"].as_str().is_some()) {
            let package = dependency["package"].as_str().unwrap_or_default();
            let path = project["packages"][package]["path"].as_str().unwrap_or_default();
            if !self.sample.join(path).join("Package.swift").is_file() || path.is_empty() {
                found.push(format!("project.yml: {}: there is no package `{package}`", self.name));
            }
        }
        found
    }
}

/// Sources that neither SwiftPM nor any target compiles.
fn unlisted(sample: &Path, targets: &[Target<'_>]) -> Vec<String> {
    let mut all = Vec::new();
    if let Err(error) = swift_files(sample, &mut all) {
        return vec![error];
    }
    let folders: Vec<&str> =
        targets.iter().flat_map(Target::folders).chain(PACKAGE.iter().copied()).collect();
    let is_listed = |path: &Path| {
        path == Path::new("Package.swift") || folders.iter().any(|folder| path.starts_with(folder))
    };
    let relative = all.iter().filter_map(|path| path.strip_prefix(sample).ok());
    // What SwiftPM or Xcode make is nobody's source.
    let own = relative.filter(|path| !path.components().any(|part| part.as_os_str() == ".build"));
    own.filter(|path| !is_listed(path))
        .map(|path| format!("project.yml: no target has `{}`", path.display()))
        .collect()
}

fn app_info(app: &Target<'_>) -> Vec<String> {
    let info = match app.plist("INFOPLIST_FILE") {
        Ok(info) => info,
        Err(finding) => return vec![finding],
    };
    let mut found = Vec::new();
    let modes = texts(&info, "UIBackgroundModes");
    for mode in BACKGROUND {
        if !modes.iter().any(|given| given == mode) {
            found.push(format!("Info.plist: UIBackgroundModes lacks `{mode}`"));
        }
    }
    for key in USAGE {
        if info.get(key).and_then(Value::as_string).is_none_or(str::is_empty) {
            found.push(format!("Info.plist: {key} is missing"));
        }
    }
    found
}

/// Each language has a folder, in which the explanations are, too.
fn languages(app: &Target<'_>) -> Vec<String> {
    let Ok(info) = app.plist("INFOPLIST_FILE") else { return Vec::new() };
    let resources = app.sample.join("App/Resources");
    let mut found = Vec::new();
    let listed = texts(&info, "CFBundleLocalizations");
    for language in &listed {
        for file in ["Localizable.strings", "InfoPlist.strings"] {
            let path = resources.join(format!("{language}.lproj/{file}"));
            let text = fs::read_to_string(&path).unwrap_or_default();
            let keys: &[&str] = if file == "InfoPlist.strings" { USAGE } else { &[""] };
            if text.is_empty() || keys.iter().any(|key| !text.contains(key)) {
                found.push(format!("{language}.lproj: {file} is missing or lacks a text"));
            }
        }
    }
    for folder in fs::read_dir(&resources).into_iter().flatten().flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        if let Some(language) = name.strip_suffix(".lproj")
            && !listed.iter().any(|known| known == language)
        {
            found.push(format!("Info.plist: CFBundleLocalizations lacks `{language}`"));
        }
    }
    found
}

fn extension_info(extension: &Target<'_>) -> Vec<String> {
    let info = match extension.plist("INFOPLIST_FILE") {
        Ok(info) => info,
        Err(finding) => return vec![finding],
    };
    let about = info.get("NSExtension").and_then(Value::as_dictionary).cloned().unwrap_or_default();
    let text = |key: &str| about.get(key).and_then(Value::as_string).unwrap_or_default();
    let mut found = Vec::new();
    if text("NSExtensionPointIdentifier") != "com.apple.broadcast-services-upload" {
        found.push("Broadcast/Info.plist: NSExtensionPointIdentifier is not a broadcast upload's".into());
    }
    let class = text("NSExtensionPrincipalClass").trim_start_matches("$(PRODUCT_MODULE_NAME).");
    let is_there = extension.files().iter().any(|file| {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.contains(&format!("class {class}: RPBroadcastSampleHandler"))
    });
    if class.is_empty() || !is_there {
        found.push(format!("Broadcast/Info.plist: NSExtensionPrincipalClass `{class}` is no class"));
    }
    found
}

/// App and extension are in one group, which the code names; the app may be pushed to.
fn entitlements(app: &Target<'_>, extension: &Target<'_>) -> Vec<String> {
    let (own, other) = match (app.plist("CODE_SIGN_ENTITLEMENTS"), extension.plist("CODE_SIGN_ENTITLEMENTS"))
    {
        (Ok(own), Ok(other)) => (own, other),
        (one, other) => return [one, other].into_iter().filter_map(Result::err).collect(),
    };
    let mut found = Vec::new();
    if own.get("aps-environment").and_then(Value::as_string).is_none() {
        found.push("App.entitlements: aps-environment is missing: no push message arrives".into());
    }
    let (groups, others) = (texts(&own, GROUPS), texts(&other, GROUPS));
    let code = fs::read_to_string(app.sample.join("Shared/AppGroup.swift")).unwrap_or_default();
    match groups.first() {
        Some(group) if groups == others && code.contains(&format!("\"{group}\"")) => {}
        _ => found.push("entitlements: app, extension and AppGroup.swift name no common app group".into()),
    }
    found
}

/// An extension's identifier is its app's and one word more: the word that the app looks for.
fn identifiers(app: &Target<'_>, extension: &Target<'_>) -> Vec<String> {
    let name = "PRODUCT_BUNDLE_IDENTIFIER";
    let expected = format!("{}.broadcast", app.setting(name));
    if extension.setting(name) == expected {
        Vec::new()
    } else {
        vec![format!("project.yml: Broadcast: {name} is not {expected}")]
    }
}

/// The project and its package are for the same systems.
fn minimum_os(sample: &Path, project: &Yaml) -> Vec<String> {
    let version = project["options"]["deploymentTarget"]["iOS"].as_str().unwrap_or_default();
    let major = version.split('.').next().unwrap_or_default();
    let package = fs::read_to_string(sample.join("Package.swift")).unwrap_or_default();
    if package.contains(&format!(".iOS(.v{major})")) {
        Vec::new()
    } else {
        vec![format!("project.yml: deploymentTarget {version} is not the one of Package.swift")]
    }
}

/// The texts of a list.
fn texts(dictionary: &Dictionary, key: &str) -> Vec<String> {
    let values = dictionary.get(key).and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_string).map(str::to_owned).collect()
}
