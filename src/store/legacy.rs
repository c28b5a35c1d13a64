//! Taking over a database that holds the seed's two tables, with nothing lost and no clear password left.
//!
//! The seed kept `authentification(id, mdp, ip)` and `connexion(date_time, type, ip, port, donnée)`: no keys, any bytes.
//! In the order in which it happens, so that a crash at any point leaves something that the next start goes on with:
//!
//! 1. The tables are set aside under other names ([`tables`]), because our views bear theirs.
//! 2. The migrations run.
//! 3. The rows are read, what becomes of each is decided ([`plan`]), and the passwords are hashed ([`hash`]), outside of
//!    any transaction because it takes long.
//! 4. One transaction writes accounts, history, `legacy_row` and the mark in `legacy_adoption`.
//! 5. The old tables are dropped, and what they leave in the files is removed: in SQLite the file is overwritten
//!    (`secure_delete`), rewritten (VACUUM) and its log carried over and emptied. MariaDB and MySQL delete the tables' own
//!    files; their binary logs and old backups are the administrator's.
//!
//! Adopted accounts are registered at the date of the oldest exchange, since the seed recorded no other.

mod hash;
mod plan;
pub mod tables;

use std::collections::HashMap;

use chrono::Utc;

use self::hash::Hashed;
use self::plan::{Exchange, Kept, NewAccount, Plan, Source, Who};
use self::tables::{SeedRows, THEIRS};
use super::chain::ChainKey;
use super::correspondent;
use super::queue::Queue;
use super::record::{self, Head};
use super::session::{Access, Clerk, Patience, Session};
use super::value::{Value, values};
use super::{Adoption, PrepareOptions, StoreError};
use crate::chat::event::{AccountId, Author, AuthorKind, Event, MessageKind, Place, Record, Seq};
use crate::proto::time::Timestamp;

/// The most events that are handed to the database at once.
const EVENTS_PER_STEP: usize = 1_024;
/// The most odd rows that are told one by one; all of them are in `legacy_row`.
const ODD_ROWS_TOLD_MAX: u64 = 1_000;

/// Takes over what was set aside, if anything was. What was done, if anything was.
pub async fn adopt<S: Session>(
    writer: &Queue<S>,
    patience: Patience,
    key: &ChainKey,
    options: &PrepareOptions,
) -> Result<Option<Adoption>, StoreError> {
    match writer.run(patience, |clerk| Box::pin(find(clerk))).await? {
        Found::Nothing => return Ok(None),
        Found::Adopted => {}
        Found::Rows(rows) => {
            let plan = plan::plan(&rows, options);
            let passwords = plan.passwords();
            let hashing = tokio::task::spawn_blocking(move || hash::hash_all(&passwords));
            let hashed = hashing.await.map_err(|_| StoreError::Rejected("hashing has failed".to_owned()))??;
            let (key, options) = (key.clone(), options.clone());
            let written = writer.run(patience, move |clerk| {
                Box::pin(async move {
                    clerk.session.begin(Access::Write).await?;
                    let result = write(clerk, &key, &options, &plan, &hashed).await;
                    clerk.finish(result).await
                })
            });
            written.await?;
        }
    }
    writer.run(patience, |clerk| Box::pin(clean_up(clerk))).await
}

/// What stands in the database of the seed.
enum Found {
    /// Nothing, or it was all done earlier.
    Nothing,
    /// Its rows, not taken over yet.
    Rows(SeedRows),
    /// What is left to clean up.
    Adopted,
}

async fn find<S: Session>(clerk: &mut Clerk<S>) -> Result<Found, StoreError> {
    // Another server may be dropping the tables.
    clerk.session.lock_schema().await?;
    let found = find_locked(clerk).await;
    let unlocked = clerk.session.unlock_schema(found.is_ok()).await;
    let found = found?;
    unlocked?;
    Ok(found)
}

async fn find_locked<S: Session>(clerk: &mut Clerk<S>) -> Result<Found, StoreError> {
    let adopted = clerk.query_row("SELECT cleaned_at FROM legacy_adoption WHERE id = 1", Vec::new()).await?;
    match adopted.map(|mut row| row.optional_time()).transpose()? {
        Some(Some(_)) => Ok(Found::Nothing),
        Some(None) => Ok(Found::Adopted),
        None => Ok(tables::read(clerk).await?.map_or(Found::Nothing, Found::Rows)),
    }
}

/// Writes everything down within a transaction, unless another server has done it meanwhile.
async fn write<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    options: &PrepareOptions,
    plan: &Plan,
    hashed: &Hashed,
) -> Result<(), StoreError> {
    // Reading the head first makes another server wait here.
    let head = Head::read(clerk, Access::Write).await?;
    if clerk.query_row("SELECT id FROM legacy_adoption", Vec::new()).await?.is_some() {
        return Ok(());
    }
    if head.seq != Seq(0) {
        let text = format!(
            "the tables {} and {} are to be taken over, but the record holds events already: use another database",
            THEIRS[0].aside, THEIRS[1].aside
        );
        return Err(StoreError::Rejected(text));
    }
    let records = Writing::new(options, plan).records(&head, hashed);
    let first_exchange = records.len() - plan.exchanges.len();
    for step in records.chunks(EVENTS_PER_STEP) {
        let head = Head::read(clerk, Access::Write).await?;
        record::append(clerk, key, head, step).await?;
    }
    let numbers = plan.exchanges.iter().map(|exchange| exchange.number);
    let seqs: HashMap<u64, Seq> = numbers.zip(records[first_exchange..].iter().map(|record| record.seq)).collect();
    let rows = (1_u64..).zip(&plan.kept).map(|(id, kept)| {
        let seq = seqs.get(&kept.number).filter(|_| kept.source == Source::Connexion);
        legacy_row(id, kept, seq.copied(), hashed)
    });
    let columns = "id, source, source_row, reason, seq, name, mdp, ip, date_time, port, data, \
                   raw_name, raw_ip, raw_date_time, raw_port, raw_data";
    clerk.insert(&format!("INSERT INTO legacy_row ({columns})"), rows.collect()).await?;
    let sql = "INSERT INTO legacy_adoption (id, adopted_at, accounts, exchanges, passwords_were_base64) \
               VALUES (1, ?, ?, ?, ?)";
    let (accounts, exchanges) = (plan.accounts.len() as u64, plan.exchanges.len() as u64);
    let values = values![options.now, accounts, exchanges, i64::from(plan.passwords_were_base64)];
    clerk.session.execute(sql, values).await?;
    Ok(())
}

fn legacy_row(id: u64, kept: &Kept, seq: Option<Seq>, hashed: &Hashed) -> Vec<Value> {
    let mdp = kept.password.as_ref().and_then(|password| hashed.argon2(password));
    let port: Option<i64> = kept.port.text().and_then(|port| port.trim().parse().ok());
    values![
        id,
        kept.source.word(),
        kept.number,
        kept.reason.as_str(),
        seq,
        kept.name.text(),
        mdp,
        kept.ip.text(),
        kept.date_time.text(),
        port,
        kept.data.text(),
        kept.name.raw(),
        kept.ip.raw(),
        kept.date_time.raw(),
        // A port that is not a number would be lost otherwise.
        kept.port.raw().or_else(|| kept.port.bytes().filter(|_| port.is_none())),
        kept.data.raw(),
    ]
}

/// Turns a plan into events.
struct Writing<'a> {
    options: &'a PrepareOptions,
    plan: &'a Plan,
    /// The date of everything that has none.
    start: Timestamp,
}

impl<'a> Writing<'a> {
    /// The correspondent is the first account, those of the plan follow.
    const CORRESPONDENT: AccountId = AccountId(1);

    fn new(options: &'a PrepareOptions, plan: &'a Plan) -> Self {
        let oldest = plan.exchanges.first().map(|exchange| exchange.time);
        Self { options, plan, start: oldest.unwrap_or(options.now) }
    }

    fn account(at: usize) -> AccountId {
        AccountId(Self::CORRESPONDENT.0 + 1 + at as u64)
    }

    /// Accounts first, then the exchanges in their order.
    fn records(&self, head: &Head, hashed: &Hashed) -> Vec<Record> {
        let mut records = vec![correspondent::registration(head, &self.options.correspondent, self.start)];
        for (at, account) in self.plan.accounts.iter().enumerate() {
            records.extend(self.account_records(Self::account(at), account, hashed));
        }
        records.extend(self.plan.exchanges.iter().map(|exchange| self.exchange_record(exchange)));
        for (seq, record) in (head.seq.0 + 1..).zip(&mut records) {
            record.seq = Seq(seq);
        }
        records
    }

    fn account_records(&self, account: AccountId, new: &NewAccount, hashed: &Hashed) -> Vec<Record> {
        let name = &new.name;
        let mut addresses = new.addresses.iter().cloned();
        let credentials = Box::new(hashed.credentials(&new.password));
        let registered = Event::AccountRegistered {
            account,
            name: name.clone(),
            credentials,
            address: addresses.next(),
            invitation: None,
        };
        let more = addresses.map(|address| Event::AddressAllowed { account, address });
        let events = std::iter::once(registered).chain(more);
        let record = |event| Record {
            seq: Seq(0),
            time: self.start,
            author: correspondent::system(),
            place: Place::Server,
            target: name.as_str().to_owned(),
            idempotency_id: None,
            tags: String::new(),
            event,
        };
        events.map(record).collect()
    }

    fn exchange_record(&self, exchange: &Exchange) -> Record {
        let server = self.options.correspondent.as_str();
        let name_of = |who: &Who| match who {
            Who::Server => server.to_owned(),
            Who::Account { name, .. } | Who::Guest { name } => name.clone(),
        };
        let account_of = |who: &Who| match who {
            Who::Server => Some(Self::CORRESPONDENT),
            Who::Account { at, .. } => Some(Self::account(*at)),
            Who::Guest { .. } => None,
        };
        let speaker = &exchange.speaker;
        let partner = exchange.partner.as_ref();
        let accounts = (account_of(speaker), partner.and_then(account_of));
        Record {
            seq: Seq(0),
            time: exchange.time,
            author: Author {
                kind: match speaker {
                    Who::Server => AuthorKind::Server,
                    Who::Account { .. } => AuthorKind::Account,
                    Who::Guest { .. } => AuthorKind::Guest,
                },
                account: account_of(speaker),
                name: name_of(speaker),
                operator: None,
                address: exchange.address.clone(),
                port: exchange.port,
            },
            place: match accounts {
                (Some(one), Some(other)) => Place::direct(one, other),
                _ => Place::Unlisted,
            },
            target: partner.map(name_of).unwrap_or_default(),
            idempotency_id: None,
            tags: String::new(),
            event: Event::Message { kind: MessageKind::Privmsg, text: exchange.text.clone() },
        }
    }
}

/// Removes the old tables and their traces; then tells what was taken over.
async fn clean_up<S: Session>(clerk: &mut Clerk<S>) -> Result<Option<Adoption>, StoreError> {
    clerk.session.lock_schema().await?;
    let drops: String = THEIRS.iter().map(|table| format!("DROP TABLE IF EXISTS {};\n", table.aside)).collect();
    let dropped = clerk.session.script(&drops).await;
    let unlocked = clerk.session.unlock_schema(dropped.is_ok()).await;
    dropped?;
    unlocked?;
    clerk.session.scrub().await?;
    let now = Timestamp::from_millis(Utc::now().timestamp_millis());
    clerk.session.execute("UPDATE legacy_adoption SET cleaned_at = ? WHERE id = 1", values![now]).await?;

    let sql = "SELECT accounts, exchanges, passwords_were_base64 FROM legacy_adoption WHERE id = 1";
    let Some(mut row) = clerk.query_row(sql, Vec::new()).await? else { return Ok(None) };
    let mut adoption = Adoption {
        accounts: row.number()?,
        exchanges: row.number()?,
        passwords_were_base64: row.number()? != 0,
        odd_rows: Vec::new(),
    };
    let sql = "SELECT source, source_row, reason FROM legacy_row ORDER BY id LIMIT ?";
    for mut row in clerk.session.query(sql, values![ODD_ROWS_TOLD_MAX]).await? {
        adoption.odd_rows.push(format!("{}, row {}: {}", row.text()?, row.number()?, row.text()?));
    }
    let row = clerk.query_row("SELECT COUNT(*) FROM legacy_row", Vec::new()).await?;
    let all = row.map(|mut row| row.number()).transpose()?.unwrap_or_default();
    if all > ODD_ROWS_TOLD_MAX {
        adoption.odd_rows.push(format!("and {} more in the table legacy_row", all - ODD_ROWS_TOLD_MAX));
    }
    Ok(Some(adoption))
}
