//! One measured figure, and how it is printed.

use std::fs;
use std::process::Command;

/// A value with its unit, and from how many runs its median was taken.
#[derive(Clone)]
pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    runs: usize,
}

impl Figure {
    /// The median of one value a run. Panics without any run, since then there is nothing to say.
    pub fn median(name: impl Into<String>, unit: &'static str, mut values: Vec<f64>) -> Self {
        assert!(!values.is_empty(), "a figure needs a run");
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let value =
            if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Self { name: name.into(), value, unit, runs: values.len() }
    }

    /// The middle of what one took against the middle of what the other took.
    pub fn ratio(name: impl Into<String>, one: &[f64], other: &[f64]) -> Self {
        let middle = |values: &[f64]| Self::median("", "", values.to_vec()).value;
        Self { name: name.into(), value: middle(one) / middle(other), unit: "times", runs: one.len() }
    }

    /// A value that needs no repetition, such as a size.
    pub fn once(name: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self { name: name.into(), value, unit, runs: 1 }
    }

    /// Prints the figure as one line of JSON.
    pub fn print(&self, bench: &str) {
        let line = serde_json::json!({
            "bench": bench,
            "figure": self.name,
            "value": (self.value * 1000.0).round() / 1000.0,
            "unit": self.unit,
            "runs": self.runs,
            "commit": commit(),
            "machine": machine(),
        });
        println!("{line}");
    }
}

/// The commit that is checked out, with a plus sign when files differ from it.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let changed = if git(&["status", "--porcelain", "--untracked-files=no"]).is_empty() { "" } else { "+" };
    format!("{}{changed}", git(&["rev-parse", "--short=12", "HEAD"]))
}

/// Cores, processor and memory, as one phrase.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let kibibytes: f64 = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0.0);
    format!("{cores} cores, {}, {:.0} GiB", field("/proc/cpuinfo", "model name"), kibibytes / 1024.0 / 1024.0)
}
