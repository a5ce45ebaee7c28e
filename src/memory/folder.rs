//! The files of a brain in a folder on disk, for `forgehand memory check`. Never follows a link.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::memory::RawFile;
use crate::memory::brain::Found;
use crate::memory::brain::LARGEST_READ;
use crate::memory::layout::Form;

/// More files than this are not a brain.
pub const MOST_FILES: usize = 400_000;

/// Every file below a folder, except what lies below names that start with a dot. Blocks.
pub fn read(root: &Path) -> Result<Vec<RawFile>> {
    let mut files = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).context("Cannot read a folder")? {
            let entry = entry.context("Cannot read a folder")?;
            if entry.file_name().as_bytes().starts_with(b".") {
                continue;
            }
            let (path, kind) = (entry.path(), entry.file_type().context("Cannot look at a file")?);
            if kind.is_dir() {
                open.push(path);
                continue;
            }
            if files.len() == MOST_FILES {
                let message = format!("`{}` holds more than {MOST_FILES} files", root.display());
                return Err(Error::invalid(message).hint("name the folder of the brain alone"));
            }
            let below = path.strip_prefix(root).unwrap_or(&path).as_os_str().as_bytes().to_vec();
            let found = if kind.is_file() { file(&path, &below)? } else { Found::Link };
            files.push(RawFile { path: below, found });
        }
    }
    Ok(files)
}

fn file(path: &Path, below: &[u8]) -> Result<Found> {
    let size = std::fs::symlink_metadata(path).context("Cannot look at a file")?.len();
    let wanted = std::str::from_utf8(below).is_ok_and(|below| Form::of(below) != Form::Other);
    match size {
        _ if !wanted => Ok(Found::Unread(size)),
        size if size > LARGEST_READ => Ok(Found::Large(size)),
        _ => Ok(Found::Bytes(std::fs::read(path).context("Cannot read a file")?)),
    }
}
