//! What a person writes and nobody may keep: passwords told to the server or to its services.

/// Commands whose arguments are secrets, and services that are told some.
const SECRETS: &[&str] = &["nickserv", "chanserv", "oper", "pass", "register", "authenticate", "account"];
/// Commands by which services are told something, by all their names.
const TELLING: &[&str] = &["msg", "query", "m", "q", "notice", "raw", "quote"];

/// Whether a text must be kept neither in the input history nor as a draft: it may hold a password.
pub fn is_secret(text: &str) -> bool {
    let mut words = text.trim_start().strip_prefix('/').unwrap_or_default().split_whitespace();
    let is_among = |list: &[&str], word: &str| list.iter().any(|known| word.eq_ignore_ascii_case(known));
    let Some(name) = words.next() else { return false };
    let is_told = |word: &str| is_among(SECRETS, word.trim_start_matches('/'));
    is_among(SECRETS, name) || (is_among(TELLING, name) && words.next().is_some_and(is_told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_recognized() {
        for text in ["/msg NickServ identify x", "/raw OPER root x", "/quote /pass x", "/nickserv x", " /m nickserv a"]
        {
            assert!(is_secret(text), "{text}");
        }
        for text in ["/msg ann nickserv", "nickserv", "/me pass", "//oper x"] {
            assert!(!is_secret(text), "{text}");
        }
    }
}
