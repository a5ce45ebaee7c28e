//! The folder of all workspaces: a cache of read-only checkouts, and the attempts over them.
//!
//! A checkout ("lower") is filled once for each key into a folder of another name, then renamed: a crash leaves nothing
//! half. What was filled before the machine last started is thrown away, because the rename may have reached the disk
//! before the bytes did. The least recently used lowers make room; one in use never does.

use std::collections::HashMap;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use rustix::fs::FlockOperation;
use rustix::fs::flock;
use uuid::Uuid;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::error::Context as _;
use crate::sandbox::Settings;
use crate::sandbox::Workspace;
use crate::sandbox::kept;
use crate::sandbox::leftovers;
use crate::sandbox::tree;

/// The folder of all workspaces of this server. Clones share it.
#[derive(Clone, Debug)]
pub struct Workspaces(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    settings: Settings,
    checkouts: Mutex<HashMap<String, Arc<Checkout>>>,
    uses: AtomicU64,
    /// Locked for as long as this server lives.
    _lock: File,
}

/// A cached checkout; it stays on the disk at least as long as this.
#[derive(Clone, Debug)]
pub struct Lower {
    checkout: Arc<Checkout>,
    path: PathBuf,
}

#[derive(Debug, Default)]
struct Checkout {
    /// The bytes it takes, once it is filled. Locked while it is filled.
    filled: Mutex<Option<u64>>,
    /// When it was last used, as a count of uses.
    used: AtomicU64,
}

impl Workspaces {
    /// Opens the folder, making it if need be; kills and removes whatever a server that died left in it.
    pub fn open(dir: &Path, settings: Settings) -> Result<Self> {
        for name in [CHECKOUTS, ATTEMPTS, TRASH] {
            fs::create_dir_all(dir.join(name)).context("could not make the folder of workspaces")?;
        }
        fs::create_dir_all(kept::shelf(dir)).context("could not make the folder of workspaces")?;
        let dir = dir.canonicalize().context("could not find the folder of workspaces")?;
        let lock = File::create(dir.join("lock")).context("could not make the lock of the workspaces")?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| {
            Error::conflict(format!("Cannot use the workspaces in `{}`: another server has them", dir.display()))
                .hint("stop the other server, or give this one a data directory of its own")
                .source(error)
        })?;
        leftovers::reap(&dir.join(ATTEMPTS), &dir.join(TRASH), &kept::shelf(&dir))?;
        let checkouts = whole(&dir.join(CHECKOUTS), &dir.join(TRASH))?;
        let uses = AtomicU64::new(checkouts.len() as u64);
        Ok(Self(Arc::new(Inner { dir, settings, checkouts: Mutex::new(checkouts), uses, _lock: lock })))
    }

    /// The checkout under this key. If it is not there, `fill` writes it into the empty folder that it is given.
    ///
    /// Two callers of one key: one fills, the other waits. Blocks on the disk. What `fill` writes must not be hard-linked
    /// to anything: all of it is handed to the agents' user.
    pub fn cached(&self, key: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<Lower> {
        let name = Digest::of("forgehand/checkout/v1", &[key.as_bytes()]).to_string();
        let checkout = Arc::clone(self.0.checkouts().entry(name.clone()).or_default());
        checkout.used.store(self.0.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let home = self.0.dir.join(CHECKOUTS).join(&name);
        {
            let mut filled = checkout.filled.lock().unwrap_or_else(PoisonError::into_inner);
            match *filled {
                // Somebody may have cleaned up behind us: then it is made again.
                Some(_) if home.join(TREE).is_dir() => touch(&home),
                _ => *filled = Some(self.fill(&home, fill)?),
            }
        }
        let lower = Lower { checkout, path: home.join(TREE) };
        self.evict();
        Ok(lower)
    }

    /// Makes the folder of one attempt over a checkout. Costs the same for any number of files.
    pub fn open_attempt(&self, lower: &Lower) -> Result<Workspace> {
        let name = short_name();
        let dir = self.0.dir.join(ATTEMPTS).join(name);
        Workspace::make(dir, (self.trash(), self.shelf()), lower.clone(), self.drop_to())
    }

    /// Where workspaces are put away.
    pub(super) fn shelf(&self) -> PathBuf {
        kept::shelf(&self.0.dir)
    }

    /// Where what is thrown away lies until it is deleted.
    pub(super) fn trash(&self) -> PathBuf {
        self.0.dir.join(TRASH)
    }

    /// The user that tasks drop to, when we are root.
    pub(super) fn drop_to(&self) -> Option<u32> {
        self.0.settings.drop_to()
    }

    /// What an administrator set.
    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn fill(&self, home: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<u64> {
        let draft = home.with_file_name(format!("{DRAFT}{}", short_name()));
        let tree = draft.join(TREE);
        let write = || {
            fs::create_dir_all(&tree).context("could not make the folder of a checkout")?;
            fill(&tree)?;
            if let Some(id) = self.drop_to() {
                tree::hand_over(&tree, id).context("could not hand a checkout to the agents' user")?;
            }
            let bytes = tree::weigh(&tree, u64::MAX).context("could not weigh a checkout")?;
            fs::write(draft.join(FILLED), format!("{bytes} {}", boot())).context("could not mark a checkout")?;
            if home.exists() {
                // Somebody took a part of it away: what is left makes no checkout.
                discard(home, &self.0.dir.join(TRASH));
            }
            fs::rename(&draft, home).context("could not put a checkout in place")?;
            Ok(bytes)
        };
        write().inspect_err(|_| discard(&draft, &self.0.dir.join(TRASH)))
    }

    /// Makes room: the least recently used first, never one that somebody holds.
    fn evict(&self) {
        let mut checkouts = self.0.checkouts();
        let weight = |checkout: &Checkout| checkout.filled.try_lock().ok().and_then(|filled| *filled);
        let weights: Vec<u64> = checkouts.values().filter_map(|checkout| weight(checkout)).collect();
        let (mut count, mut bytes) = (weights.len(), weights.iter().sum::<u64>());
        while count > self.0.settings.most_checkouts || bytes > self.0.settings.most_checkout_bytes {
            let oldest = checkouts
                .iter()
                .filter(|(_, checkout)| Arc::strong_count(checkout) == 1)
                .filter_map(|(name, checkout)| Some((name.clone(), checkout, weight(checkout)?)))
                .min_by_key(|(_, checkout, _)| checkout.used.load(Ordering::Relaxed))
                .map(|(name, _, weight)| (name, weight));
            let Some((name, weight)) = oldest else { return };
            checkouts.remove(&name);
            (count, bytes) = (count - 1, bytes - weight);
            discard(&self.0.dir.join(CHECKOUTS).join(&name), &self.0.dir.join(TRASH));
        }
    }
}

impl Inner {
    fn checkouts(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Checkout>>> {
        self.checkouts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lower {
    /// The folder of the checkout. Only to be read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes that it takes on the disk.
    pub fn bytes(&self) -> u64 {
        self.checkout.filled.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(0)
    }
}

const CHECKOUTS: &str = "checkouts";
const ATTEMPTS: &str = "attempts";
const TRASH: &str = "trash";
const TREE: &str = "tree";
const FILLED: &str = "filled";
const DRAFT: &str = "draft-";

/// The checkouts that are whole, oldest use first; the others are thrown away.
fn whole(dir: &Path, trash: &Path) -> Result<HashMap<String, Arc<Checkout>>> {
    let boot = boot();
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).context("could not list the cached checkouts")? {
        let home = entry.context("could not list the cached checkouts")?.path();
        let mark = fs::read_to_string(home.join(FILLED)).unwrap_or_default();
        let name = home.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with(DRAFT));
        let bytes = mark.split_once(' ').filter(|(_, then)| *then == boot).and_then(|(bytes, _)| bytes.parse().ok());
        match (name, bytes) {
            (Some(name), Some(bytes)) => {
                let used =
                    fs::metadata(&home).and_then(|facts| facts.modified()).context("could not read a checkout")?;
                found.push((used, name.to_owned(), bytes));
            }
            _ => discard(&home, trash),
        }
    }
    found.sort();
    let checkout = |(order, (_, name, bytes)): (usize, (_, String, u64))| {
        (name, Arc::new(Checkout { filled: Mutex::new(Some(bytes)), used: AtomicU64::new(order as u64) }))
    };
    Ok(found.into_iter().enumerate().map(checkout).collect())
}

/// Takes a folder out of sight at once; deletes it in the background.
pub(super) fn discard(path: &Path, trash: &Path) {
    let doomed = trash.join(short_name());
    if fs::rename(path, &doomed).is_err() {
        return;
    }
    std::thread::spawn(move || {
        if let Err(error) = tree::remove(&doomed) {
            tracing::warn!(path = %doomed.display(), %error, "could not remove a discarded folder");
        }
    });
}

/// Marks a checkout as used now. A failure only makes it look older than it is.
fn touch(home: &Path) {
    let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
    let _ = rustix::fs::utimensat(rustix::fs::CWD, home, &times, rustix::fs::AtFlags::empty());
}

/// A name that no other folder has; short, because a path of a Unix socket holds no more than 107 bytes.
fn short_name() -> String {
    Uuid::now_v7().as_simple().to_string().split_off(16)
}

/// Tells one start of the machine from another.
pub(super) fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}
