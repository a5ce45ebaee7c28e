//! Tries out a sandbox on this machine and says what was found.

use std::os::unix::net::UnixListener;

use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox::Bubblewrap;
use crate::sandbox::Doctor;
use crate::sandbox::Ending;
use crate::sandbox::Health;
use crate::sandbox::Limits;
use crate::sandbox::Sandbox as _;
use crate::sandbox::Task;
use crate::sandbox::Workspace;
use crate::sandbox::domain;

impl Bubblewrap {
    pub(super) async fn examine(&self) -> Doctor {
        let mut doctor = Doctor::default();
        doctor.found("bubblewrap", Health::Good, format!("`{}` is installed", self.program.display()));
        match self.try_out().await {
            Ok(workspace) => {
                doctor.found("sandbox", Health::Good, "A program ran in it and came back");
                self.overlay(&workspace, &mut doctor);
            }
            Err(error) => {
                let finding = doctor.found("sandbox", Health::Missing, error.message());
                finding.hint = Some(
                    "let this user make user namespaces: `sysctl user.max_user_namespaces` above 0, and on Ubuntu \
                     `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
                        .to_owned(),
                );
            }
        }
        walls(&mut doctor);
        self.limits(&mut doctor);
        self.toolchains(&mut doctor);
        match self.workspaces.drop_to() {
            Some(id) => doctor.found("user", Health::Good, format!("Agents run as the user {id}, never as root")),
            None => doctor.found("user", Health::Good, "Agents run as this server's user, in a namespace of their own"),
        };
        doctor
    }

    async fn try_out(&self) -> Result<Workspace> {
        let lower = self.workspaces.cached("forgehand/doctor", |dir| {
            std::fs::write(dir.join("patient"), "well").context("could not write a file to try out the sandbox")
        })?;
        let workspace = self.workspaces.open_attempt(&lower)?;
        let gateway_socket = workspace.gateway_socket();
        let _gateway = UnixListener::bind(&gateway_socket).context("could not listen on a socket")?;
        let task = Task {
            argv: vec!["/usr/bin/env".into(), "true".into()],
            env: Vec::new(),
            read_only: Vec::new(),
            gateway_socket,
            stdin: Default::default(),
            limits: Limits { wall: std::time::Duration::from_secs(10), ..Limits::default() },
        };
        match self.start(&workspace, task).await?.ended().await? {
            Ending::Exited(0) => Ok(workspace),
            ending => Err(crate::kit::Error::internal(format!("A program that does nothing ended as {ending:?}"))),
        }
    }

    fn overlay(&self, workspace: &Workspace, doctor: &mut Doctor) {
        if workspace.copy().is_none() {
            doctor.found("overlay", Health::Good, "A workspace costs the same for any number of files");
            return;
        }
        let finding = doctor.found("overlay", Health::Weaker, "Each workspace is a whole copy of its checkout");
        finding.hint = Some(
            "use Linux 5.11 or newer, with the data directory on ext4, xfs or btrfs, not on an overlay".to_owned(),
        );
    }

    fn toolchains(&self, doctor: &mut Doctor) {
        for folder in self.workspaces.settings().toolchains.folders() {
            doctor.found("toolchain", Health::Good, format!("`{}` is shown to agents, read-only", folder.display()));
        }
    }

    fn limits(&self, doctor: &mut Doctor) {
        let by_group = [
            ("memory", "its use is looked at ten times a second, and each process is limited on its own"),
            ("pids", "the kernel counts them by the user of the sandbox"),
            ("cpu", "a busy agent competes with the server as an equal"),
        ];
        for (controller, otherwise) in by_group {
            let name = if controller == "pids" { "processes" } else { controller };
            if self.groups.has(controller) {
                doctor.found(name, Health::Good, format!("Limited by the control group `{controller}`"));
                continue;
            }
            let health = if controller == "pids" { Health::Good } else { Health::Weaker };
            let finding =
                doctor.found(name, health, format!("No control group `{controller}` can be made: {otherwise}"));
            finding.hint = Some("run the server as root, or by systemd with `Delegate=yes`".to_owned());
        }
        doctor.found("disk", Health::Good, "What a task writes is weighed while it runs");
    }
}

/// The kernel's own wall, beside mounts and the filter.
fn walls(doctor: &mut Doctor) {
    match domain::version() {
        0 => {
            let finding = doctor.found("landlock", Health::Weaker, "This kernel has no Landlock");
            finding.hint = Some(
                "use Linux 5.13 or newer with `landlock` among `CONFIG_LSM`, or boot with `lsm=landlock,…`".to_owned(),
            );
        }
        version @ 1..domain::WITH_SIGNALS => {
            let says = format!("Landlock {version} holds files; signals to the first process inside are only ignored");
            doctor.found("landlock", Health::Good, says);
        }
        version => {
            doctor.found("landlock", Health::Good, format!("Landlock {version} holds files and signals"));
        }
    }
}
