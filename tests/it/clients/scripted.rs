//! Clients of other languages: the package `py-gitea` of Python and `gitea-js` of JavaScript, pinned in `tests/clients`.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use super::recorder::Recorder;
use crate::driver::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_package_of_python_plays_the_story() {
    let folder = installed();
    let operations = play(&folder.join("python/bin/python"), &[script("story.py")]).await;
    insta::assert_snapshot!(operations);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_of_javascript_plays_the_story() {
    let folder = installed();
    let operations = play(Path::new("node"), &[script("story.mjs"), folder.display().to_string()]).await;
    insta::assert_snapshot!(operations);
}

/// Plays a story; gives the operations that were asked for, when every answer was as Forgejo describes it.
async fn play(program: &Path, arguments: &[String]) -> String {
    let world = World::begin().await;
    let recorder = Recorder::before(&world.app.base_url).await;
    let mut command = tokio_program(program);
    command.args(arguments).args([recorder.address.as_str(), world.token("alice"), world.token("bob")]);
    let output = command.output().await.unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && said.contains("the story is over"), "{said}");
    recorder.judged().join("\n")
}

pub fn tokio_program(program: &Path) -> tokio::process::Command {
    #[expect(clippy::disallowed_methods, reason = "the client of the story")]
    let mut command = tokio::process::Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

pub fn script(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    folder.join(name).display().to_string()
}

/// The folder with the clients, fetched when they are not there yet. A story without its client fails.
pub fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    #[expect(clippy::disallowed_methods, reason = "fetches the clients of the stories")]
    let mut fetch = Command::new("bash");
    let fetch = fetch.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/clients.sh")).arg(&folder);
    let fetched = fetch.output().unwrap();
    assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    folder
}
