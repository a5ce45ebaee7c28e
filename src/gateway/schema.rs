//! Arguments against JSON Schema, with errors that a model can mend its call by.

use jsonschema::Validator;
use serde_json::Value;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// A schema that was compiled once.
#[derive(Debug)]
pub struct Schema(Validator);

/// Most faults that one error tells.
const FAULTS: usize = 5;

impl Schema {
    /// Compiles a schema of our own.
    pub fn of(schema: &Value) -> Result<Self> {
        let validator = jsonschema::validator_for(schema);
        validator.map(Self).map_err(|error| Error::internal("a tool's schema is not one").source(error.to_string()))
    }

    /// Checks the arguments of a call.
    pub fn check(&self, tool: &str, arguments: &Value) -> Result<()> {
        let mut faults = Vec::new();
        let mut field = None;
        for fault in self.0.iter_errors(arguments).take(FAULTS) {
            let at = fault.instance_path().to_string();
            let what = visible_line(&fault.to_string(), 200);
            faults.push(if at.is_empty() { what } else { format!("`{}`: {what}", visible_line(&at, 80)) });
            field.get_or_insert(at);
        }
        if faults.is_empty() {
            return Ok(());
        }
        let error = Error::invalid(format!("`{tool}` cannot use these arguments: {}", faults.join("; ")));
        Err(error
            .code("BAD_ARGUMENTS")
            .field(field.unwrap_or_default())
            .hint("call the tool again with arguments that fit its schema"))
    }
}
