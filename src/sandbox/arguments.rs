//! What bubblewrap is told: everything that is inside is on this page.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::sandbox;

/// Where the launcher put things, and the numbers of the descriptors that bubblewrap inherits.
pub struct Places {
    /// The overlay, or the copy: the task's files.
    pub workspace: PathBuf,
    /// The task's home.
    pub home: PathBuf,
    /// Our own program.
    pub executable: PathBuf,
    /// The gateway's socket.
    pub gateway_socket: PathBuf,
    /// More things to show: (outside, inside).
    pub read_only: Vec<(PathBuf, PathBuf)>,
    /// Small files of our own: (number of a descriptor with its content, inside).
    pub files: Vec<(i32, &'static str)>,
    /// Number of a descriptor with the filter of system calls.
    pub filter: i32,
    /// Number of a descriptor where bubblewrap tells the number of the first process.
    pub tell: i32,
    /// What `/tmp` may hold.
    pub temporary_bytes: u64,
}

/// Small files of our own in `/etc`.
pub const FILES: [(&str, &str); 5] = [
    (
        "/etc/passwd",
        "root:x:0:0::/:/usr/sbin/nologin\nagent:x:1000:1000::/home/agent:/bin/sh\n\
         nobody:x:65534:65534::/:/usr/sbin/nologin\n",
    ),
    ("/etc/group", "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n"),
    ("/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n"),
    ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
    ("/etc/resolv.conf", ""),
];

/// Where the gateway's socket is, inside.
pub const GATEWAY_SOCKET: &str = "/run/forgehand/gateway.sock";

/// The task's home, inside.
pub const HOME: &str = "/home/agent";

/// Folders of programs and libraries, as the machine has them.
const SYSTEM: [&str; 6] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];

/// What programs need of `/etc` and what holds no secret.
const ETC: [&str; 10] = [
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/ca-certificates",
    "/etc/pki/tls/certs",
    "/etc/localtime",
    "/etc/mime.types",
];

/// The arguments of bubblewrap up to the program that it starts.
pub fn arguments(places: &Places) -> Vec<OsString> {
    let mut line = Line(Vec::new());
    line.add(&["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]);
    line.add(&["--unshare-cgroup-try", "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]);
    line.add(&["--hostname", "sandbox", "--die-with-parent", "--new-session", "--as-pid-1"]);
    line.add(&["--info-fd", &places.tell.to_string(), "--seccomp", &places.filter.to_string()]);

    for folder in SYSTEM {
        // On most machines `/bin` and the like are links into `/usr`; the same links are made inside.
        match fs::read_link(folder) {
            Ok(target) => line.pair("--symlink", &target, Path::new(folder)),
            Err(_) => line.pair("--ro-bind-try", Path::new(folder), Path::new(folder)),
        }
    }
    for path in ETC {
        line.pair("--ro-bind-try", Path::new(path), Path::new(path));
    }
    for (descriptor, path) in &places.files {
        line.add(&["--perms", "0444", "--file", &descriptor.to_string(), path]);
    }

    let temporary = places.temporary_bytes.to_string();
    line.add(&["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", &temporary, "--tmpfs", "/dev/shm"]);
    line.add(&["--perms", "1777", "--size", &temporary, "--tmpfs", "/tmp"]);
    line.pair("--bind", &places.home, Path::new(HOME));
    line.pair("--bind", &places.workspace, Path::new(sandbox::WORKSPACE));
    line.pair("--ro-bind", &places.executable, Path::new(sandbox::OWN_PROGRAM));
    line.pair("--ro-bind", &places.gateway_socket, Path::new(GATEWAY_SOCKET));
    for (outside, inside) in &places.read_only {
        line.pair("--ro-bind", outside, inside);
    }
    // What bubblewrap mounted as the root and as `/dev` lives in memory without a bound: nobody writes there.
    line.add(&["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", sandbox::WORKSPACE]);
    line.0
}

struct Line(Vec<OsString>);

impl Line {
    fn add(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }

    fn pair(&mut self, option: &str, one: &Path, other: &Path) {
        self.0.extend([option.into(), one.into(), other.into()]);
    }
}
