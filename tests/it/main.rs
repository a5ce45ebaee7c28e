//! Stories through the public doors.

mod sandbox;
