//! A model mock that others wrote, `@copilotkit/aimock`, with what it saw.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Lines;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;

use super::fixtures;

/// The mock, as long as it is held.
pub struct Mock {
    child: Child,
    address: String,
    /// What it prints; closed, it would end at its next line.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Mock {
    /// Starts it from the folder of the agents, with nothing of our environment, on a port of its own.
    pub fn start(folder: &Path) -> Self {
        let file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
        std::fs::write(file.path(), fixtures::all().to_string()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a part of the story")]
        let mut node = Command::new("node");
        node.env_clear().env("HOME", folder).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        node.arg(folder.join("node_modules/@copilotkit/aimock/dist/cli.js"));
        node.args(["-h", "127.0.0.1", "-p", "0", "-f"]).arg(file.path());
        let mut child = node.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.by_ref().map_while(Result::ok);
        let said = said.filter_map(|line| line.split_once(" on http://").map(|it| it.1.trim().to_owned())).next();
        Self { child, address: format!("http://{}", said.unwrap()), _lines: lines }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Every call that it answered.
    pub async fn journal(&self) -> String {
        let answer = reqwest::get(format!("{}/__aimock/journal", self.address)).await.unwrap();
        answer.text().await.unwrap()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
