//! `forgehand sandbox doctor`.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use serde_json::json;

use crate::cli::Output;
use crate::config;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox;
use crate::sandbox::Bubblewrap;
use crate::sandbox::Doctor;
use crate::sandbox::Finding;
use crate::sandbox::Health;
use crate::sandbox::Sandbox as _;
use crate::sandbox::Workspaces;

/// Say what this machine can and cannot hold, and why it matters; exit code 1 when agents cannot run here.
#[derive(Debug, Args)]
pub(super) struct Examine {}

pub(super) async fn run(_examine: Examine, flags: config::Flags, output: Output) -> Result<ExitCode> {
    let settings = config::gather(flags)?;
    // Tried out where workspaces will lie: overlays depend on the file system. A server may have the folder itself.
    let near = if settings.data.is_dir() { settings.data.clone() } else { std::env::temp_dir() };
    let folder = near.join(format!("doctor-{}", std::process::id()));
    std::fs::create_dir_all(&folder).context("Cannot make a folder to try out the sandbox in")?;
    let found = examined(&settings, &folder).await;
    // What is left of it harms nobody.
    let _ = std::fs::remove_dir_all(&folder);
    let doctor = found?;
    output.say(&told(&doctor), &as_json(&doctor));
    Ok(if doctor.can_run() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn examined(settings: &config::Settings, folder: &std::path::Path) -> Result<Doctor> {
    let wanted = sandbox::Settings { agent_id: settings.agent_id, ..sandbox::Settings::default() };
    let workspaces = Workspaces::open(folder, wanted)?;
    let program = match &settings.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().context("Cannot find our own program")?,
    };
    match Bubblewrap::find(program, &workspaces) {
        Ok(found) => Ok(found.doctor().await),
        Err(error) => Ok(Doctor::without(&error)),
    }
}

fn told(doctor: &Doctor) -> String {
    let mut lines: Vec<String> = doctor.findings.iter().flat_map(lines).collect();
    let weaker = doctor.findings.iter().filter(|finding| finding.health == Health::Weaker).count();
    lines.push(String::new());
    lines.push(match (doctor.can_run(), weaker) {
        (false, _) => "Agents cannot run on this machine.".into(),
        (true, 0) => "Agents can run on this machine, with everything in place.".into(),
        (true, 1) => "Agents can run on this machine; one thing holds less than it could.".into(),
        (true, _) => format!("Agents can run on this machine; {weaker} things hold less than they could."),
    });
    lines.join("\n")
}

fn lines(finding: &Finding) -> Vec<String> {
    let Finding { name, health, says, matters, hint } = finding;
    let mut lines = vec![format!("{:<8} {name:<12} {says}", health.to_string())];
    if *health != Health::Good {
        lines.push(format!("{:22}why it matters: {matters}", ""));
        lines.extend(hint.iter().map(|hint| format!("{:22}hint: {hint}", "")));
    }
    lines
}

fn as_json(doctor: &Doctor) -> Value {
    let findings: Vec<Value> = doctor
        .findings
        .iter()
        .map(|finding| {
            let Finding { name, health, says, matters, hint } = finding;
            json!({ "name": name, "health": health.to_string(), "says": says, "matters": matters, "hint": hint })
        })
        .collect();
    json!({ "can_run": doctor.can_run(), "findings": findings })
}
