//! Everything else that a server says: members, topics, modes, numerics, standard replies.

use super::batch::PageLine;
use super::fact::{Fact, Inspected, LoginFailureKind, Refusal, RefusalRow, ReplyKind, Report, SessionRow};
use super::speech::{clean, place_of};
use super::{NICK_ATTEMPTS_MAX, Opening, Output, Phase, Session};
use crate::client::connection::{LoginStep, Proof};
use crate::client::event::Moment;
use crate::proto::caps::Cap;
use crate::proto::message::{Line, Message};
use crate::proto::modes::{ModeChange, parse_modes};
use crate::proto::names::NICK_BYTES_MAX;
use crate::proto::time::Timestamp;

/// How many changes of one MODE line are looked at; no server sends more.
const MODE_CHANGES_MAX: usize = 64;
/// The numerics that answer WHOIS, with the sentences that say what is in them.
const WHOIS: &[(&str, &str)] = &[
    ("276", "whois-other"),
    ("301", "whois-away"),
    ("307", "whois-other"),
    ("311", "whois-name"),
    ("312", "whois-server"),
    ("313", "whois-other"),
    ("317", "whois-idle"),
    ("319", "whois-channels"),
    ("320", "whois-other"),
    ("330", "whois-account"),
    ("335", "whois-other"),
    ("338", "whois-address"),
    ("378", "whois-other"),
    ("379", "whois-other"),
    ("671", "whois-secure"),
];

impl Session {
    /// Any command but those that [`Session::receive`] knows by itself.
    pub(super) fn other(&mut self, command: &str, message: &Message<'_>, now: Moment, out: &mut Output) {
        if let Some(reference) = message.tag("batch").filter(|reference| self.batches.is_page(reference)) {
            // Joins and the like in a page of history.
            let place = place_of(message, now.time);
            return self.batches.push(&reference, PageLine::Other, place);
        }
        let params = message.params();
        let first = params.first().copied().unwrap_or_default();
        let last = params.last().copied().unwrap_or_default();
        let who = message.source.map_or("", |source| source.name).to_owned();
        match command {
            "JOIN" => self.joined(message, out),
            "PART" => self.left(first, &who, None, params.get(1).copied().unwrap_or_default(), out),
            "KICK" => {
                let reason = params.get(2).copied().unwrap_or_default();
                self.left(first, params.get(1).copied().unwrap_or_default(), Some(who), reason, out);
            }
            "QUIT" => out.facts.push(Fact::Quit { nick: who, reason: clean(first) }),
            "NICK" => self.renamed(&who, first, out),
            "AWAY" => out.facts.push(Fact::Away { nick: who, is_away: !first.is_empty() }),
            "TOPIC" => {
                out.facts.push(Fact::Topic { channel: first.to_owned(), topic: clean(last), by: Some(who) });
            }
            "MODE" => {
                if self.is_own_nick(first) {
                    self.is_operator = changed_operator(params.get(1).copied().unwrap_or_default(), self.is_operator);
                }
                let ranks = match params {
                    [channel, words @ ..] if self.isupport.is_channel(channel) => self.rank_changes(words),
                    _ => Vec::new(),
                };
                let text = clean(&params.get(1..).unwrap_or_default().join(" "));
                out.facts.push(Fact::Modes { target: first.to_owned(), by: who, text, ranks });
            }
            "MARKREAD" => {
                let until = params.get(1).and_then(|word| word.strip_prefix("timestamp=")).and_then(Timestamp::parse);
                out.facts.push(Fact::ReadMarker { target: first.to_owned(), until });
            }
            "RENAME" => {
                let to = params.get(1).copied().unwrap_or_default();
                if !to.is_empty() {
                    out.facts.push(Fact::ChannelRenamed { from: first.to_owned(), to: to.to_owned() });
                }
            }
            "FAIL" => self.failed(message, out),
            "WARN" | "NOTE" => self.noted(params, out),
            "DEVICE" => {
                if let ["ADD", _, token, ..] = params {
                    out.facts.push(Fact::Token((*token).to_owned()));
                }
            }
            // The operator's commands answer by it; `account-notify` uses it too, and says nothing that is shown.
            "ACCOUNT" | "BAN" | "CHANNEL" | "INVITATION" => {
                if matches!(first, "CODE" | "ENTRY" | "END" | "DONE" | "MEMBER" | "MASK") {
                    out.facts.push(Fact::Reply { kind: ReplyKind::Answer, text: clean(&params[1..].join(" ")) });
                }
            }
            "INSPECT" => out.facts.extend(inspected(params).map(Fact::Inspected)),
            "REPORT" => reported(params, out),
            "INVITE" => out.facts.push(Fact::Invited { by: who, channel: clean(last) }),
            "WALLOPS" => {
                let text = clean(&format!("{who}: {last}"));
                out.facts.push(Fact::Reply { kind: ReplyKind::Answer, text });
            }
            "ACK" => {
                if let Some(label) = message.tag("label") {
                    out.facts.push(Fact::Accepted { label: label.into_owned() });
                }
            }
            "ERROR" => out.facts.push(Fact::Closing { reason: clean(last) }),
            _ if command.as_bytes()[0].is_ascii_digit() => self.numeric(command, message, now, out),
            _ => {}
        }
    }

    /// The changes of rank among the words behind a MODE line's target.
    fn rank_changes(&self, words: &[&str]) -> Vec<(char, bool, String)> {
        let kind = |letter| self.isupport.channel_mode_kind(letter);
        let request = parse_modes(words, kind, MODE_CHANGES_MAX);
        let rank = |change: ModeChange| Some((self.isupport.sign_of(change.letter)?, change.is_set, change.param?));
        request.changes.into_iter().filter_map(rank).collect()
    }

    fn joined(&mut self, message: &Message<'_>, out: &mut Output) {
        let (Some(channel), Some(source)) = (message.param(0), message.source) else { return };
        let is_own = self.is_own_nick(source.name);
        if is_own && let (Some(user), Some(host)) = (source.user, source.host) {
            self.mask = Some(format!("{user}@{host}"));
        }
        out.facts.push(Fact::Joined { channel: channel.to_owned(), nick: source.name.to_owned(), is_own });
    }

    fn left(&mut self, channel: &str, nick: &str, by: Option<String>, reason: &str, out: &mut Output) {
        let is_own = self.is_own_nick(nick);
        let (channel, nick) = (channel.to_owned(), nick.to_owned());
        out.facts.push(Fact::Left { channel, nick, by, reason: clean(reason), is_own });
    }

    fn renamed(&mut self, from: &str, to: &str, out: &mut Output) {
        if to.is_empty() {
            return;
        }
        let is_own = self.is_own_nick(from);
        if is_own {
            to.clone_into(&mut self.nick);
        }
        out.facts.push(Fact::Renamed { from: from.to_owned(), to: to.to_owned(), is_own });
    }

    /// `FAIL <command> <code> [<context>…] :<description>`
    fn failed(&mut self, message: &Message<'_>, out: &mut Output) {
        let [command, code, context @ .., description] = message.params() else { return };
        let refusal = Refusal {
            label: self.label_of(message),
            command: command.to_ascii_uppercase(),
            code: (*code).to_owned(),
            context: context.iter().map(|word| (*word).to_owned()).collect(),
            description: clean(description),
        };
        match self.phase {
            Phase::Online => out.facts.push(Fact::Refused(refusal)),
            _ => self.login_refused(refusal, out),
        }
    }

    /// `NOTE <command> <code> [<context>…] :<description>`
    fn noted(&mut self, params: &[&str], out: &mut Output) {
        if let ["AUTHENTICATE", "ADDRESS_REFUSED", address, code, rest @ ..] = params {
            let explanation = clean(rest.last().copied().unwrap_or_default());
            let (address, code) = (clean(address), clean(code));
            out.facts.push(Fact::AddressRefused { address, code, explanation });
        } else if let Some(description) = params.last() {
            out.facts.push(Fact::Reply { kind: ReplyKind::Answer, text: clean(description) });
        }
    }

    fn numeric(&mut self, numeric: &str, message: &Message<'_>, now: Moment, out: &mut Output) {
        let params = message.params();
        let about = params.get(1..).unwrap_or_default();
        let last = params.last().copied().unwrap_or_default();
        match (numeric, about) {
            ("001", _) => self.welcomed(params, out),
            // Greetings, counts, and the ends of lists: nothing that a person needs. (The end of a list of masks is the only answer when
            // nobody is on it.)
            (
                "002" | "003" | "004" | "042" | "250" | "251" | "252" | "253" | "254" | "255" | "265" | "266" | "315"
                | "318" | "323" | "329" | "333" | "365" | "369" | "374" | "375" | "396" | "901",
                _,
            ) => {}
            ("005", _) => self.isupport.read(params),
            ("372", _) => self.announce(last, out),
            ("376" | "422", _) => self.ready(now, out),
            (_, [nick, about @ ..]) if let Some((_, text_id)) = WHOIS.iter().find(|(code, _)| *code == numeric) => {
                let value = match (numeric, about) {
                    ("311", [user, host, .., name]) => format!("{user}@{host} ({name})"),
                    ("317", [seconds, ..]) => {
                        seconds.parse().map_or(String::new(), |seconds: u64| (seconds / 60).to_string())
                    }
                    ("319", _) => last.to_owned(),
                    ("338", [.., address, _]) => (*address).to_owned(),
                    ("330", [account, ..]) => (*account).to_owned(),
                    _ => about.join(" "),
                };
                let nick = (*nick).to_owned();
                out.facts.push(Fact::Person { nick, text_id, value: clean(&value) });
            }
            ("331", [channel, ..]) => self.topic(channel, "", out),
            ("332", [channel, topic, ..]) => self.topic(channel, topic, out),
            ("353", [_, channel, names, ..]) => {
                let split = |name: &str| {
                    let (rank, nick) = self.isupport.split_prefixes(name);
                    // Where masks are in the list, the nick ends at the `!`.
                    let nick = nick.split('!').next().unwrap_or_default();
                    (rank.to_owned(), nick.to_owned())
                };
                let members = names.split(' ').filter(|name| !name.is_empty()).map(split).collect();
                out.facts.push(Fact::Names { channel: (*channel).to_owned(), members });
            }
            ("366", [channel, ..]) => out.facts.push(Fact::NamesEnd { channel: (*channel).to_owned() }),
            ("730" | "731", [.., masks]) => {
                for nick in masks.split(',').filter_map(|mask| mask.split('!').next()).filter(|nick| !nick.is_empty()) {
                    out.facts.push(Fact::Present { nick: nick.to_owned(), is_here: numeric == "730" });
                }
            }
            // The list of those watched over is full, or what was asked about is nobody.
            ("732" | "733" | "734", _) => {}
            ("900", [mask, account, ..]) => {
                self.account = Some((*account).to_owned());
                self.mask = mask.split_once('!').map(|(_, mask)| mask.to_owned());
            }
            ("381", _) => {
                self.is_operator = true;
                out.facts.push(Fact::Reply { kind: ReplyKind::Answer, text: clean(last) });
            }
            ("903", _) => self.authenticated(out),
            ("902" | "904" | "905" | "907", _) => self.not_authenticated(last, out),
            // The list of mechanisms that the server knows; 904 follows.
            ("908", _) => self.is_mechanism_unknown = true,
            ("906", _) => self.fail_login(LoginFailureKind::ServerUnproven, "", out),
            ("432" | "433" | "436" | "437", _) if self.phase != Phase::Online => self.nick_refused(numeric, last, out),
            _ if matches!(numeric.as_bytes()[0], b'4' | b'5') => self.refused(numeric, about, message, out),
            _ => {
                let text = clean(&about.join(" "));
                if !text.is_empty() && self.phase == Phase::Online {
                    out.facts.push(Fact::Reply { kind: ReplyKind::Answer, text });
                }
            }
        }
    }

    fn topic(&mut self, channel: &str, topic: &str, out: &mut Output) {
        out.facts.push(Fact::Topic { channel: channel.to_owned(), topic: clean(topic), by: None });
    }

    fn announce(&mut self, text: &str, out: &mut Output) {
        out.facts.push(Fact::Reply { kind: ReplyKind::Announcement, text: clean(text) });
    }

    /// 001: the server calls us by our nick.
    fn welcomed(&mut self, params: &[&str], out: &mut Output) {
        if let Some(nick) = params.first().filter(|nick| !nick.is_empty() && **nick != "*") {
            (*nick).clone_into(&mut self.nick);
        }
        let opening = self.opening.as_ref();
        if opening.is_some_and(|opening| opening.credentials.register) && self.phase == Phase::Welcoming {
            // A server that makes accounts only after the welcome.
            self.register(out);
        } else if self.phase == Phase::Negotiating && opening.is_some_and(Opening::is_guest) {
            // A server without capabilities; a guest needs none.
            self.enter(Phase::Welcoming, LoginStep::Welcoming, out);
        } else if self.phase == Phase::Negotiating {
            // A server without capabilities: nothing to log in by.
            self.fail_login(LoginFailureKind::NoLogin, "", out);
        }
    }

    /// 376 or 422: the end of what the server says at the beginning.
    pub(super) fn ready(&mut self, now: Moment, out: &mut Output) {
        self.is_welcomed = true;
        if self.phase != Phase::Welcoming {
            return;
        }
        if self.opening.as_ref().is_some_and(Opening::is_guest) && self.isupport.is_account_required() {
            return self.fail_login(LoginFailureKind::AccountRequired, "", out);
        }
        self.phase = Phase::Online;
        self.phase_since_millis = now.elapsed_millis;
        self.heard_at_millis = now.elapsed_millis;
        out.facts.push(Fact::Ready);
        let Some(opening) = &self.opening else { return };
        let has_password = matches!(opening.credentials.proof, Proof::Password(_));
        if let Some(device_name) = &opening.device_name
            && has_password
            && self.has(Cap::Devices)
        {
            out.lines.push(Line::new("DEVICE").param("ADD").trailing(device_name));
        }
    }

    /// The nick is taken or not accepted. A log-in may give us the right one anyway, so go on with a similar one.
    fn nick_refused(&mut self, numeric: &str, description: &str, out: &mut Output) {
        self.nick_attempts += 1;
        let is_bad = numeric == "432";
        if self.nick_attempts > NICK_ATTEMPTS_MAX || self.nick.len() >= NICK_BYTES_MAX {
            let kind = if is_bad { LoginFailureKind::BadName } else { LoginFailureKind::NameInUse };
            return self.fail_login(kind, &clean(description), out);
        }
        match is_bad {
            true => self.nick = format!("user{}", self.nick_attempts),
            false => self.nick.push('_'),
        }
        out.lines.push(Line::new("NICK").param(&self.nick));
    }

    /// An error numeric: `<numeric> <nick> <context>… :<description>`
    fn refused(&mut self, numeric: &str, about: &[&str], message: &Message<'_>, out: &mut Output) {
        let Some((description, context)) = about.split_last() else { return };
        match (self.phase, numeric) {
            (Phase::Online, _) => out.facts.push(Fact::Refused(Refusal {
                label: self.label_of(message),
                command: String::new(),
                code: numeric.to_owned(),
                context: context.iter().map(|word| (*word).to_owned()).collect(),
                description: clean(description),
            })),
            // Refused before the conversations: a password for the connection is wanted, or we are banned.
            (_, "464" | "465" | "463") => self.fail_login(LoginFailureKind::Other, &clean(description), out),
            _ => {}
        }
    }

    fn label_of(&self, message: &Message<'_>) -> Option<String> {
        let own = message.tag("label").map(|label| label.into_owned());
        own.or_else(|| message.tag("batch").and_then(|reference| self.batches.label(&reference).map(str::to_owned)))
    }
}

/// `REPORT DONE <target> <msgid> :<text>` to who reported, `REPORT NEW <by> <author> <target> <msgid> :<reason>` to operators.
fn reported(params: &[&str], out: &mut Output) {
    match params {
        ["DONE", .., text] => out.facts.push(Fact::Reply { kind: ReplyKind::Answer, text: clean(text) }),
        ["NEW", by, author, target, msgid, reason] => {
            let [by, author, target, msgid, reason] = [by, author, target, msgid, reason].map(|word| clean(word));
            out.facts.push(Fact::Reported(Report { by, author, target, msgid, reason }));
        }
        _ => {}
    }
}

/// Whether we are an operator after our own user modes were changed.
fn changed_operator(changes: &str, before: bool) -> bool {
    let mut is_set = true;
    changes.chars().fold(before, |is_operator, letter| match letter {
        '+' | '-' => {
            is_set = letter == '+';
            is_operator
        }
        'o' => is_set,
        _ => is_operator,
    })
}

/// `INSPECT FIGURE`, `SESSION`, `REFUSAL` and `END`. What is not written as it should be is nothing.
fn inspected(params: &[&str]) -> Option<Inspected> {
    let name = |word: &str| clean(word);
    match *params {
        ["FIGURE", figure, number] => Some(Inspected::Figure(name(figure), number.parse().ok()?)),
        ["SESSION", number, nick, account, kind, transport, address, port, since, idle, queued, channels] => {
            Some(Inspected::Session(SessionRow {
                number: number.parse().ok()?,
                nick: name(nick),
                account: Some(name(account)).filter(|account| account != "*"),
                kind: name(kind),
                transport: name(transport),
                address: name(address),
                port: name(port),
                since: Timestamp::parse(since)?,
                idle_seconds: idle.parse().ok()?,
                queued_bytes: queued.parse().ok()?,
                channels: channels.split(',').filter(|channel| !channel.is_empty()).map(name).collect(),
            }))
        }
        ["REFUSAL", time, who, address, command, code] => {
            let [who, address, command, code] = [who, address, command, code].map(name);
            Some(Inspected::Refusal(RefusalRow { time: Timestamp::parse(time)?, name: who, address, command, code }))
        }
        ["END", _, fitting, ..] => Some(Inspected::End(fitting.parse().ok()?)),
        _ => None,
    }
}
