//! Transcripts: lines of a server in, lines and facts of the session out.
