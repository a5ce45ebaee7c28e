//! What leaves the house by words is looked through for values of the vault.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use serde_json::Value;

use crate::kit::secret::Secret;
use crate::vault::windows::WINDOW;
use crate::vault::windows::Windows;

/// All values that this process knows to be sealed, as hashes of their windows. Cloning is cheap. A value that was replaced or
/// forgotten is looked for until the server starts again: it may still be good elsewhere.
#[derive(Clone, Debug)]
pub struct Watch(Arc<RwLock<Windows>>);

impl Watch {
    pub(super) fn new() -> Self {
        Self(Arc::new(RwLock::new(Windows::new())))
    }

    /// Looks for this value from now on; a value of fewer than twelve bytes is not looked for.
    pub fn add(&self, value: &Secret<String>) {
        if value.reveal().len() >= WINDOW {
            self.0.write().unwrap_or_else(PoisonError::into_inner).add(value);
        }
    }

    /// The text, with parts of values blotted out.
    pub fn redact(&self, text: String) -> String {
        let clean = self.0.read().unwrap_or_else(PoisonError::into_inner).redact(&text);
        clean.unwrap_or(text)
    }

    /// A JSON value, with parts of values blotted out of its texts and keys.
    pub fn redact_json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(text)),
            Value::Array(list) => list.into_iter().map(|one| self.redact_json(one)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(key, one)| (self.redact(key), self.redact_json(one))).collect()
            }
            plain => plain,
        }
    }

    /// Whether bytes, such as those of a file, hold a part of a value.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).holds(bytes)
    }
}
