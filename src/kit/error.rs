//! One error for the whole product: what a person reads, what a door answers, what the log keeps.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The result of every fallible verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Says what could not be done, to which thing, and what to do next.
///
/// `Display` shows the message alone. The source goes to the log, once, where the error is handled.
pub struct Error {
    kind: ErrorKind,
    code: &'static str,
    message: String,
    hints: Vec<String>,
    field: Option<String>,
    /// Seconds; 0 when it is not known. A whole duration would make every `Result` longer than a cache line or two.
    retry: u32,
    source: Option<Source>,
}

/// What sort of failure it was; a door turns it into a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input cannot be used: 422.
    Invalid,
    /// The request itself is malformed: 400.
    Malformed,
    /// No such thing, or not for this person to know: 404.
    NotFound,
    /// Known, but not allowed: 403.
    Denied,
    /// Nobody is signed in, or the credential is not good: 401.
    Unauthenticated,
    /// The thing is in another state than the request needs: 409.
    Conflict,
    /// More bytes than allowed: 413.
    TooLarge,
    /// Too many requests: 429.
    RateLimited,
    /// A quota is spent: 402.
    Quota,
    /// Not yet, or not on this machine: 503.
    Unavailable,
    /// Our own fault: 500. The reader sees a request id and nothing else.
    Internal,
}

impl Error {
    /// An error of this kind; the message says what could not be done, to which thing.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let (code, message) = (kind.code(), message.into());
        Self { kind, code, message, hints: Vec::new(), field: None, retry: 0, source: None }
    }

    /// Input that cannot be used.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A thing that does not exist, or that this person may not know of.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("There is no {what} here"))
    }

    /// A thing that the actor knows of but may not do.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Denied, message)
    }

    /// A request that needs the thing in another state.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// A failure of our own, or of a part that we use.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Names the machine-readable code, where the kind's own is too coarse.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// Adds a next step for the reader.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Names the input field that is at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says when it may be tried again: doors answer it as `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry = u32::try_from(wait.as_secs().max(1)).unwrap_or(u32::MAX);
        self
    }

    /// Keeps the cause for the log; it is never shown to the reader.
    #[must_use]
    pub fn source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind, for doors.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The machine-readable code.
    pub fn code_name(&self) -> &'static str {
        self.code
    }

    /// The sentence for the reader.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Next steps for the reader.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The input field at fault, if one is.
    pub fn field_name(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// When it may be tried again, if that is known.
    pub fn retry(&self) -> Option<Duration> {
        (self.retry > 0).then(|| Duration::from_secs(u64::from(self.retry)))
    }

    /// The whole chain of causes on one line, for the log.
    pub fn chain(&self) -> String {
        let mut line = self.message.clone();
        let mut next: Option<&dyn std::error::Error> = self.source.as_deref().map(|source| source as _);
        while let Some(cause) = next {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            next = cause.source();
        }
        line
    }
}

impl ErrorKind {
    fn code(self) -> &'static str {
        match self {
            Self::Invalid => "INVALID",
            Self::Malformed => "MALFORMED",
            Self::NotFound => "NOT_FOUND",
            Self::Denied => "POLICY_DENIED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Conflict => "CONFLICT",
            Self::TooLarge => "TOO_LARGE",
            Self::RateLimited => "RATE_LIMITED",
            Self::Quota => "QUOTA_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The HTTP status that doors answer with.
    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 422,
            Self::Malformed => 400,
            Self::NotFound => 404,
            Self::Denied => 403,
            Self::Unauthenticated => 401,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::RateLimited => 429,
            Self::Quota => 402,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.chain())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Turns a foreign error into an internal one, with a sentence about what we were doing.
pub trait Context<T> {
    /// The message is for the log; a person sees a request id.
    fn context(self, message: impl Into<Cow<'static, str>>) -> Result<T>;
}

impl<T, E: Into<Source>> Context<T> for std::result::Result<T, E> {
    fn context(self, message: impl Into<Cow<'static, str>>) -> Result<T> {
        self.map_err(|source| Error::internal(message.into()).source(source))
    }
}
