//! What a form was filled in with, and what was wrong with it.

use crate::kit::Error;

/// What was wrong with a form, to be shown at the field that it names.
#[derive(Clone, Debug, Default)]
pub struct Wrong {
    field: String,
    /// The sentence.
    pub message: String,
    /// Next steps.
    pub hints: Vec<String>,
}

impl Wrong {
    /// The sentence for this field, if it is the one at fault.
    pub fn at(&self, field: &str) -> &str {
        if !self.field.is_empty() && self.field == field { &self.message } else { "" }
    }

    /// Whether something is wrong that no field of the form names.
    pub fn elsewhere<'a>(&self, fields: impl AsRef<[&'a str]>) -> bool {
        !self.message.is_empty() && !fields.as_ref().iter().any(|field| *field == self.field)
    }
}

impl From<&Error> for Wrong {
    fn from(error: &Error) -> Self {
        Self {
            field: error.field_name().unwrap_or_default().to_owned(),
            message: error.message().to_owned(),
            hints: error.hints().to_vec(),
        }
    }
}
