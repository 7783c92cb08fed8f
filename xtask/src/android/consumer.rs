//! An app's side: the package is resolved from its repository, and a program makes a call with its classes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::abi::ABIS;
use super::archive;
use super::elf::Library;
use super::maven;
use crate::shell::{self, Result, command, target_dir};

/// Resolves the package as Maven does, compiles the program against its classes, and lets it make a call with this
/// machine's library.
pub fn check(work: &Path, repository: &Path) -> Result<Program> {
    let program = Program::build(work, repository)?;
    program.check_jna()?;
    shell::run(program.run(&program.class_path()?)?)?;
    Ok(program)
}

/// The program, compiled.
pub struct Program {
    /// Where Maven builds it.
    built: PathBuf,
    /// Maven's own repository for it.
    local: PathBuf,
    /// Where the package comes from.
    repository: PathBuf,
}

impl Program {
    fn build(work: &Path, repository: &Path) -> Result<Self> {
        // Maven never looks again for a release that it has. In a repository of its own this package cannot be
        // taken for a published one by anybody else either.
        let local = work.join("m2");
        let stale = local.join(maven::GROUP.replace('.', "/"));
        let built = work.join("smoke");
        for folder in [&stale, &built] {
            if folder.exists() {
                fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            }
        }
        let program = Program { built, local, repository: repository.to_path_buf() };
        program.take_out_classes()?;
        shell::run(program.maven(&["compile"]))?;
        Ok(program)
    }

    pub fn built(&self) -> &Path {
        &self.built
    }

    /// Maven, in the program's project.
    pub fn maven(&self, goals: &[&str]) -> Command {
        let mut maven = command("mvn", &["--batch-mode", "--no-transfer-progress", "--quiet"]);
        maven
            .args(goals)
            .arg(format!("-Dmaven.repo.local={}", self.local.display()))
            .arg(format!("-Dduet.repository={}", self.repository.display()))
            .arg(format!("-Dduet.build={}", self.built.display()))
            .current_dir(shell::root().join("bindings/kotlin/smoke"));
        maven
    }

    /// Gradle takes the classes out of a package; Maven does not know how.
    fn take_out_classes(&self) -> Result {
        let path =
            maven::folder(&self.repository).join(format!("{}-{}.aar", maven::ARTIFACT, maven::VERSION));
        let package = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let classes =
            archive::read(&package)?.remove("classes.jar").ok_or("the package has no classes.jar")?;
        let folder = self.built.join("aar");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("classes.jar"), classes))
            .map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// JNA's own libraries come with the package: they, too, must suit pages of 16 KB.
    fn check_jna(&self) -> Result {
        let folder = self.local.join("net/java/dev/jna/jna");
        let mut found = Vec::new();
        let mut seen = 0;
        for version in
            fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?.flatten()
        {
            let path = version.path().join(format!("jna-{}.aar", version.file_name().to_string_lossy()));
            let package = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let files = archive::read(&package)?;
            for abi in ABIS {
                let name = format!("jni/{}/libjnidispatch.so", abi.name);
                let library = files.get(&name).ok_or_else(|| format!("{} has no {name}", path.display()))?;
                let pages = Library::parse(library)?.page_findings();
                found.extend(pages.into_iter().map(|finding| format!("{name}: {finding}")));
                seen += 1;
            }
        }
        if seen == 0 {
            found.push("the package did not bring it as an AAR".into());
        }
        super::report("JNA", found)
    }

    /// The program's classes, the package's and those of what the package needs.
    pub fn class_path(&self) -> Result<Vec<PathBuf>> {
        let libraries = self.built.join("libraries");
        let listing =
            fs::read_dir(&libraries).map_err(|error| format!("{}: {error}", libraries.display()))?;
        let mut path = vec![self.built.join("classes"), self.built.join("aar/classes.jar")];
        path.extend(listing.flatten().map(|entry| entry.path()));
        path[2..].sort();
        Ok(path)
    }

    /// A run of the program with these classes.
    pub fn run(&self, class_path: &[PathBuf]) -> Result<Command> {
        let mut java = Command::new("java");
        let joined = std::env::join_paths(class_path).map_err(|error| error.to_string())?;
        let library = target_dir().join("debug");
        let library = library.canonicalize().map_err(|error| format!("{}: {error}", library.display()))?;
        java.arg(format!("-Djna.library.path={}", library.display()));
        java.arg("-cp").arg(joined).arg("dev.duet.smoke.SmokeKt");
        Ok(java)
    }
}
