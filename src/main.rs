//! The `forgehand` binary: everything is in the library.

fn main() {}
