//! What both sides stand on: texts, paths, TLS, logs.
