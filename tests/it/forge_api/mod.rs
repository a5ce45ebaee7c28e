//! The forge's API as a program sees it: statuses, shapes and limits, over a whole engine.

mod door;

mod story;
