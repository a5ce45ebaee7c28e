//! Stories through the public doors.

fn main() {}
