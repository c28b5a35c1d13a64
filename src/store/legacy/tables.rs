//! The seed's tables as they stand in a database: finding them, setting them aside, reading their rows.

use chrono::NaiveDateTime;

use super::super::StoreError;
use super::super::session::{Clerk, Session};
use super::super::value::{Value, values};
use crate::proto::time::Timestamp;

/// One of the seed's tables.
#[derive(Debug)]
pub struct Table {
    /// What the seed calls it, and now a view.
    pub name: &'static str,
    /// What it is called until it was taken over.
    pub aside: &'static str,
    /// How its columns begin; `donnée` has come through many encodings.
    columns: &'static [&'static str],
}

/// Both tables.
pub const THEIRS: [Table; 2] = [
    Table { name: "authentification", aside: "legacy_authentification", columns: &["id", "mdp", "ip"] },
    Table { name: "connexion", aside: "legacy_connexion", columns: &["date_time", "type", "ip", "port", "donn"] },
];

/// A column of a row: any bytes, or nothing at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell(Option<Vec<u8>>);

impl Cell {
    fn of(value: Value) -> Self {
        Self(match value {
            Value::Null => None,
            Value::Integer(number) => Some(number.to_string().into_bytes()),
            Value::Text(text) => Some(text.into_bytes()),
            Value::Bytes(bytes) => Some(bytes),
        })
    }

    /// Its bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }

    /// It as readable text; what is not UTF-8 is replaced.
    pub fn text(&self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// It as text, if that is what it is.
    pub fn exact_text(&self) -> Option<&str> {
        self.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// Its bytes, if they are not text.
    pub fn raw(&self) -> Option<&[u8]> {
        self.bytes().filter(|bytes| std::str::from_utf8(bytes).is_err())
    }
}

/// A row of `authentification`.
#[derive(Clone, Default)]
pub struct AccountRow {
    /// The name.
    pub id: Cell,
    /// The password, in clear or in Base64.
    pub mdp: Cell,
    /// The address.
    pub ip: Cell,
}

/// A row of `connexion`.
#[derive(Clone, Debug, Default)]
pub struct ExchangeRow {
    /// The date as it is written.
    pub date_time: Cell,
    /// The moment that it means, if it means any.
    pub moment: Option<Moment>,
    /// `serveur` or `client_<name>`.
    pub kind: Cell,
    /// The client's address or the server's name.
    pub ip: Cell,
    /// The port.
    pub port: Cell,
    /// What was said.
    pub data: Cell,
}

/// A date of the seed's, understood in the database's local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub time: Timestamp,
    /// How the view `connexion` will show it.
    pub shown: String,
}

/// All rows of both tables, in the order in which the database gives them.
#[derive(Clone, Default)]
pub struct SeedRows {
    /// Of `authentification`.
    pub accounts: Vec<AccountRow>,
    /// Of `connexion`.
    pub exchanges: Vec<ExchangeRow>,
}

async fn exists<S: Session>(clerk: &mut Clerk<S>, table: &str) -> Result<bool, StoreError> {
    let row = clerk.query_row(S::DIALECT.count_tables, values![table]).await?;
    Ok(row.map(|mut row| row.number()).transpose()?.unwrap_or_default() > 0)
}

/// The names of the columns of a table, in the order of [`Table::columns`].
async fn columns<S: Session>(clerk: &mut Clerk<S>, name: &str, table: &Table) -> Result<Vec<String>, StoreError> {
    let rows = clerk.session.query(S::DIALECT.table_columns, values![name]).await?;
    let mut there: Vec<String> = rows.into_iter().map(|mut row| row.text()).collect::<Result<_, _>>()?;
    let found = table.columns.iter().map(|wanted| {
        let is_wanted = |column: &String| match *wanted {
            "donn" => column.to_lowercase().starts_with("donn"),
            wanted => column.eq_ignore_ascii_case(wanted),
        };
        there.iter().position(is_wanted).map(|at| there.remove(at))
    });
    match found.collect::<Option<Vec<String>>>() {
        Some(found) if there.is_empty() => Ok(found),
        // Nothing may be lost, and nobody knows what is in other columns: a person must decide.
        _ => Err(StoreError::Rejected(format!(
            "the table {name} is not as the seed made it (other columns: {}): rename it, remove what is not the seed's, \
             or use another database",
            if there.is_empty() { "too few".to_owned() } else { there.join(", ") }
        ))),
    }
}

/// Gives the seed's tables other names, so that the views can have theirs. Nothing happens when they are not there.
pub async fn set_aside<S: Session>(clerk: &mut Clerk<S>) -> Result<(), StoreError> {
    for table in &THEIRS {
        if exists(clerk, table.name).await? {
            columns(clerk, table.name, table).await?;
            clerk.session.script(&format!("ALTER TABLE {} RENAME TO {};\n", table.name, table.aside)).await?;
        }
    }
    Ok(())
}

/// Reads what was set aside, if anything was.
pub async fn read<S: Session>(clerk: &mut Clerk<S>) -> Result<Option<SeedRows>, StoreError> {
    let mut seed = SeedRows::default();
    let mut found = false;
    for table in &THEIRS {
        if !exists(clerk, table.aside).await? {
            continue;
        }
        found = true;
        let names = columns(clerk, table.aside, table).await?;
        let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.replace('`', "``"))).collect();
        let sql = format!("SELECT {} FROM {}", names.join(", "), table.aside);
        let rows = clerk.session.query(&sql, Vec::new()).await?;
        for mut row in rows {
            let mut next = || Cell::of(row.value());
            if names.len() == 3 {
                seed.accounts.push(AccountRow { id: next(), mdp: next(), ip: next() });
            } else {
                let (date_time, kind, ip, port, data) = (next(), next(), next(), next(), next());
                seed.exchanges.push(ExchangeRow { date_time, moment: None, kind, ip, port, data });
            }
        }
    }
    for row in &mut seed.exchanges {
        row.moment = match row.date_time.exact_text().and_then(parse_date) {
            Some(date) => moment(clerk, date).await?,
            None => None,
        };
    }
    Ok(found.then_some(seed))
}

/// A date as the seed wrote it, `dd/mm/yyyy hh:mm:ss`; the same digits as SQL writes them.
fn parse_date(text: &str) -> Option<String> {
    let date = NaiveDateTime::parse_from_str(text.trim(), "%d/%m/%Y %H:%M:%S").ok()?;
    let date = date.format("%Y-%m-%d %H:%M:%S").to_string();
    // Years of other than four digits are no years.
    (date.len() == 19 && !date.starts_with('0')).then_some(date)
}

/// The database converts both ways, because its view will.
async fn moment<S: Session>(clerk: &mut Clerk<S>, local: String) -> Result<Option<Moment>, StoreError> {
    let row = clerk.query_row(S::DIALECT.utc_of_local, values![local]).await?;
    let Some(mut row) = row else { return Ok(None) };
    let (time, shown) = (row.optional_time()?, row.optional_text()?);
    Ok(time.zip(shown).map(|(time, shown)| Moment { time, shown }))
}
