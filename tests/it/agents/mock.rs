//! The built-in agent against a model mock that others wrote.
