//! The only place of this room that starts processes.
