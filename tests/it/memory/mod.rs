//! The company brain, through the program and the doors.

mod brain;

mod check;

mod query;

mod history;

mod hostile;

mod merge;

mod door;
