//! Holds the order of the rooms.

fn main() {}
