//! The table `bots`.

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::identity::account::Account;
use crate::identity::store::accounts;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;

pub async fn insert(
    connection: &mut Connection,
    bot: AccountId,
    (owner, maker): (Option<AccountId>, AccountId),
    now: Timestamp,
) -> Result<()> {
    sqlx::query("insert into bots (account, owner, maker, created) values ($1, $2, $3, $4)")
        .bind(bot.to_string())
        .bind(owner.map(|owner| owner.to_string()))
        .bind(maker.to_string())
        .bind(now.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn of_owner(connection: &mut Connection, owner: Option<AccountId>) -> Result<Vec<Account>> {
    let sql = concat!(
        "select ",
        accounts::columns!(),
        " from bots b join accounts a on a.id = b.account
         where coalesce(b.owner, '') = $1
         order by a.login_key"
    );
    let owner = owner.map(|owner| owner.to_string()).unwrap_or_default();
    let rows = sqlx::query(sql).bind(owner).fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(accounts::read).collect()
}

pub async fn owner(connection: &mut Connection, bot: AccountId) -> Result<Option<Option<AccountId>>> {
    let sql = "select owner from bots where account = $1";
    let row = sqlx::query(sql).bind(bot.to_string()).fetch_optional(connection).await.map_err(failed)?;
    row.map(|row| row.parsed_or_none("owner")).transpose()
}
