//! Measures what `docs/PERFORMANCE.md` promises, on the release build, against the running binary.
//!
//! `./bench NAME…` runs it. Each figure is one line of JSON on standard output: medians of several runs, with commit and
//! machine, so that lines of different days can be laid beside each other. What is going on is told on standard error.
//!
//! To add a bench, write a file with a function that answers with [`Figure`]s, and a line in [`BENCHES`]. Who is who:
//! [`server`] starts and watches the binary or a peer, [`load`] sends requests as fast as they are answered, [`figure`]
//! takes medians and prints.

#![expect(clippy::disallowed_methods, reason = "benches play the world around the server: its machine and its clients")]

mod figure;
mod load;
mod server;

mod attempts;
mod dispatch;
mod forge;
mod idle;
mod intake;
mod memory;
mod pages;
mod streams;
mod workspace;

use std::process::ExitCode;

use figure::Figure;

/// What measures one thing, and answers with several figures.
type Bench = fn() -> anyhow::Result<Vec<Figure>>;

/// All benches, in the order that `all` runs them.
const BENCHES: &[(&str, Bench)] = &[
    ("idle", idle::measure),
    ("intake", intake::measure),
    ("dispatch", dispatch::measure),
    ("workspace", workspace::measure),
    ("attempts", attempts::measure),
    ("pages", pages::measure),
    ("forge", forge::measure),
    ("memory", memory::measure),
    ("streams", streams::measure),
];

fn main() -> ExitCode {
    // Cargo says `--bench` to every bench that it runs.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let all = asked.is_empty() || asked.iter().any(|name| name == "all");
    if let Some(unknown) = asked.iter().find(|name| *name != "all" && BENCHES.iter().all(|(known, _)| known != name)) {
        let known: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        eprintln!("No bench is called `{unknown}`\nhint: {} or all", known.join(", "));
        return ExitCode::from(2);
    }
    let mut failed = false;
    for (name, measure) in BENCHES.iter().filter(|(name, _)| all || asked.iter().any(|asked| asked == name)) {
        eprintln!("{name} …");
        match measure() {
            Ok(figures) => figures.iter().for_each(|figure| figure.print(name)),
            Err(error) => {
                eprintln!("Cannot measure {name}: {error:#}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
