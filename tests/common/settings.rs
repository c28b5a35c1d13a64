//! The settings that a transcript may set, for every driver.

use std::net::IpAddr;
use std::time::Duration;

use chat_tui::chat::allowance::Allowance;
use chat_tui::chat::event::Digest;
use chat_tui::chat::filter::{Filter, FilterAction, FilterTest};
use chat_tui::chat::operators::{Operator, Right, Rights};
use chat_tui::chat::settings::{Registration, Settings};
use chat_tui::proto::casemapping::CaseMapping;
use chat_tui::proto::names::ChannelName;
use chat_tui::proto::secret::Secret;

/// Sets what `--- set KEY = VALUE` says. `hash` makes what the driver takes for the hash of an operator's password.
pub fn set(settings: &mut Settings, key: &str, value: &str, hash: fn(&str) -> String) -> Result<(), String> {
    let number = || value.parse::<usize>().map_err(|_| format!("{value} is not a number"));
    let seconds = || number().map(|number| Duration::from_secs(number as u64));
    match key {
        "guests" => settings.guests = value == "true",
        "nick_equals_account" => settings.nick_equals_account = value == "true",
        "connection_password" => settings.connection_password = Some(Secret::new(value)),
        "waiting_room_seconds" => settings.waiting_room_time = seconds()?,
        "auto_channels" => {
            let names = value.split(' ').filter(|name| !name.is_empty()).map(ChannelName::new);
            settings.auto_channels = names.collect::<Result<_, _>>().map_err(|fault| fault.to_string())?;
        }
        "registration" => {
            settings.registration = match value {
                "invitation" => Registration::Invitation,
                "closed" => Registration::Closed,
                _ => Registration::Open,
            };
        }
        "invitation_codes" => settings.invitation_codes = value.split(' ').map(Secret::new).collect(),
        "motd" => settings.motd = value.split(" / ").filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        "replay_messages_max" => settings.replay_messages_max = u32::try_from(number()?).unwrap_or(u32::MAX),
        "sts_port" => settings.sts = value.parse().ok(),
        "sts_duration_seconds" => settings.sts_duration = seconds()?,
        "multiline_bytes_max" => settings.multiline_bytes_max = number()?,
        "multiline_lines_max" => settings.multiline_lines_max = number()?,
        "channels_per_account_max" => settings.channels_per_account_max = number()?,
        "redaction_window" => settings.redaction_window = seconds()?,
        "history_page_max" => settings.history_page_max = u32::try_from(number()?).unwrap_or(u32::MAX),
        "casemapping" => settings.casemapping = CaseMapping::parse(value),
        "refuse_confusable_names" => settings.refuse_confusable_names = value == "true",
        "operator" => settings.operators.push(operator(value, hash)?),
        "filter" => settings.filters.push(filter(value)?),
        "nick_bytes_max" => settings.limits.nick_bytes_max = number()?,
        "realname_bytes_max" => settings.limits.realname_bytes_max = number()?,
        "away_bytes_max" => settings.limits.away_bytes_max = number()?,
        "reason_bytes_max" => settings.limits.reason_bytes_max = number()?,
        "targets_max" => settings.limits.targets_max = number()?,
        "mode_changes_max" => settings.limits.mode_changes_max = number()?,
        "list_entries_max" => settings.limits.list_entries_max = number()?,
        "monitored_max" => settings.limits.monitored_max = number()?,
        "list_replies_max" => settings.limits.list_replies_max = number()?,
        "who_replies_max" => settings.limits.who_replies_max = number()?,
        "sessions_per_account_max" => settings.limits.sessions_per_account_max = number()?,
        "login_failures_per_connection_max" => settings.limits.login_failures_per_connection_max = number()?,
        _ => return Err(format!("{key} is no setting of transcripts")),
    }
    Ok(())
}

/// `NAME ACTION[-dry] PATTERN`, or `NAME ACTION[-dry] flood COUNT SECONDS`.
fn filter(value: &str) -> Result<Filter, String> {
    let words: Vec<&str> = value.split(' ').collect();
    let [name, action, rest @ ..] = words.as_slice() else {
        return Err("a filter has a name and an action".to_owned());
    };
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("{text} is not a number"));
    let test = match rest {
        ["flood", count, seconds] => {
            let window = Duration::from_secs(number(seconds)?.into());
            FilterTest::Flood(Allowance { count: number(count)?, window })
        }
        words => FilterTest::words(&words.join(" "))?,
    };
    let word = action.trim_end_matches("-dry");
    let is_dry_run = word != *action;
    let action = FilterAction::of_word(word).ok_or_else(|| format!("{word} is no action"))?;
    Ok(Filter { name: (*name).to_owned(), test, action, is_dry_run })
}

/// `NAME PASSWORD FROM RIGHTS`: a network or `*`, and words separated by commas or `*`.
fn operator(value: &str, hash: fn(&str) -> String) -> Result<Operator, String> {
    let words: Vec<&str> = value.split(' ').collect();
    let [name, password, from, rights] = words.as_slice() else {
        return Err("expected NAME PASSWORD FROM RIGHTS".to_owned());
    };
    let from = match *from {
        "*" => Vec::new(),
        network => vec![network.parse().map_err(|_| format!("{network} is no network"))?],
    };
    let rights = match *rights {
        "*" => Rights::ALL,
        words => words.split(',').filter_map(Right::of_word).fold(Rights::NONE, Rights::with),
    };
    Ok(Operator { name: (*name).to_owned(), password: Secret::new(hash(password)), from, rights })
}

/// The digest of the certificate that clients from an address show.
pub fn certificate_of(address: IpAddr) -> Digest {
    let mut digest = [0xce; 32];
    for (place, byte) in address.to_string().bytes().take(32).enumerate() {
        digest[place] = byte;
    }
    Digest(digest)
}
