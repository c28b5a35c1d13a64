# Files, directories, certificates: what went wrong with them and what to do.
