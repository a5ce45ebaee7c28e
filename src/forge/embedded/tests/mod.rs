//! The embedded forge on both engines, over real Git repositories.

mod world;

mod issues;

mod pulls;

mod refs;

mod writing;
