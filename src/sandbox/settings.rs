//! What an administrator may set about sandboxes and their workspaces.

use rustix::process::geteuid;

use crate::sandbox::Toolchains;

/// Settings of the room; the defaults suit a server of its own.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The user and group id that agents run as when the server runs as root. No account needs to exist for it, and no
    /// other program may use it. A server that is not root runs agents as itself, walled in by namespaces.
    pub agent_id: u32,
    /// Whether limits are kept by control groups where they can be made; otherwise by the limits of processes and by
    /// looking at what they use.
    pub control_groups: bool,
    /// Whether workspaces are overlays where those can be mounted; otherwise each is a whole copy.
    pub overlays: bool,
    /// Folders of programs that every sandbox shows.
    pub toolchains: Toolchains,
    /// How many read-only checkouts are kept.
    pub most_checkouts: usize,
    /// How many bytes of read-only checkouts are kept.
    pub most_checkout_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            agent_id: 64_831,
            control_groups: true,
            overlays: true,
            toolchains: Toolchains::default(),
            most_checkouts: 200,
            most_checkout_bytes: 20 << 30,
        }
    }
}

impl Settings {
    /// The id to drop to, or nothing when this process has no right to change its user.
    pub(super) fn drop_to(&self) -> Option<u32> {
        geteuid().is_root().then_some(self.agent_id)
    }
}
