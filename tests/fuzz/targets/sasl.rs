//! SASL on both sides: PLAIN, and SCRAM-SHA-256 against a hostile client and a hostile server.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use chat_tui::proto::sasl::{Assembler, PlainCredentials, ScramKeys, payload_chunks};
use chat_tui::proto::scram::{ClientFirst, ITERATIONS_MIN, ScramClient};
use chat_tui::proto::secret::Secret;

/// Deriving keys is slow by intent: once is enough.
static KEYS: LazyLock<ScramKeys> = LazyLock::new(|| {
    let rounds = NonZeroU32::new(ITERATIONS_MIN).expect("there are rounds");
    ScramKeys::derive(&Secret::new("pencil"), b"salt", rounds)
});

/// The first byte says which side is played; the rest is what the other side sends, message by message in lines.
pub fn run(data: &[u8]) {
    let Some((side, rest)) = data.split_first() else { return };
    let mut messages = rest.split(|byte| *byte == b'\n');
    let mut next = || messages.next().unwrap_or_default();
    match side % 4 {
        0 => {
            if let Ok(credentials) = PlainCredentials::parse(rest) {
                assert!(!credentials.authentication.is_empty());
            }
        }
        1 => {
            let Ok(first) = ClientFirst::parse(next()) else { return };
            let (server, _) = first.challenge(KEYS.clone(), "servernonce");
            assert!(server.finish(next()).is_err(), "nobody knows the password");
        }
        2 => {
            let (client, _) = ScramClient::start("ann", Secret::new("pencil"), "clientnonce");
            let challenge = next();
            // Many rounds are honest and slow; what bounds them is tested where they are read.
            if rounds_of(challenge) > 100_000 {
                return;
            }
            let Ok((proof, _)) = client.answer(challenge) else { return };
            assert!(proof.verify(next()).is_err(), "this server does not know the password");
        }
        _ => {
            let mut assembler = Assembler::new(6_144);
            for chunk in rest.split(|byte| *byte == b'\n') {
                if let Ok(Some(payload)) = assembler.push(&String::from_utf8_lossy(chunk)) {
                    assert!(payload.len() <= 6_144);
                }
            }
            let mut again = Assembler::new(rest.len());
            let whole = payload_chunks(rest).iter().filter_map(|chunk| again.push(chunk).expect("our own")).last();
            assert_eq!(whole.as_deref(), Some(rest));
        }
    }
}

fn rounds_of(challenge: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(challenge);
    let rounds = text.split(',').find_map(|part| part.strip_prefix("i="));
    rounds.map_or(0, |rounds| rounds.trim().parse().unwrap_or(u64::MAX))
}
