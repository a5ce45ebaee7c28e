//! The end of every story: nothing panicked, and nothing is left in a queue.

use tokio::runtime::Handle;

use super::World;
use super::panics;

impl World {
    /// What waits in each queue, as `/metrics` says it.
    pub async fn waiting(&self) -> Vec<(String, i64)> {
        let told = self.ask("erin", "GET /metrics", None).await;
        assert_eq!(told.status, 200, "{}", told.text);
        let lines = told.text.lines().filter_map(|line| line.strip_prefix("forgehand_waiting{queue=\""));
        let read = |line: &str| {
            let (queue, number) = line.split_once("\"} ").unwrap();
            (queue.to_owned(), number.parse().unwrap())
        };
        lines.map(read).collect()
    }

    async fn end(&self) {
        self.settle().await;
        let waiting = self.waiting().await;
        assert_eq!(waiting.len(), 7, "{waiting:?}");
        assert!(
            waiting.iter().all(|(_, left)| *left == 0),
            "the story is over, and something still waits: {waiting:?}"
        );
        assert_eq!(panics::seen(), Vec::<String>::new(), "the story is over, and a task had panicked");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A story that failed says why by itself.
        if !std::thread::panicking() {
            tokio::task::block_in_place(|| Handle::current().block_on(self.end()));
        }
    }
}
