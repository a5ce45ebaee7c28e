//! Tasks that take more than their share.

use std::fs;
use std::time::Duration;
use std::time::Instant;

use forgehand::sandbox::Ending;
use forgehand::sandbox::Settings;
use forgehand::sandbox::Task;
use forgehand::sandbox::Workspace;

use super::Yard;
use super::shell;
use super::task;

/// Ends within the deadline and five seconds, and leaves the workspace free for another task.
async fn ends(yard: &Yard, workspace: &Workspace, task: Task) -> Ending {
    let wall = task.limits.wall;
    let mut running = yard.start(workspace, task).await;
    let start = Instant::now();
    let ending = running.ended().await.unwrap();
    assert!(start.elapsed() < wall + Duration::from_secs(5), "it took {:?}", start.elapsed());
    assert_eq!(yard.shell(workspace, "true").await.ending, Ending::Exited(0));
    ending
}

/// The same machine without control groups.
fn yard_without_groups() -> Yard {
    Yard::with(Settings { control_groups: false, ..Settings::default() })
}

fn within(mut task: Task, milliseconds: u64) -> Task {
    task.limits.wall = Duration::from_millis(milliseconds);
    task
}

const FORK_BOMB: &str = "while (1) { fork }";
const HOG: &str = "my @held; push @held, 'x' x 10_000_000 while 1";

#[tokio::test]
async fn stubborn_task_ends_at_its_deadline() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "trap '' TERM INT HUP QUIT; kill -STOP 1; setsid sleep 600 & while :; do :; done";
    assert_eq!(ends(&yard, &workspace, within(shell(&workspace, script), 700)).await, Ending::Deadline);
}

#[tokio::test]
async fn stopped_task_ends_at_its_deadline() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    assert_eq!(ends(&yard, &workspace, within(shell(&workspace, "kill -STOP $$"), 700)).await, Ending::Deadline);
}

#[tokio::test]
async fn fork_bomb_ends_at_its_deadline() {
    for yard in [Yard::new(), yard_without_groups()] {
        let workspace = yard.workspace(&[]);
        let bomb = within(task(&workspace, ["perl", "-e", FORK_BOMB]), 700);
        assert_eq!(ends(&yard, &workspace, bomb).await, Ending::Deadline);
    }
}

#[tokio::test]
async fn processes_are_counted() {
    for yard in [Yard::new(), yard_without_groups()] {
        let workspace = yard.workspace(&[]);
        let script = "my $n = 0; while (defined(my $pid = fork)) { $pid or sleep 600; $n++ } print $n";
        let forked: u32 =
            yard.finish(&workspace, task(&workspace, ["perl", "-e", script])).await.stdout.parse().unwrap();
        assert!((40..64).contains(&forked), "{forked} of 64");
    }
}

#[tokio::test]
async fn processes_left_behind_end_with_the_task() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "sleep 600 >/dev/null 2>&1 & setsid sleep 600 >/dev/null 2>&1 & exit 0";
    assert_eq!(ends(&yard, &workspace, within(shell(&workspace, script), 20_000)).await, Ending::Exited(0));
}

#[tokio::test]
async fn memory_is_bounded() {
    for yard in [Yard::new(), yard_without_groups()] {
        let workspace = yard.workspace(&[]);
        let mut hog = task(&workspace, ["perl", "-e", HOG]);
        hog.limits.memory_bytes = 200 << 20;
        let ending = ends(&yard, &workspace, hog).await;
        // Without groups the hog may also hear from the kernel first that there is no more, and exit.
        assert!(matches!(ending, Ending::MemoryExceeded | Ending::Exited(1)), "{ending:?}");
    }
}

/// A control group bounds them by nature; without one, somebody has to add them up.
#[tokio::test]
async fn many_small_processes_are_bounded_together() {
    let yard = yard_without_groups();
    let workspace = yard.workspace(&[]);
    let script = "fork; fork; fork; my $held = 'x' x 40_000_000; sleep 600";
    let mut hog = within(task(&workspace, ["perl", "-e", script]), 20_000);
    hog.limits.memory_bytes = 200 << 20;
    assert_eq!(yard.finish(&workspace, hog).await.ending, Ending::MemoryExceeded);
}

#[tokio::test]
async fn one_huge_file_is_stopped() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let mut writer = shell(&workspace, "head -c 10G /dev/zero > big");
    writer.limits.disk_bytes = 50 << 20;
    assert_eq!(yard.finish(&workspace, writer).await.ending, Ending::DiskExceeded);
}

#[tokio::test]
async fn many_files_are_stopped() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "trap '' TERM; i=0; while :; do head -c 5M /dev/zero > ~/$i; i=$((i+1)); done";
    let mut writer = shell(&workspace, script);
    writer.limits.disk_bytes = 50 << 20;
    assert_eq!(yard.finish(&workspace, writer).await.ending, Ending::DiskExceeded);
}

#[tokio::test]
async fn folders_too_deep_to_weigh_are_stopped() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "for (1 .. 3000) { mkdir 'dd'; chdir 'dd' or die } open F, '>', 'f'; sleep 600";
    assert_eq!(yard.finish(&workspace, task(&workspace, ["perl", "-e", script])).await.ending, Ending::DiskExceeded);
}

#[tokio::test]
async fn temporary_files_are_bounded() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "head -c 1G /dev/zero > /tmp/x; head -c 1G /dev/zero > /dev/shm/x; stat -c %s /tmp/x /dev/shm/x";
    let mut writer = shell(&workspace, script);
    writer.limits.memory_bytes = 256 << 20;
    let outcome = yard.finish(&workspace, writer).await;
    assert!(outcome.ending == Ending::MemoryExceeded || outcome.stdout.lines().all(|size| size.len() < 10));
}

#[tokio::test]
async fn dropped_task_ends_and_leaves_no_group() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let mut running = yard.start(&workspace, shell(&workspace, "sleep 600")).await;
    let cancel = running.cancel_handle();
    let groups = fs::read_dir(yard.folder.path().join("work/attempts")).unwrap().next().unwrap().unwrap().path();
    let groups = fs::read_to_string(groups.join("marks/groups")).unwrap();
    cancel.now();
    running.ended().await.unwrap();
    assert!(groups.lines().all(|group| !std::path::Path::new(group).exists()), "{groups}");
}

#[tokio::test]
async fn many_tasks_run_side_by_side() {
    let yard = Yard::new();
    let workspaces: Vec<_> = (0..8).map(|_| yard.workspace(&[("file", "same")])).collect();
    let outcomes = workspaces.iter().enumerate().map(async |(number, workspace)| {
        yard.shell(workspace, &format!("echo {number} >> file; cat file; exit {number}")).await
    });
    for (number, outcome) in futures_util::future::join_all(outcomes).await.into_iter().enumerate() {
        assert_eq!(outcome.stdout, format!("same{number}\n"));
        assert_eq!(outcome.ending, Ending::Exited(number as i32));
    }
}
