//! Forgejo's own description of its API, as the package of the crate `forgejo-api` brings it, turned into JSON Schema.
//!
//! Three things are stricter than the document: a field that it does not know is a fault, a list is never `null`, and a
//! status that it does not name is a fault. One is wider: a single value that is not there may be `null`, as Go writes it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use jsonschema::Validator;
use regex::Regex;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::recorder::Exchange;

/// Fields that Gitea and Forgejo send and their description leaves out.
const UNWRITTEN: [(&str, &str); 1] = [("User", "username")];

/// The description, with its definitions as JSON Schema.
pub struct Swagger {
    document: Value,
    definitions: Value,
    operations: Vec<Operation>,
    validators: RefCell<HashMap<String, Validator>>,
}

struct Operation {
    method: String,
    path: String,
    pattern: Regex,
    literal: usize,
}

impl Swagger {
    /// Reads it from where Cargo keeps the package.
    pub fn read() -> Self {
        let text = std::fs::read_to_string(package().join("swagger.v1.json")).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let definitions = document["definitions"].as_object().unwrap();
        let definitions = definitions.iter().map(|(name, schema)| (name.clone(), definition(name, schema)));
        let definitions = Value::Object(definitions.collect());
        let mut operations: Vec<Operation> = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let methods = methods.as_object().unwrap().keys().filter(|key| *key != "parameters");
            operations.extend(methods.map(|method| Operation::new(method, path)));
        }
        // Of two that match, the one with more of the path written out is meant.
        operations.sort_by_key(|operation| std::cmp::Reverse(operation.literal));
        Self { document, definitions, operations, validators: RefCell::default() }
    }

    /// The operation that a request asked for, and what is wrong with its answer.
    pub fn judge(&self, exchange: &Exchange) -> (String, Vec<String>) {
        let meant =
            |operation: &&Operation| operation.method == exchange.method && operation.pattern.is_match(&exchange.path);
        let Some(operation) = self.operations.iter().find(meant) else {
            return (exchange.line(), vec!["the description has no such operation".into()]);
        };
        let declared = &self.document["paths"][&operation.path][operation.method.to_lowercase()]["responses"];
        let declared = &declared[exchange.status.to_string()];
        let faults = match declared["$ref"].as_str() {
            _ if declared.is_null() => vec![format!("{} is no status of it", exchange.status)],
            Some(name) => self.faults(&self.document["responses"][name.trim_start_matches("#/responses/")], exchange),
            None => self.faults(declared, exchange),
        };
        (format!("{} {} {}", operation.method, operation.path, exchange.status), faults)
    }

    /// What is wrong with a value that should be as a definition says.
    pub fn faults_of(&self, definition: &str, value: &Value) -> Vec<String> {
        self.breaches(&json!({"$ref": format!("#/definitions/{definition}")}), value)
    }

    fn breaches(&self, schema: &Value, value: &Value) -> Vec<String> {
        let told = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
        let mut validators = self.validators.borrow_mut();
        let validator = validators.entry(schema.to_string()).or_insert_with(|| self.validator(schema));
        validator.iter_errors(value).map(told).collect()
    }

    fn faults(&self, response: &Value, exchange: &Exchange) -> Vec<String> {
        let schema = &response["schema"];
        if schema.is_null() {
            let silent = exchange.body.is_empty();
            return if silent { Vec::new() } else { vec![format!("it has no body: {}", exchange.text())] };
        }
        if matches!(schema["type"].as_str(), Some("string" | "file")) {
            return Vec::new();
        }
        let Ok(body) = serde_json::from_slice::<Value>(&exchange.body) else { return vec!["it is not JSON".into()] };
        self.breaches(schema, &body)
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut root = converted(schema);
        root["definitions"] = self.definitions.clone();
        let address = |text: &str| text.is_empty() || url::Url::parse(text).is_ok();
        let mail = |text: &str| text.is_empty() || text.contains('@');
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .should_validate_formats(true)
            .with_format("url", address)
            .with_format("email", mail)
            .build(&root)
            .unwrap()
    }
}

impl Operation {
    fn new(method: &str, path: &str) -> Self {
        let names = Regex::new(r"\\\{([a-zA-Z_]+)\\\}").unwrap();
        let escaped = regex::escape(path);
        let part = |found: &regex::Captures<'_>| match &found[1] {
            "filepath" | "branch" => "(.+)",
            _ => "([^/]+)",
        };
        let pattern = format!("^/api/v1{}$", names.replace_all(&escaped, part));
        let literal = Regex::new(r"\{[^}]*\}").unwrap().replace_all(path, "").len();
        let (method, path) = (method.to_uppercase(), path.to_owned());
        Self { method, path, pattern: Regex::new(&pattern).unwrap(), literal }
    }
}

/// A definition whose fields may be left out or `null`, and whose other fields are faults.
fn definition(name: &str, schema: &Value) -> Value {
    let mut schema = converted(schema);
    let required: BTreeSet<String> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return schema };
    for (key, field) in fields.iter_mut() {
        if !required.contains(key) && field.get("type") != Some(&json!("array")) {
            *field = json!({"anyOf": [field.take(), {"type": "null"}]});
        }
    }
    for (_, field) in UNWRITTEN.iter().filter(|(of, _)| *of == name) {
        fields.insert((*field).to_owned(), json!({}));
    }
    schema["additionalProperties"] = json!(false);
    schema
}

/// The same without what only Swagger knows.
fn converted(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !key.starts_with("x-") && *key != "example");
            Value::Object(kept.map(|(key, value)| (key.clone(), converted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(converted).collect()),
        other => other.clone(),
    }
}

/// The folder of the package.
fn package() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "asks Cargo where the package lies")]
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--offline", "--format-version", "1"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let told: Value = serde_json::from_slice(&cargo.output().unwrap().stdout).unwrap();
    let package = told["packages"].as_array().unwrap().iter().find(|package| package["name"] == "forgejo-api");
    let manifest = PathBuf::from(package.unwrap()["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}
