//! The embedded forge on both engines, over real Git repositories.
