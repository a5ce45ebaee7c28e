//! The embedded forge on both engines, over real Git repositories.

mod world;

mod issues;

mod mentions;

mod pulls;

mod reviews;

mod hooks;

mod origins;

mod refs;

mod writing;
