//! Workspaces that are kept, by how long.

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::runs::Attempt;
use crate::runs::Folder;
use crate::runs::FolderState;
use crate::runs::store::attempt_from;

pub async fn set_folder(connection: &mut Connection, attempt: AttemptId, folder: &Folder) -> Result<()> {
    sqlx::query("update attempts set folder = $2, folder_bytes = $3, folder_until = $4 where id = $1")
        .bind(attempt.to_string())
        .bind(folder.state.as_str())
        .bind(folder.bytes)
        .bind(folder.until.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn move_folder(connection: &mut Connection, attempt: AttemptId, state: FolderState) -> Result<()> {
    sqlx::query("update attempts set folder = $2 where id = $1 and folder is not null")
        .bind(attempt.to_string())
        .bind(state.as_str())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Kept until before then; those first that are kept the shortest.
pub async fn folders_due(connection: &mut Connection, before: Timestamp, most: i64) -> Result<Vec<Attempt>> {
    let rows = sqlx::query(concat!(
        "select ",
        attempt_columns!(),
        " from attempts where folder = 'kept' and folder_until < $1 order by folder_until limit $2"
    ))
    .bind(before.0)
    .bind(most)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(attempt_from).collect()
}

pub async fn folder_bytes(connection: &mut Connection) -> Result<i64> {
    let sql = "select cast(coalesce(sum(folder_bytes), 0) as bigint) as total from attempts where folder = 'kept'";
    sqlx::query(sql).fetch_one(connection).await.map_err(failed)?.number("total")
}
