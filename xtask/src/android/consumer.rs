//! An app's side: the package is resolved from its repository, and a program makes a call with its classes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::archive;
use super::maven;
use crate::shell::{self, Result, command, target_dir};

/// Resolves the package as Maven does, compiles the program against its classes, and lets it make a call with this
/// machine's library.
pub fn check(work: &Path, repository: &Path, _full: bool) -> Result {
    let program = Program::build(work, repository)?;
    shell::run(program.run(&program.class_path()?)?)
}

/// The program, compiled.
pub struct Program {
    /// Where Maven built it.
    built: PathBuf,
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
        let program = Program { built };
        program.take_out_classes(repository)?;
        let mut maven = command("mvn", &["--batch-mode", "--no-transfer-progress", "--quiet", "compile"]);
        maven
            .arg(format!("-Dmaven.repo.local={}", local.display()))
            .arg(format!("-Dduet.repository={}", repository.display()))
            .arg(format!("-Dduet.build={}", program.built.display()))
            .current_dir(shell::root().join("bindings/kotlin/smoke"));
        shell::run(maven)?;
        Ok(program)
    }

    /// Gradle takes the classes out of a package; Maven does not know how.
    fn take_out_classes(&self, repository: &Path) -> Result {
        let path = maven::folder(repository).join(format!("{}-{}.aar", maven::ARTIFACT, maven::VERSION));
        let package = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let classes = archive::read(&package)?.remove("classes.jar").ok_or("the package has no classes.jar")?;
        let folder = self.built.join("aar");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("classes.jar"), classes))
            .map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// The program's classes, the package's and those of what the package needs.
    fn class_path(&self) -> Result<Vec<PathBuf>> {
        let libraries = self.built.join("libraries");
        let listing = fs::read_dir(&libraries).map_err(|error| format!("{}: {error}", libraries.display()))?;
        let mut path = vec![self.built.join("classes"), self.built.join("aar/classes.jar")];
        path.extend(listing.flatten().map(|entry| entry.path()));
        path[2..].sort();
        Ok(path)
    }

    /// A run of the program with these classes.
    fn run(&self, class_path: &[PathBuf]) -> Result<Command> {
        let mut java = Command::new("java");
        let joined = std::env::join_paths(class_path).map_err(|error| error.to_string())?;
        let library = target_dir().join("debug");
        let library = library.canonicalize().map_err(|error| format!("{}: {error}", library.display()))?;
        java.arg(format!("-Djna.library.path={}", library.display()));
        java.arg("-cp").arg(joined).arg("dev.duet.smoke.SmokeKt");
        Ok(java)
    }
}
