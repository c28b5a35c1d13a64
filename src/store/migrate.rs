//! Bringing the tables up to date: numbered migrations, each applied once, in order, never changed once released.
//!
//! SQLite applies what is missing in one transaction. MariaDB and MySQL commit each statement by itself, so that their
//! migrations are written to be run again after a crash, and a lock keeps two servers apart.

use chrono::Utc;

use super::StoreError;
use super::legacy::tables;
use super::session::{Clerk, Session};
use super::value::values;
use crate::proto::time::Timestamp;

/// Applies the migrations that are missing; their names.
pub async fn migrate<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<String>, StoreError> {
    if check(clerk).await.is_ok() {
        // Whoever finds nothing to do needs no right to do it.
        return Ok(Vec::new());
    }
    clerk.session.lock_schema().await?;
    let result = migrate_locked(clerk, S::DIALECT.migrations).await;
    let unlocked = clerk.session.unlock_schema(result.is_ok()).await;
    let applied = result?;
    unlocked?;
    Ok(applied)
}

async fn migrate_locked<S: Session>(
    clerk: &mut Clerk<S>,
    migrations: &[(&'static str, &'static str)],
) -> Result<Vec<String>, StoreError> {
    let table = "CREATE TABLE IF NOT EXISTS schema_migration ( \
                 version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, applied_at DATETIME(3) NOT NULL);\n";
    clerk.session.script(table).await?;
    let row = clerk.query_row("SELECT MAX(version) FROM schema_migration", Vec::new()).await?;
    let found: u32 = row.map(|mut row| row.optional_small()).transpose()?.flatten().unwrap_or_default();
    let known = migrations.len() as u32;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    // The first migration makes views of the same names.
    tables::set_aside(clerk).await?;
    let mut applied = Vec::new();
    for (version, (name, statements)) in (1_u32..).zip(migrations).skip(found as usize) {
        clerk.session.script(statements).await?;
        let sql = "INSERT INTO schema_migration (version, name, applied_at) VALUES (?, ?, ?)";
        let now = Timestamp::from_millis(Utc::now().timestamp_millis());
        clerk.session.execute(sql, values![version, *name, now]).await?;
        applied.push((*name).to_owned());
    }
    Ok(applied)
}

/// Whether the tables are those that this program knows: nothing here brings them up to date.
pub async fn check<S: Session>(clerk: &mut Clerk<S>) -> Result<(), StoreError> {
    let known = S::DIALECT.migrations.len() as u32;
    let tables = clerk.query_row(S::DIALECT.count_tables, values!["schema_migration"]).await?;
    let found = match tables.map(|mut row| row.number()).transpose()? {
        Some(1..) => {
            let row = clerk.query_row("SELECT MAX(version) FROM schema_migration", Vec::new()).await?;
            row.map(|mut row| row.optional_small()).transpose()?.flatten().unwrap_or_default()
        }
        _ => 0,
    };
    match found {
        found if found > known => Err(StoreError::NewerSchema { found, known }),
        found if found < known => Err(StoreError::OlderSchema { found, known }),
        _ => Ok(()),
    }
}
