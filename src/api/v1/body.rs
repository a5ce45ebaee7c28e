//! JSON bodies: an unknown field is ignored, a wrong one is 422 and named.

use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::v1::refusal::Refusal;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// A body of JSON. No body at all is an empty object.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let status = rejection.into_response().status();
            let large = status == StatusCode::PAYLOAD_TOO_LARGE;
            let kind = if large { ErrorKind::TooLarge } else { ErrorKind::Malformed };
            Error::new(kind, "Cannot read the body of the request")
        })?;
        Ok(Self(read(&bytes)?))
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let text = if bytes.trim_ascii().is_empty() { b"{}" } else { bytes };
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| Error::invalid(format!("The body is not JSON: {}", visible_line(&error.to_string(), 200))))?;
    T::deserialize(&value).map_err(|error| wrong(&value, &error.to_string(), |value| T::deserialize(value).err()))
}

/// Names the field at fault: the one without which there would be no fault, or another one.
fn wrong(value: &Value, says: &str, try_again: impl Fn(&Value) -> Option<serde_json::Error>) -> Error {
    let mut at_fault = None;
    if let Value::Object(fields) = value {
        at_fault = fields.keys().find(|field| {
            let mut without = fields.clone();
            without.shift_remove(*field);
            try_again(&Value::Object(without)).is_none_or(|error| error.to_string() != says)
        });
    }
    let says = visible_line(says, 200);
    match at_fault {
        Some(field) => Error::invalid(format!("`{}` is wrong: {says}", visible_line(field, 60))).field(field.clone()),
        None => Error::invalid(format!("The body is wrong: {says}")),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    struct Wanted {
        title: String,
        closed: Option<bool>,
    }

    fn told(text: &str) -> Result<Wanted, String> {
        read(text.as_bytes()).map_err(|error: Error| error.message().to_owned())
    }

    #[test]
    fn a_wrong_field_is_named_and_an_unknown_one_ignored() {
        let read = told(r#"{"title": "a", "closed": true, "other": 1}"#).unwrap();
        assert_eq!((read.title.as_str(), read.closed), ("a", Some(true)));
        let wrong = told(r#"{"title": "a", "closed": "yes"}"#).unwrap_err();
        assert_eq!(wrong, "`closed` is wrong: invalid type: string \"yes\", expected a boolean");
        assert_eq!(told("").unwrap_err(), "The body is wrong: missing field `title`");
        assert!(told("{").unwrap_err().starts_with("The body is not JSON"));
        assert!(told("[]").is_err());
    }
}
