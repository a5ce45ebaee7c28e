//! The company brain, through the program.

mod check;
