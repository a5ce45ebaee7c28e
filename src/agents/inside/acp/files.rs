//! Files that an agent reads and writes through us: inside the workspace only, exactly as they are.

use std::fs;
use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::acp::wire::Refusal;
use crate::agents::inside::workspace::Workspace;

/// Agents take this code for a file that is not there, which they may then write.
const NOT_FOUND: i64 = -32002;

/// The parameters do not fit.
const BAD_PARAMS: i64 = -32602;

/// `fs/read_text_file`: the whole text, or `limit` lines from `line`, counted from one.
pub(super) fn read(workspace: &Workspace, params: &Value) -> Result<Value, Refusal> {
    let path = path(params)?;
    let text = workspace.exact(path).map_err(|error| {
        let gone = workspace.inside(path).is_ok_and(|file| fs::symlink_metadata(file).is_err());
        Refusal::new(if gone { NOT_FOUND } else { BAD_PARAMS }, error.message())
    })?;
    let number = |field: &str| params[field].as_u64().and_then(|number| usize::try_from(number).ok());
    if number("line").is_none() && number("limit").is_none() {
        return Ok(json!({"content": text}));
    }
    let skip = number("line").unwrap_or(1).saturating_sub(1);
    let lines = text.split_inclusive('\n').skip(skip).take(number("limit").unwrap_or(usize::MAX));
    Ok(json!({"content": lines.collect::<String>()}))
}

/// `fs/write_text_file`: the whole file.
pub(super) fn write(workspace: &Workspace, params: &Value) -> Result<Value, Refusal> {
    let content = params["content"].as_str().ok_or_else(|| Refusal::new(BAD_PARAMS, "`content` is no text"))?;
    let written = workspace.write(path(params)?, content);
    written.map(|_| json!({})).map_err(|error| Refusal::new(BAD_PARAMS, error.message()))
}

/// The folder that a terminal starts in.
pub(super) fn folder(workspace: &Workspace, params: &Value) -> Result<std::path::PathBuf, Refusal> {
    let Some(wanted) = params["cwd"].as_str().filter(|cwd| !cwd.is_empty()) else {
        return Ok(workspace.root().to_owned());
    };
    let folder = workspace.inside(wanted).map_err(|error| Refusal::new(BAD_PARAMS, error.message()))?;
    match Path::is_dir(&folder) {
        true => Ok(folder),
        false => Err(Refusal::new(NOT_FOUND, "`cwd` is not a folder")),
    }
}

fn path(params: &Value) -> Result<&str, Refusal> {
    params["path"].as_str().ok_or_else(|| Refusal::new(BAD_PARAMS, "`path` is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_exactly_and_only_inside() {
        let outer = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(outer.path()).unwrap();
        let whole = workspace.root().join("a/b.txt");
        let params = json!({"path": whole, "content": "one\ntwo\nthree"});
        assert_eq!(write(&workspace, &params), Ok(json!({})));
        assert_eq!(read(&workspace, &json!({"path": whole})), Ok(json!({"content": "one\ntwo\nthree"})));
        let some = json!({"path": "a/b.txt", "line": 2, "limit": 1});
        assert_eq!(read(&workspace, &some), Ok(json!({"content": "two\n"})));
        let refused = |params: Value| read(&workspace, &params).unwrap_err().code;
        assert_eq!(refused(json!({"path": "a/c.txt"})), Some(NOT_FOUND));
        assert_eq!(refused(json!({"path": "/etc/passwd"})), Some(BAD_PARAMS));
        assert_eq!(refused(json!({"path": "../x"})), Some(BAD_PARAMS));
        assert_eq!(refused(json!({"path": 7})), Some(BAD_PARAMS));
        assert!(write(&workspace, &json!({"path": "/etc/x", "content": ""})).is_err());
    }
}
