//! Zip files that are the same to the bit whenever and wherever they are made.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::shell::Result;

/// Files by their path inside; sorted, so that the order is always the same.
pub type Files = BTreeMap<String, Vec<u8>>;

pub fn write(files: &Files) -> Result<Vec<u8>> {
    // Zip's first day: the time a file was made says nothing about it.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data) in files {
        writer.start_file(name, options).map_err(|error| format!("{name}: {error}"))?;
        writer.write_all(data).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(writer.finish().map_err(|error| error.to_string())?.into_inner())
}

pub fn read(data: &[u8]) -> Result<Files> {
    let mut archive = ZipArchive::new(Cursor::new(data)).map_err(|error| format!("no zip file: {error}"))?;
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| error.to_string())?;
        if file.is_dir() {
            continue;
        }
        let name = file.name().map_err(|error| error.to_string())?.into_owned();
        let mut contents = Vec::new();
        file.read_to_end(&mut contents).map_err(|error| format!("{name}: {error}"))?;
        files.insert(name, contents);
    }
    Ok(files)
}

/// Adds every file below a folder, under its path from there.
pub fn add_folder(files: &mut Files, folder: &Path, keep: &dyn Fn(&Path) -> bool) -> Result {
    add(files, folder, folder, keep)
}

fn add(files: &mut Files, root: &Path, folder: &Path, keep: &dyn Fn(&Path) -> bool) -> Result {
    let explain = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(explain)? {
        let path = entry.map_err(explain)?.path();
        if path.is_dir() {
            add(files, root, &path, keep)?;
        } else if keep(&path) {
            let name = path.strip_prefix(root).map_err(|error| error.to_string())?;
            let name = name.to_str().ok_or_else(|| format!("{} has no plain name", path.display()))?;
            let contents = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            files.insert(name.to_owned(), contents);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_make_the_same_archive_and_come_out_again() {
        let files = Files::from([("b/c".to_owned(), vec![7; 1000]), ("a".to_owned(), b"text".to_vec())]);
        let archive = write(&files).unwrap();
        assert_eq!(archive, write(&files).unwrap());
        assert_eq!(read(&archive).unwrap(), files);
        assert!(read(b"something else").is_err());
    }
}
