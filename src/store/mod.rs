//! SQL: one contract, SQLite and MariaDB/MySQL behind it.
