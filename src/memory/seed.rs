//! What a new brain starts with: the folder `memory-schema/brain/`, built into the program.

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "memory-schema/brain/"]
struct Seed;

/// Every file of a new brain, as path and bytes, sorted by path.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> =
        Seed::iter().filter_map(|path| Some((path.to_string(), Seed::get(&path)?.data.into_owned()))).collect();
    files.sort();
    files
}

/// One file of it, as text.
pub fn text(path: &str) -> Option<String> {
    String::from_utf8(Seed::get(path)?.data.into_owned()).ok()
}
