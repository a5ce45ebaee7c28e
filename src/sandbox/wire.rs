//! What the server, the launcher and the process inside tell each other.
//!
//! The server gives the launcher one end of a socket as standard input and sends three descriptors over it: the task's
//! standard input and two memory files with a [`Launch`] and an [`Inside`]. Reports come back over the same socket: from
//! the launcher, then from bubblewrap (the number of the first process inside), then from that process. That process
//! waits for a word before it starts the task: by then the server has put it into the task's control groups. Moving a
//! process takes the kernel some milliseconds, and in this order bubblewrap sets up its mounts meanwhile.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::io::IoSlice;
use std::io::IoSliceMut;
use std::io::Seek as _;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::cmsg_space;
use rustix::fs::MemfdFlags;
use rustix::net::RecvAncillaryBuffer;
use rustix::net::RecvAncillaryMessage;
use rustix::net::RecvFlags;
use rustix::net::SendAncillaryBuffer;
use rustix::net::SendAncillaryMessage;
use rustix::net::SendFlags;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the launcher needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Launch {
    /// The server's process; the launcher must not outlive it.
    pub parent: u32,
    /// The attempt's folder.
    pub attempt: PathBuf,
    /// The checkout to lay the overlay over.
    pub lower: PathBuf,
    /// Whether to try an overlay at all.
    pub overlay: bool,
    /// The user to become, when the server is root.
    pub drop_to: Option<u32>,
    /// The `bwrap` program.
    pub bubblewrap: PathBuf,
    /// Our own program, shown inside.
    pub executable: PathBuf,
    /// The gateway's socket, shown inside.
    pub gateway_socket: PathBuf,
    /// More things shown inside, read-only: (outside, inside).
    pub read_only: Vec<(PathBuf, PathBuf)>,
    /// What one process may use.
    pub bounds: ProcessBounds,
}

/// Limits that the kernel keeps for each process or user, not for the group.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProcessBounds {
    /// Processes and threads inside.
    pub processes: u32,
    /// The largest file.
    pub file_bytes: u64,
    /// Private memory of one process, where no control group bounds all of them.
    pub data_bytes: Option<u64>,
    /// What `/tmp` may hold.
    pub temporary_bytes: u64,
}

/// What the first process inside needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Inside {
    /// The task's program and arguments.
    pub argv: Vec<OsString>,
    /// The task's whole environment.
    pub env: Vec<(String, String)>,
}

/// What comes back over the socket.
#[derive(Debug, PartialEq, Eq)]
pub enum Report {
    /// The number of the first process inside, as seen outside.
    First(u32),
    /// No overlay could be mounted, so the checkout was copied; why.
    Copied(String),
    /// The task's program runs.
    Running,
    /// The task exited.
    Exited(i32),
    /// The task died of a signal.
    Signalled(i32),
    /// It could not be started; why.
    Failed(String),
}

impl Report {
    /// The words that travel.
    pub fn words(&self) -> String {
        match self {
            Self::First(pid) => format!("\"child-pid\": {pid}"),
            Self::Copied(why) => format!("copied {why}"),
            Self::Running => "running ".to_owned(),
            Self::Exited(code) => format!("exited {code}"),
            Self::Signalled(signal) => format!("signalled {signal}"),
            Self::Failed(why) => format!("failed {why}"),
        }
    }

    /// Understands the words; nothing for words without a meaning to us, which bubblewrap also sends.
    pub fn parse(words: &str) -> Option<Self> {
        // Bubblewrap writes JSON, in several pieces; the first holds the number.
        if let Some((_, pid)) = words.split_once("\"child-pid\":") {
            let digits: String = pid.trim_start().chars().take_while(char::is_ascii_digit).collect();
            return digits.parse().ok().map(Self::First);
        }
        let (word, rest) = words.split_once(' ')?;
        match word {
            "copied" => Some(Self::Copied(rest.to_owned())),
            "running" => Some(Self::Running),
            "exited" => rest.parse().ok().map(Self::Exited),
            "signalled" => rest.parse().ok().map(Self::Signalled),
            "failed" => Some(Self::Failed(rest.to_owned())),
            _ => None,
        }
    }

    /// Sends the report. Nobody listening is fine: the server is gone, and so are we in a moment.
    pub fn send(&self, socket: impl AsFd) {
        let words = self.words();
        let _ = rustix::net::send(socket, &words.as_bytes()[..words.len().min(MOST)], SendFlags::NOSIGNAL);
    }
}

/// Tells the first process inside to start the task.
pub fn send_go(socket: impl AsFd) {
    // Fails when it is dead already; its end tells more.
    let _ = rustix::net::send(socket, b"go", SendFlags::NOSIGNAL);
}

/// Waits for the word to start the task; an error when nobody will ever say it.
pub fn await_go(socket: impl AsFd) -> io::Result<()> {
    let mut word = [0; 2];
    match rustix::net::recv(socket, &mut word, RecvFlags::empty())? {
        (2, _) => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The longest report.
pub const MOST: usize = 4096;

/// A file in memory with these bytes, ready to be read from its start.
pub fn memory_file(bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(rustix::fs::memfd_create(c"forgehand", MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

/// A file in memory with a value.
pub fn packed(value: &impl Serialize) -> io::Result<OwnedFd> {
    memory_file(&serde_json::to_vec(value)?)
}

/// The value of a file in memory.
pub fn unpacked<T: DeserializeOwned>(file: OwnedFd) -> io::Result<T> {
    Ok(serde_json::from_reader(io::BufReader::new(File::from(file)))?)
}

/// Sends the three descriptors.
pub fn send_descriptors(socket: impl AsFd, descriptors: &[OwnedFd; 3]) -> io::Result<()> {
    let descriptors = descriptors.each_ref().map(AsFd::as_fd);
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(3))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    rustix::net::sendmsg(socket, &[IoSlice::new(b"start")], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives the three descriptors.
pub fn receive_descriptors(socket: impl AsFd) -> io::Result<[OwnedFd; 3]> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(3))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut word = [0; 8];
    rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut word)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let received: Vec<OwnedFd> = ancillary
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
            _ => None,
        })
        .flatten()
        .collect();
    received.try_into().map_err(|_| io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_survive_the_journey() {
        for report in [
            Report::First(42),
            Report::Copied("no overlay".to_owned()),
            Report::Running,
            Report::Exited(-3),
            Report::Signalled(9),
            Report::Failed("no such file".to_owned()),
        ] {
            assert_eq!(Report::parse(&report.words()), Some(report));
        }
    }

    #[test]
    fn bubblewrap_is_understood() {
        assert_eq!(Report::parse("{\n    \"child-pid\": 1234"), Some(Report::First(1234)));
        assert_eq!(Report::parse(",\n    \"mnt-namespace\": 4026532"), None);
        assert_eq!(Report::parse("\n}\n"), None);
    }
}
