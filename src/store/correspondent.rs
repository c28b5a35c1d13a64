//! The account of "the server" as a correspondent: there from the start, and nobody can log in as it.

use super::chain::ChainKey;
use super::record::{self, Head};
use super::session::{Access, Clerk, Session};
use super::value::values;
use super::{PrepareOptions, StoreError};
use crate::chat::event::{AccountId, Author, AuthorKind, Credentials, Event, Place, Record};
use crate::proto::names::AccountName;
use crate::proto::time::Timestamp;

/// Makes the account when it is missing.
pub async fn ensure<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    options: &PrepareOptions,
) -> Result<(), StoreError> {
    clerk.session.begin(Access::Write).await?;
    let result = ensure_within(clerk, key, options).await;
    clerk.finish(result).await
}

async fn ensure_within<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    options: &PrepareOptions,
) -> Result<(), StoreError> {
    // Reading the head first makes a second server that starts at the same time wait here.
    let head = Head::read(clerk, Access::Write).await?;
    let name = &options.correspondent;
    let sql = "SELECT argon2 IS NOT NULL OR deleted_at IS NOT NULL FROM account WHERE name_folded = ?";
    let known = clerk.query_row(sql, values![name.folded().as_str()]).await?;
    match known.map(|mut row| row.number()).transpose()? {
        None => {
            let time = options.now.max(head.time);
            let event = registration(&head, name, time);
            record::append(clerk, key, head, &[event]).await.map(drop)
        }
        Some(0) => Ok(()),
        Some(_) => Err(StoreError::Rejected(format!(
            "{name} is to be the server's own name, but a person is or was registered under it: choose another name"
        ))),
    }
}

/// The event that makes the account, behind `head`.
pub fn registration(head: &Head, name: &AccountName, time: Timestamp) -> Record {
    let account = AccountId(head.numbers.account + 1);
    // No credentials at all: an empty PHC string fits no password.
    let credentials = Box::new(Credentials { argon2: String::new(), scram: None });
    Record {
        seq: head.seq.next(),
        time,
        author: system(),
        place: Place::Server,
        target: name.as_str().to_owned(),
        idempotency_id: None,
        tags: String::new(),
        event: Event::AccountRegistered { account, name: name.clone(), credentials, address: None, invitation: None },
    }
}

/// The server itself as an author.
pub fn system() -> Author {
    Author {
        kind: AuthorKind::System,
        account: None,
        name: String::new(),
        operator: None,
        address: String::new(),
        port: 0,
    }
}
