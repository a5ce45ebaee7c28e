//! The command line: one file a command.
//!
//! A command gathers its settings, calls one room or starts the app, and prints: for people, or with `--json` for
//! programs. Exit codes: 0 done, 1 found problems, 2 wrong use, 3 could not.

mod output;

mod serve;

mod config_check;

mod rules_test;

mod memory_check;

mod memory_query;

mod memory_merge;

mod memory_import;

mod audit_verify;

mod sandbox_doctor;

mod admin;

mod demo;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;

use crate::config;
use crate::kit::Error;
use crate::kit::ErrorKind;

pub use output::Output;

/// Forgehand puts coding agents to work inside a Git forge and lets nothing leave them unseen.
#[derive(Debug, Parser)]
#[command(name = "forgehand", version, about, disable_help_subcommand = true, arg_required_else_help = true)]
struct Arguments {
    /// Print JSON for programs.
    #[arg(long, global = true)]
    json: bool,
    /// The settings file [default: ./forgehand.toml].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything is kept [default: ./forgehand-data].
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The database: `sqlite:PATH` or `postgres://…` [default: SQLite in the data directory].
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    /// See the whole story on sample repositories.
    Demo(demo::Demo),
    /// The files in `.agents/`.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The trigger rules in `.agents/`.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// The company brain.
    #[command(subcommand)]
    Memory(MemoryCommand),
    /// The chained log of decisions and writes.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What holds agents on this machine.
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// People and tokens.
    #[command(subcommand)]
    Admin(admin::Admin),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check `.agents/` of a work tree; exit code 1 when there are errors.
    Check(config_check::Check),
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Say what each rule would do with an event, and why; runs nothing.
    Test(rules_test::Test),
}

#[derive(Debug, Subcommand)]
enum MemoryCommand {
    /// Check a company brain; exit code 1 when there are errors.
    Check(memory_check::Check),
    /// Ask a company brain at a commit.
    Query(memory_query::Query),
    /// Join two changes of one record, as Git asks a merge driver.
    Merge(memory_merge::Merge),
    /// Bring files of a repository into a company brain in a work tree.
    Import(memory_import::Import),
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check the whole chain, and name the first bad entry.
    Verify(audit_verify::Verify),
}

#[derive(Debug, Subcommand)]
enum SandboxCommand {
    /// Say what this machine can and cannot hold, and why it matters; exit code 1 when agents cannot run here.
    Doctor(sandbox_doctor::Examine),
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output { json: arguments.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.failed(&Error::internal("Cannot start the runtime").source(error)),
    };
    match runtime.block_on(run(arguments, output)) {
        Ok(code) => code,
        Err(error) => output.failed(&error),
    }
}

async fn run(arguments: Arguments, output: Output) -> Result<ExitCode, Error> {
    let flags = config::Flags {
        config: arguments.config,
        data: arguments.data,
        database: arguments.database,
        ..config::Flags::default()
    };
    match arguments.command {
        Command::Serve(serve) => serve::run(serve, flags, output).await,
        Command::Demo(demo) => demo::run(demo, flags, output).await,
        Command::Config(ConfigCommand::Check(check)) => config_check::run(check, output).await,
        Command::Rules(RulesCommand::Test(test)) => rules_test::run(test, output).await,
        Command::Memory(MemoryCommand::Check(check)) => memory_check::run(check, output).await,
        Command::Memory(MemoryCommand::Query(query)) => memory_query::run(query, flags, output).await,
        Command::Memory(MemoryCommand::Import(import)) => memory_import::run(import, output).await,
        Command::Memory(MemoryCommand::Merge(merge)) => memory_merge::run(&merge, output),
        Command::Audit(AuditCommand::Verify(verify)) => audit_verify::run(verify, flags, output).await,
        Command::Sandbox(SandboxCommand::Doctor(examine)) => sandbox_doctor::run(examine, flags, output).await,
        Command::Admin(admin) => admin::run(admin, flags, output).await,
    }
}

/// The exit code that an error gives: wrong use, or something that could not be done.
fn exit_code(error: &Error) -> ExitCode {
    match error.kind() {
        ErrorKind::Invalid | ErrorKind::Malformed => ExitCode::from(2),
        _ => ExitCode::from(3),
    }
}
