//! Reading columns into our types, and database errors into errors for people.

use std::fmt::Display;
use std::str::FromStr;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;

/// Columns as our types. A column that does not hold what we once wrote is our own fault, never the reader's.
pub trait Row {
    /// A text column that parses: an id, a name, a word of an enum.
    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T>;
    /// A text column that parses, or null.
    fn parsed_or_none<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>>;
    /// A text column.
    fn text(&self, column: &str) -> Result<String>;
    /// A text column, or null.
    fn text_or_none(&self, column: &str) -> Result<Option<String>>;
    /// A `bigint` column.
    fn number(&self, column: &str) -> Result<i64>;
    /// A `bigint` column, or null.
    fn number_or_none(&self, column: &str) -> Result<Option<i64>>;
    /// A `double precision` column.
    fn real(&self, column: &str) -> Result<f64>;
    /// A `smallint` column that holds 0 or 1.
    fn flag(&self, column: &str) -> Result<bool>;
    /// A time in microseconds.
    fn time(&self, column: &str) -> Result<Timestamp>;
    /// A time in microseconds, or null.
    fn time_or_none(&self, column: &str) -> Result<Option<Timestamp>>;
    /// A column of bytes.
    fn bytes(&self, column: &str) -> Result<Vec<u8>>;
    /// A text column that holds JSON.
    fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T>;
}

impl Row for AnyRow {
    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T> {
        let text = self.text(column)?;
        text.parse().map_err(|error| Error::internal(format!("Column `{column}` holds `{text}`: {error}")))
    }

    fn parsed_or_none<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>> {
        let Some(text) = self.text_or_none(column)? else { return Ok(None) };
        let parsed =
            text.parse().map_err(|error| Error::internal(format!("Column `{column}` holds `{text}`: {error}")));
        parsed.map(Some)
    }

    fn text(&self, column: &str) -> Result<String> {
        self.try_get(column).context("Cannot read a text column")
    }

    fn text_or_none(&self, column: &str) -> Result<Option<String>> {
        self.try_get(column).context("Cannot read a text column")
    }

    fn number(&self, column: &str) -> Result<i64> {
        self.try_get(column).context("Cannot read a number column")
    }

    fn number_or_none(&self, column: &str) -> Result<Option<i64>> {
        self.try_get(column).context("Cannot read a number column")
    }

    fn real(&self, column: &str) -> Result<f64> {
        self.try_get(column).context("Cannot read a number column")
    }

    fn flag(&self, column: &str) -> Result<bool> {
        let value: i16 = match self.try_get::<i64, _>(column) {
            Ok(value) => i16::from(value != 0),
            Err(_) => self.try_get(column).context("Cannot read a flag column")?,
        };
        Ok(value != 0)
    }

    fn time(&self, column: &str) -> Result<Timestamp> {
        self.number(column).map(Timestamp)
    }

    fn time_or_none(&self, column: &str) -> Result<Option<Timestamp>> {
        Ok(self.number_or_none(column)?.map(Timestamp))
    }

    fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        self.try_get(column).context("Cannot read a bytes column")
    }

    fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).context("A JSON column does not hold what was written")
    }
}

/// A statement failed for a reason that the reader cannot mend.
pub fn failed(error: sqlx::Error) -> Error {
    Error::internal("A database statement failed").source(error)
}

/// The name of the constraint that a statement broke; SQLite names the columns instead, as `table.column`.
pub fn broken_constraint(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?;
    if !(error.is_unique_violation() || error.is_check_violation() || error.is_foreign_key_violation()) {
        return None;
    }
    Some(error.constraint().map_or_else(|| error.message().to_owned(), str::to_owned))
}
