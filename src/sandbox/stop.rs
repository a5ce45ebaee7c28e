//! A wish to end a task, which wakes the thread that watches it.

use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use rustix::event::EventfdFlags;
use rustix::event::eventfd;

use crate::kit::Result;
use crate::kit::error::Context as _;

/// Set once, never unset.
#[derive(Debug)]
pub struct Stop {
    wanted: AtomicBool,
    wake: OwnedFd,
}

impl Stop {
    pub fn new() -> Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).context("could not make an event")?;
        Ok(Self { wanted: AtomicBool::new(false), wake })
    }

    /// Wishes the end.
    pub fn request(&self) {
        self.wanted.store(true, Ordering::Release);
        // Fails only when the counter is full, and then the thread is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// Whether the end was wished.
    pub fn wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }
}

impl AsFd for Stop {
    /// Becomes readable with the wish, and stays so.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}
