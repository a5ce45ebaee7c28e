//! Puts what the sandbox shows where bubblewrap can reach it, in a mount namespace of our own.
//!
//! The data directory may lie below `/root`, and so may toolchains: the agents' user must not get there by path. So the
//! launcher, still root then, attaches exactly what is shown below one fresh folder, and only then drops to the agents'
//! user. A launcher that is not root does the same in a user namespace; the result is the same, and so is the code.

use std::fs;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::CWD;
use rustix::mount::MountFlags;
use rustix::mount::MountPropagationFlags;
use rustix::mount::MoveMountFlags;
use rustix::mount::OpenTreeFlags;
use rustix::mount::mount;
use rustix::mount::mount_change;
use rustix::mount::move_mount;
use rustix::mount::open_tree;
use rustix::process::DumpableBehavior;
use rustix::process::Gid;
use rustix::process::Uid;
use rustix::process::getgid;
use rustix::process::getuid;
use rustix::process::set_dumpable_behavior;
use rustix::thread::UnshareFlags;
use rustix::thread::set_thread_groups;
use rustix::thread::set_thread_res_gid;
use rustix::thread::set_thread_res_uid;
use rustix::thread::unshare_unsafe;

use crate::sandbox::tree;
use crate::sandbox::wire::Launch;
use crate::sandbox::workspace;

/// Where things were put.
pub struct Stage {
    /// Our own program.
    pub executable: PathBuf,
    /// The gateway's socket.
    pub gateway_socket: PathBuf,
    /// The attempt's folder.
    pub attempt: PathBuf,
    /// More things to show: (outside, inside).
    pub read_only: Vec<(PathBuf, PathBuf)>,
    lower: PathBuf,
    merged: PathBuf,
}

/// A step that failed, in words.
pub type Failed = String;

/// The stage hides this folder in our own namespace; bubblewrap mounts on it too.
const STAGE: &str = "/tmp";

/// Sets the stage and enters the user namespace; afterwards this process is the agents' user with rights over nothing
/// but its own namespaces.
pub fn set(launch: &Launch) -> Result<Stage, Failed> {
    let Some(id) = launch.drop_to else {
        enter_user_namespace()?;
        return attach(launch);
    };
    enter(UnshareFlags::NEWNS)?;
    let stage = attach(launch)?;
    drop_to(id).map_err(|error| format!("cannot become the agents' user {id}: {error}"))?;
    enter_user_namespace()?;
    Ok(stage)
}

/// Mounts the overlay, or makes a copy where that is impossible; the second value says why it was.
pub fn mount_workspace(stage: &Stage, overlay: bool) -> Result<(PathBuf, Option<String>), Failed> {
    let copy = stage.attempt.join(workspace::COPY);
    if copy.is_dir() {
        return Ok((copy, None));
    }
    let mounted = if overlay { mount_overlay(stage) } else { Err(io::ErrorKind::Unsupported.into()) };
    let Err(why) = mounted else { return Ok((stage.merged.clone(), None)) };
    let draft = stage.attempt.join("copy-draft");
    tree::remove(&draft)
        .and_then(|()| tree::copy(&stage.lower, &draft))
        .and_then(|()| tree::apply(&stage.attempt.join(workspace::UPPER), &draft))
        .and_then(|()| fs::rename(&draft, &copy))
        .map_err(|error| format!("cannot copy the checkout: {error}"))?;
    Ok((copy, Some(why.to_string())))
}

fn mount_overlay(stage: &Stage) -> io::Result<()> {
    let (upper, work) = (stage.attempt.join(workspace::UPPER), stage.attempt.join(workspace::WORK));
    // Without attributes the overlay would mount, and fail later when a folder is replaced.
    rustix::fs::setxattr(&upper, "user.forgehand", b"1", rustix::fs::XattrFlags::empty())?;
    let options =
        format!("lowerdir={},upperdir={},workdir={},userxattr", stage.lower.display(), upper.display(), work.display());
    let options = std::ffi::CString::new(options)?;
    mount("overlay", &stage.merged, "overlay", MountFlags::NOSUID | MountFlags::NODEV, &*options)?;
    Ok(())
}

fn attach(launch: &Launch) -> Result<Stage, Failed> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(|error| format!("cannot separate the mounts: {error}"))?;
    let stage = Path::new(STAGE);
    let mut shown: Vec<(&Path, PathBuf)> = vec![
        (&launch.attempt, stage.join("attempt")),
        (&launch.lower, stage.join("lower")),
        (&launch.executable, stage.join("forgehand")),
        (&launch.gateway_socket, stage.join("socket")),
    ];
    let numbered = launch.read_only.iter().enumerate();
    shown.extend(numbered.map(|(number, (outside, _))| (&**outside, stage.join(format!("shown-{number}")))));

    // All are opened before the stage hides what may lie below it.
    let opened: Vec<(OwnedFd, bool)> = shown
        .iter()
        .map(|(outside, _)| open(outside).map_err(|error| format!("cannot show `{}`: {error}", outside.display())))
        .collect::<Result<_, _>>()?;
    mount("forgehand", STAGE, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, c"mode=0755,size=1m")
        .map_err(|error| format!("cannot mount a folder in memory: {error}"))?;
    for ((tree, is_folder), (outside, inside)) in opened.iter().zip(&shown) {
        put(tree, *is_folder, inside).map_err(|error| format!("cannot attach `{}`: {error}", outside.display()))?;
    }
    let merged = stage.join("merged");
    fs::create_dir(&merged).map_err(|error| format!("cannot make the place of the overlay: {error}"))?;

    let mut places = shown.into_iter().map(|(_, inside)| inside);
    let mut next = || places.next().expect("every shown thing has a place");
    let (attempt, lower, executable, gateway_socket) = (next(), next(), next(), next());
    let read_only = launch.read_only.iter().map(|(_, inside)| (next(), inside.clone())).collect();
    Ok(Stage { executable, gateway_socket, attempt, read_only, lower, merged })
}

fn open(outside: &Path) -> io::Result<(OwnedFd, bool)> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    let is_folder = fs::metadata(outside)?.is_dir();
    Ok((open_tree(CWD, outside, flags)?, is_folder))
}

fn put(tree: &OwnedFd, is_folder: bool, inside: &Path) -> io::Result<()> {
    if is_folder {
        fs::create_dir(inside)?;
    } else {
        File::create(inside)?;
    }
    move_mount(tree, "", CWD, inside, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
    Ok(())
}

fn drop_to(id: u32) -> io::Result<()> {
    let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    // The kernel hides a process that changed its user from itself; it must write its own maps.
    set_dumpable_behavior(DumpableBehavior::Dumpable)?;
    Ok(())
}

fn enter_user_namespace() -> Result<(), Failed> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    enter(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)?;
    fs::write("/proc/self/setgroups", "deny")
        .and_then(|()| fs::write("/proc/self/uid_map", format!("{user} {user} 1")))
        .and_then(|()| fs::write("/proc/self/gid_map", format!("{group} {group} 1")))
        .map_err(|error| format!("cannot map the user into its namespace: {error}"))
}

#[expect(unsafe_code, reason = "the call is unsafe for shared descriptor tables only, which these flags leave alone")]
fn enter(namespaces: UnshareFlags) -> Result<(), Failed> {
    // SAFETY: neither flag is `FILES`, and the launcher has one thread.
    unsafe { unshare_unsafe(namespaces) }.map_err(|error| format!("cannot make a namespace: {error}"))
}
