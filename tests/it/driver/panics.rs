//! Panics that no test would see: those of tasks and threads that the server started.

use std::sync::Mutex;
use std::sync::Once;
use std::sync::PoisonError;
use std::thread;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static WATCHING: Once = Once::new();

/// Remembers panics from now on, beside what happens to them otherwise.
pub fn watch() {
    WATCHING.call_once(|| {
        let told_before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let current = thread::current();
            let name = current.name().unwrap_or("without a name");
            // The test harness names the threads of tests by their paths, or runs them on the main one.
            if name != "main" && !name.contains("::") {
                SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(format!("thread `{name}`: {panic}"));
            }
            told_before(panic);
        }));
    });
}

/// What panicked so far in threads that are not a test's own.
pub fn seen() -> Vec<String> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
