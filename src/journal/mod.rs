//! The one order of events: group commit, then release.
