//! The tokio shell around the rules: listeners, connections, the hub, hashing, configuration.
