//! One newtype for every kind of row, so that they cannot be mixed up.

crate::id!(
    /// A person, an organisation or a bot: whoever can own a repository or act.
    AccountId
);
crate::id!(
    /// A repository that we know.
    RepoId
);
crate::id!(
    /// A webhook as received.
    DeliveryId
);
crate::id!(
    /// What a delivery, a schedule, a person or a finished run means.
    EventId
);
crate::id!(
    /// What one rule decided about one event.
    ExecutionId
);
crate::id!(
    /// One task given to one stack.
    RunId
);
crate::id!(
    /// One execution of a run.
    AttemptId
);
crate::id!(
    /// One execution of a job that checks a commit.
    JobId
);
crate::id!(
    /// An effect as one run proposed it.
    EffectId
);
crate::id!(
    /// A request to people to decide on effects.
    ApprovalId
);
crate::id!(
    /// The application of one decided effect.
    WritebackId
);
crate::id!(
    /// What one run saw of a company brain.
    SnapshotId
);
crate::id!(
    /// An access token.
    TokenId
);
crate::id!(
    /// A secret that people named for their stacks.
    SecretId
);
crate::id!(
    /// What was agreed to of an MCP server's tools.
    PinId
);
crate::id!(
    /// That a stack may use a secret.
    GrantId
);
crate::id!(
    /// A profile of a model that an administrator set up.
    ProfileId
);
crate::id!(
    /// One call of a model.
    CallId
);
