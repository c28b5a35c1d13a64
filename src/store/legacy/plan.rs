//! What becomes of each of the seed's rows. Pure: rows in, a plan out.
//!
//! **Accounts.** The first row of a name makes the account. A further row of the same name with the same password is one
//! more address; with another password it is kept. Names that our rules refuse, that differ from an account's only in case
//! or form, or that are the correspondent's own are kept.
//!
//! **Exchanges.** A row with an understandable date and type becomes a message, whatever else is odd about it. A client
//! without an account speaks as a guest does: in the record, in nobody's history. The server's rows do not say to whom they
//! were said: the partner is the client of the same second, else the one who spoke last before, else the first behind.
//!
//! **Passwords** are Base64 only if every row's is, for the whole table, unless an option decides.

use std::collections::HashMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::super::{PrepareOptions, SeedPasswords};
use super::hash::Password;
use super::tables::{AccountRow, Cell, ExchangeRow, SeedRows};
use crate::chat::policy;
use crate::proto::names::AccountName;
use crate::proto::time::Timestamp;

/// The most characters of a name or an address in the table `event`.
const SHORT_TEXT_CHARS_MAX: usize = 255;

/// Python writes canonical Base64; bits that mean nothing are of no interest.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// What becomes of everything.
pub struct Plan {
    /// How the passwords were read.
    pub passwords_were_base64: bool,
    /// The accounts to make.
    pub accounts: Vec<NewAccount>,
    /// The messages, by rising time; those of the same second stay in the table's order.
    pub exchanges: Vec<Exchange>,
    /// What was not understood wholly.
    pub kept: Vec<Kept>,
}

/// An account to make.
#[derive(Debug)]
pub struct NewAccount {
    /// Its name.
    pub name: AccountName,
    /// Its password.
    pub password: Password,
    /// Its addresses, as they are compared.
    pub addresses: Vec<String>,
}

/// Who speaks, or is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The server.
    Server,
    /// A client with an account.
    Account {
        /// Which of the plan's accounts.
        at: usize,
        /// The name as the row writes it.
        name: String,
    },
    /// A client without one.
    Guest {
        /// The name as the row writes it.
        name: String,
    },
}

/// A message.
#[derive(Debug)]
pub struct Exchange {
    /// The number of its row.
    pub number: u64,
    /// Its date.
    pub time: Timestamp,
    /// Who said it.
    pub speaker: Who,
    /// To whom; nobody when the table names no client at all.
    pub partner: Option<Who>,
    /// The address, or the server's name.
    pub address: String,
    /// The port; 0 when it is not one.
    pub port: u16,
    /// What was said.
    pub text: String,
}

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `authentification`.
    Authentification,
    /// `connexion`.
    Connexion,
}

impl Source {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Authentification => "authentification",
            Self::Connexion => "connexion",
        }
    }
}

/// A row for the table `legacy_row`.
#[derive(Debug)]
pub struct Kept {
    /// From which table.
    pub source: Source,
    /// From 1 on.
    pub number: u64,
    /// Why, as part of a sentence.
    pub reason: String,
    /// The password, for rows that did not become an account's.
    pub password: Option<Password>,
    /// `id` or `type`.
    pub name: Cell,
    /// `ip`.
    pub ip: Cell,
    /// `date_time`.
    pub date_time: Cell,
    /// `port`.
    pub port: Cell,
    /// `donnée`.
    pub data: Cell,
}

impl Plan {
    /// Every password that has to be hashed.
    pub fn passwords(&self) -> Vec<Password> {
        let kept = self.kept.iter().filter_map(|kept| kept.password.as_ref());
        self.accounts.iter().map(|account| &account.password).chain(kept).cloned().collect()
    }
}

/// Decides about all rows.
pub fn plan(rows: &SeedRows, options: &PrepareOptions) -> Plan {
    let passwords_were_base64 = match options.seed_passwords {
        SeedPasswords::Base64 => true,
        SeedPasswords::Plain => false,
        SeedPasswords::Detect => {
            let is_base64 = |row: &AccountRow| row.mdp.bytes().is_none_or(|mdp| BASE64.decode(mdp).is_ok());
            !rows.accounts.is_empty() && rows.accounts.iter().all(is_base64)
        }
    };
    let mut accounts =
        Accounts { options, are_base64: passwords_were_base64, made: Vec::new(), by_name: HashMap::new() };
    let mut kept = Vec::new();
    for (number, row) in (1..).zip(&rows.accounts) {
        let (reasons, password) = accounts.judge(row);
        if !reasons.is_empty() {
            kept.push(Kept {
                source: Source::Authentification,
                number,
                reason: format!("{} {}", row.id.text().unwrap_or_default(), reasons.join("; ")),
                password,
                name: row.id.clone(),
                ip: row.ip.clone(),
                date_time: Cell::default(),
                port: Cell::default(),
                data: Cell::default(),
            });
        }
    }
    let (exchanges, odd) = exchanges(&rows.exchanges, &accounts);
    kept.extend(odd);
    Plan { passwords_were_base64, accounts: accounts.made, exchanges, kept }
}

struct Accounts<'a> {
    options: &'a PrepareOptions,
    are_base64: bool,
    made: Vec<NewAccount>,
    by_name: HashMap<AccountName, usize>,
}

impl Accounts<'_> {
    /// Makes an account or adds to one. What is odd about the row, and its password if it did not become an account's.
    fn judge(&mut self, row: &AccountRow) -> (Vec<String>, Option<Password>) {
        let Some(mdp) = row.mdp.bytes() else { return (vec!["has no password: no account".to_owned()], None) };
        let refuse = |why: String, bytes: &[u8]| (vec![why], Some(Password::of_row(bytes)));
        let decoded = if self.are_base64 { BASE64.decode(mdp).ok() } else { Some(mdp.to_vec()) };
        let Some(password) = decoded else {
            return refuse("has a password that is not Base64: no account".to_owned(), mdp);
        };
        let name = match row.id.exact_text().map(AccountName::new) {
            Some(Ok(name)) => name,
            Some(Err(error)) => return refuse(format!("cannot be an account's name ({error}): no account"), &password),
            None => return refuse("has a name that is not text: no account".to_owned(), &password),
        };
        if name == self.options.correspondent {
            return refuse("is the name of the server itself: no account".to_owned(), &password);
        }
        let mut odd = Vec::new();
        let address = row.ip.exact_text().and_then(|ip| policy::parse_address(ip.trim()));
        if address.is_none() {
            let ip = row.ip.text().unwrap_or_default();
            odd.push(format!("has the address {ip:?}, which is none: its password is accepted from nowhere by it"));
        }
        match self.by_name.get(&name).and_then(|at| self.made.get_mut(*at)) {
            Some(known) if known.name.as_str() != name.as_str() => {
                return refuse(format!("differs from {} only in case or form: no account", known.name), &password);
            }
            Some(known) if !known.password.is(&password) => {
                return refuse("has a second password here: the first one counts".to_owned(), &password);
            }
            Some(known) => known.addresses.extend(address.filter(|address| !known.addresses.contains(address))),
            None => {
                if std::str::from_utf8(&password).is_err() {
                    odd.push("has a password that is not text: nobody can type it, set a new one".to_owned());
                } else if password.is_empty() {
                    odd.push("has an empty password: nobody can log in by it, set a new one".to_owned());
                }
                self.by_name.insert(name.clone(), self.made.len());
                let addresses = address.into_iter().collect();
                self.made.push(NewAccount { name, password: Password::of_account(&password), addresses });
            }
        }
        (odd, None)
    }

    fn who(&self, name: String) -> Who {
        let account = AccountName::new(&name).ok().and_then(|name| self.by_name.get(&name));
        match account {
            Some(at) => Who::Account { at: *at, name },
            None => Who::Guest { name },
        }
    }
}

fn exchanges(rows: &[ExchangeRow], accounts: &Accounts<'_>) -> (Vec<Exchange>, Vec<Kept>) {
    let mut exchanges = Vec::new();
    let mut reasons: HashMap<u64, Vec<String>> = HashMap::new();
    for (number, row) in (1..).zip(rows) {
        let mut odd = Vec::new();
        match exchange(number, row, accounts, &mut odd) {
            Ok(exchange) => exchanges.push(exchange),
            Err(why) => odd.push(format!("{why}: kept as it is")),
        }
        if !odd.is_empty() {
            reasons.insert(number, odd);
        }
    }
    exchanges.sort_by_key(|exchange: &Exchange| exchange.time);
    find_partners(&mut exchanges);
    for exchange in exchanges.iter().filter(|exchange| exchange.partner.is_none()) {
        reasons.entry(exchange.number).or_default().push("the table names no client to whom it was said".to_owned());
    }
    let kept = (1..).zip(rows).filter_map(|(number, row)| {
        let reasons = reasons.remove(&number)?;
        Some(Kept {
            source: Source::Connexion,
            number,
            reason: reasons.join("; "),
            password: None,
            name: row.kind.clone(),
            ip: row.ip.clone(),
            date_time: row.date_time.clone(),
            port: row.port.clone(),
            data: row.data.clone(),
        })
    });
    let kept = kept.collect();
    (exchanges, kept)
}

/// A row as a message. What is odd about it but does not prevent that goes to `odd`.
fn exchange(
    number: u64,
    row: &ExchangeRow,
    accounts: &Accounts<'_>,
    odd: &mut Vec<String>,
) -> Result<Exchange, &'static str> {
    let moment = row.moment.as_ref().ok_or("its date is not of the form dd/mm/yyyy hh:mm:ss")?;
    if moment.time > accounts.options.now {
        return Err("its date lies in the future");
    }
    let kind = row.kind.text().unwrap_or_default();
    let speaker = match kind.strip_prefix("client_") {
        Some(name) => accounts.who(name.to_owned()),
        None if kind == "serveur" => Who::Server,
        None => return Err("its type is neither serveur nor client_<name>"),
    };
    let address = row.ip.text().unwrap_or_default();
    if kind.chars().count() > SHORT_TEXT_CHARS_MAX || address.chars().count() > SHORT_TEXT_CHARS_MAX {
        return Err("its type or its address is too long");
    }
    if let Who::Guest { name } = &speaker {
        odd.push(format!("{name:?} has no account: in the record, in nobody's history"));
    }
    if row.date_time.exact_text() != Some(moment.shown.as_str()) {
        odd.push(format!("its date is shown as {}", moment.shown));
    }
    let port =
        row.port.exact_text().and_then(|port| port.parse().ok().filter(|number: &u16| number.to_string() == port));
    if port.is_none() {
        odd.push("its port is no port: shown as 0".to_owned());
    }
    for (cell, what) in [(&row.kind, "type"), (&row.ip, "address"), (&row.data, "text")] {
        if cell.bytes().is_none() {
            odd.push(format!("its {what} is missing: shown as empty"));
        } else if cell.raw().is_some() {
            odd.push(format!("its {what} is not UTF-8: shown with replacements"));
        }
    }
    let partner = (speaker != Who::Server).then_some(Who::Server);
    let text = row.data.text().unwrap_or_default();
    Ok(Exchange { number, time: moment.time, speaker, partner, address, port: port.unwrap_or_default(), text })
}

/// To whom the server spoke.
fn find_partners(exchanges: &mut [Exchange]) {
    let client =
        |exchange: &Exchange| (exchange.speaker != Who::Server).then(|| (exchange.time, exchange.speaker.clone()));
    // For each exchange the next client behind it.
    let mut behind = vec![None; exchanges.len()];
    let mut next = None;
    for (at, exchange) in exchanges.iter().enumerate().rev() {
        behind[at].clone_from(&next);
        next = client(exchange).or(next);
    }
    let mut before: Option<(Timestamp, Who)> = None;
    for (exchange, behind) in exchanges.iter_mut().zip(behind) {
        if let Some(client) = client(exchange) {
            before = Some(client);
            continue;
        }
        let is_now = |client: &&(Timestamp, Who)| client.0 == exchange.time;
        let (before, behind) = (before.as_ref(), behind.as_ref());
        let partner = before.filter(is_now).or(behind.filter(is_now)).or(before).or(behind);
        exchange.partner = partner.map(|(_, who)| who.clone());
    }
}
