//! Control groups: limits for all processes of a task together.
//!
//! A machine may have version 1, version 2 or both mounted, and we may write to some of them only. Each controller is
//! used where it is; a mounted version 2 without controllers still kills a whole group at once. Where memory cannot be
//! limited here, process limits stand in, and the [`Doctor`](crate::sandbox::Doctor) says so.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;

use crate::sandbox::Limits;

/// Where this machine lets us make control groups.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// Folders below which we may make groups, with the controllers that each has for us.
    homes: Vec<Home>,
}

#[derive(Clone, Debug)]
struct Home {
    dir: PathBuf,
    version: Version,
    controllers: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// The groups of one task. Ended when dropped, with all that is left in them.
#[derive(Debug)]
pub struct Group {
    dirs: Vec<(PathBuf, Version)>,
}

impl Groups {
    /// Looks where groups can be made, by making one.
    pub fn find() -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Self { homes: homes(&own, &mounts).into_iter().filter_map(usable).collect() }
    }

    /// Whether a controller can be used.
    pub fn has(&self, controller: &str) -> bool {
        self.homes.iter().any(|home| home.controllers.iter().any(|has| has == controller))
    }

    /// The folders of the groups that [`Groups::make`] makes for a name.
    pub fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.homes.iter().map(|home| home.dir.join(format!("forgehand-{name}"))).collect()
    }

    /// Makes the groups of one task and sets its limits.
    pub fn make(&self, name: &str, limits: &Limits) -> io::Result<Group> {
        let mut group = Group { dirs: Vec::new() };
        for (home, dir) in self.homes.iter().zip(self.paths(name)) {
            fs::create_dir(&dir)?;
            group.dirs.push((dir.clone(), home.version));
            for controller in &home.controllers {
                limit(&dir, home.version, controller, limits)?;
            }
        }
        Ok(group)
    }
}

impl Group {
    /// Puts a process into the groups; what it starts from then on is born in them.
    pub fn take_in(&self, pid: u32) -> io::Result<()> {
        self.dirs.iter().try_for_each(|(dir, _)| fs::write(dir.join("cgroup.procs"), pid.to_string()))
    }

    /// How many processes the kernel killed for want of memory.
    pub fn killed_for_memory(&self) -> u64 {
        let files = self.dirs.iter().map(|(dir, version)| {
            dir.join(if *version == Version::Two { "memory.events" } else { "memory.oom_control" })
        });
        files.filter_map(|file| fs::read_to_string(file).ok()).filter_map(|text| value(&text, "oom_kill")).sum()
    }

    /// Kills every process in the groups.
    pub fn kill(&self) {
        for (dir, _) in &self.dirs {
            kill(dir);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.dirs.iter().for_each(|(dir, _)| end(dir));
    }
}

/// Kills whatever is in a group and removes it. Also for one that a dead server left, so only what has our name.
pub fn end(dir: &Path) {
    let is_ours = dir.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"forgehand-"));
    if !is_ours || fs::remove_dir(dir).is_ok() {
        return;
    }
    kill(dir);
    // A group is in use for a moment after its last process ended. One that stays longer costs nothing but its name.
    for _ in 0..1000 {
        if fs::remove_dir(dir).is_ok() || !dir.exists() {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn kill(dir: &Path) {
    if fs::write(dir.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    // Version 1 has no such file. The limit of processes bounds the rounds: a member that forks while we read is in the
    // next one.
    for _ in 0..20 {
        let members = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
        let pids: Vec<Pid> = members.lines().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect();
        if pids.is_empty() {
            return;
        }
        for pid in pids {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn limit(dir: &Path, version: Version, controller: &str, limits: &Limits) -> io::Result<()> {
    let set = |file: &str, value: String| fs::write(dir.join(file), value);
    match (controller, version) {
        ("memory", Version::Two) => {
            // Not every kernel counts swap.
            let _ = set("memory.swap.max", "0".to_owned());
            set("memory.max", limits.memory_bytes.to_string())
        }
        ("memory", Version::One) => {
            set("memory.limit_in_bytes", limits.memory_bytes.to_string())?;
            let _ = set("memory.memsw.limit_in_bytes", limits.memory_bytes.to_string());
            Ok(())
        }
        ("pids", _) => set("pids.max", limits.processes.to_string()),
        // The weight stays as it is: the group as a whole then weighs as much as one process of the server.
        ("cpu", Version::Two) => {
            limits.cpu_percent.map_or(Ok(()), |percent| set("cpu.max", format!("{} 100000", u64::from(percent) * 1000)))
        }
        ("cpu", Version::One) => limits.cpu_percent.map_or(Ok(()), |percent| {
            set("cpu.cfs_period_us", "100000".to_owned())?;
            set("cpu.cfs_quota_us", (u64::from(percent) * 1000).to_string())
        }),
        _ => Ok(()),
    }
}

/// The value of a key in a file of `key value` lines.
fn value(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

/// Where our own groups are, from `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn homes(own: &str, mounts: &str) -> Vec<Home> {
    mounts.lines().filter_map(|line| home(own, line)).collect()
}

fn home(own: &str, mount: &str) -> Option<Home> {
    let (place, kind) = mount.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, point) = (place.next()?, place.next()?);
    let mut kind = kind.split(' ');
    let (file_system, options) = (kind.next()?, kind.nth(1)?);
    let (version, wanted): (_, Vec<&str>) = match file_system {
        "cgroup2" => (Version::Two, Vec::new()),
        "cgroup" => (Version::One, options.split(',').filter(|one| CONTROLLERS.contains(one)).collect()),
        _ => return None,
    };
    if version == Version::One && wanted.is_empty() {
        return None;
    }
    // Lines read `4:memory:/where`; that of version 2 `0::/where`.
    let path = own.lines().find_map(|line| {
        let (names, path) = line.split_once(':')?.1.split_once(':')?;
        let ours =
            if version == Version::Two { names.is_empty() } else { names.split(',').any(|one| one == wanted[0]) };
        ours.then_some(path)
    })?;
    let below = path.strip_prefix(root.trim_end_matches('/')).unwrap_or(path).trim_start_matches('/');
    let controllers = wanted.into_iter().map(str::to_owned).collect();
    Some(Home { dir: Path::new(point).join(below), version, controllers })
}

const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];

/// Makes a home ready, or nothing if we may not make groups there.
fn usable(mut home: Home) -> Option<Home> {
    if home.version == Version::Two {
        hand_down(&home.dir);
        let handed = fs::read_to_string(home.dir.join("cgroup.subtree_control")).unwrap_or_default();
        home.controllers =
            handed.split_whitespace().filter(|one| CONTROLLERS.contains(one)).map(str::to_owned).collect();
    }
    let trial = home.dir.join(format!("forgehand-trial-{}", std::process::id()));
    fs::create_dir(&trial).ok()?;
    let joinable = fs::OpenOptions::new().write(true).open(trial.join("cgroup.procs")).is_ok();
    fs::remove_dir(&trial).ok()?;
    joinable.then_some(home)
}

/// Version 2 gives controllers to children only where no process lives. In a group that was delegated to us alone
/// (`Delegate=yes`), we move ourselves one level down, as that asks of us.
fn hand_down(dir: &Path) {
    let control = dir.join("cgroup.subtree_control");
    let offered = fs::read_to_string(dir.join("cgroup.controllers")).unwrap_or_default();
    let wanted: Vec<String> =
        offered.split_whitespace().filter(|one| CONTROLLERS.contains(one)).map(|one| format!("+{one}")).collect();
    if wanted.is_empty() || fs::write(&control, wanted.join(" ")).is_ok() {
        return;
    }
    let members = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
    let leaf = dir.join("forgehand-server");
    if members.trim() == std::process::id().to_string()
        && (fs::create_dir(&leaf).is_ok() || leaf.is_dir())
        && fs::write(leaf.join("cgroup.procs"), "0").is_ok()
    {
        let _ = fs::write(&control, wanted.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where groups would be made, with their controllers.
    fn check(own: &str, mounts: &str, expect: &[(&str, &[&str])]) {
        let found: Vec<_> = homes(own, mounts).into_iter().map(|home| (home.dir, home.controllers)).collect();
        let found: Vec<_> = found
            .iter()
            .map(|(dir, has)| (dir.to_str().unwrap_or_default(), has.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect();
        let expect: Vec<_> = expect.iter().map(|(dir, has)| (*dir, has.to_vec())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn version_two_is_where_we_are() {
        check(
            "0::/system.slice/forgehand.service\n",
            "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
            &[("/sys/fs/cgroup/system.slice/forgehand.service", &[])],
        );
    }

    #[test]
    fn version_one_has_a_home_for_each_controller() {
        check(
            "9:name=systemd:/\n8:pids:/here\n4:cpu,cpuacct:/\n2:memory:/a/b\n0::/\n",
            "1 0 0:1 / /cg/memory rw - cgroup cgroup rw,memory\n\
             2 0 0:2 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             3 0 0:3 / /cg/pids rw - cgroup cgroup rw,pids\n\
             4 0 0:4 / /cg/systemd rw - cgroup cgroup rw,name=systemd\n\
             5 0 0:5 / /cg/unified rw - cgroup2 cgroup2 rw\n\
             6 0 0:6 / /tmp rw - tmpfs tmpfs rw\n",
            &[
                ("/cg/memory/a/b", &["memory"]),
                ("/cg/cpu,cpuacct/", &["cpu"]),
                ("/cg/pids/here", &["pids"]),
                ("/cg/unified/", &[]),
            ],
        );
    }

    /// In a container the mount shows only a part of the machine's groups, and our path may start above or at it.
    #[test]
    fn container_sees_its_own_part() {
        let mount = "30 23 0:26 /docker/abc /sys/fs/cgroup rw - cgroup cgroup rw,memory\n";
        check("2:memory:/docker/abc\n", mount, &[("/sys/fs/cgroup/", &["memory"])]);
        check("2:memory:/docker/abc/sub\n", mount, &[("/sys/fs/cgroup/sub", &["memory"])]);
    }

    #[test]
    fn killed_processes_are_counted_in_both_versions() {
        assert_eq!(value("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", "oom_kill"), Some(3));
        assert_eq!(value("low 0\noom 1\noom_kill 2\noom_group_kill 0\n", "oom_kill"), Some(2));
    }
}
