//! Watches what no limit of the kernel bounds: the disk always, memory where there is no control group.
//!
//! Weighing a directory costs time for each file in it, so it is done when the disk lost much free space since the last
//! time, and otherwise seldom, and never for more than a small share of the time.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use crate::sandbox::tree;

/// Weighs what a task wrote.
pub struct Disk {
    dirs: Vec<PathBuf>,
    most: u64,
    free: u64,
    next: Instant,
}

/// Weighs the memory of the processes below one.
pub struct Memory {
    most: u64,
    next: Instant,
}

/// How often anything is looked at.
pub const TICK: Duration = Duration::from_millis(100);

const SELDOM: Duration = Duration::from_secs(1);

impl Disk {
    /// Bounds these directories together.
    pub fn new(dirs: Vec<PathBuf>, most: u64, now: Instant) -> Self {
        let mut disk = Self { dirs, most, free: 0, next: now + SELDOM };
        disk.free = disk.free_now();
        disk
    }

    /// Whether they hold more than allowed.
    pub fn exceeded(&mut self, now: Instant) -> bool {
        let lost = self.free.saturating_sub(self.free_now());
        if now < self.next && lost < self.most / 4 {
            return false;
        }
        let full = self.full();
        let done = Instant::now();
        self.next = done + SELDOM.max((done - now) * 10);
        self.free = self.free_now();
        full
    }

    /// The same, looked at now.
    pub fn full(&self) -> bool {
        let weigh = |dir: &PathBuf| tree::weigh(dir, self.most).unwrap_or(0);
        self.dirs.iter().fold(0_u64, |sum, dir| sum.saturating_add(weigh(dir))) > self.most
    }

    fn free_now(&self) -> u64 {
        let found = self.dirs.first().and_then(|dir| rustix::fs::statvfs(dir).ok());
        found.map_or(0, |found| found.f_bavail.saturating_mul(found.f_frsize))
    }
}

impl Memory {
    /// Bounds the private memory of all processes together.
    pub fn new(most: u64, now: Instant) -> Self {
        Self { most, next: now }
    }

    /// Whether the process and all below it hold more than allowed.
    pub fn exceeded(&mut self, now: Instant, first: u32) -> bool {
        if now < self.next {
            return false;
        }
        let held = below(first).into_iter().map(private_bytes).sum::<u64>();
        let done = Instant::now();
        self.next = done + (done - now) * 10;
        held > self.most
    }
}

/// A process and all that descend from it. Orphans inside become children of the first one there.
fn below(first: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut all = vec![first];
    let mut next = 0;
    while let Some(pid) = all.get(next) {
        all.extend(children.remove(pid).unwrap_or_default());
        next += 1;
    }
    all
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn private_bytes(pid: u32) -> u64 {
    let pages = || -> Option<u64> {
        let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        let mut numbers = statm.split_whitespace().skip(1).map_while(|one| one.parse::<u64>().ok());
        let (resident, shared) = (numbers.next()?, numbers.next()?);
        Some(resident.saturating_sub(shared))
    };
    pages().unwrap_or(0) * rustix::param::page_size() as u64
}
