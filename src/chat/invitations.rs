//! Invitations to the server: whoever has the code of one may register one account.
//!
//! What is kept of a code is its digest: it is random enough to need neither salt nor rounds. A code is read as people copy it,
//! with or without hyphens, in any case.

use ring::digest::{SHA256, digest};

use super::event::{Digest, InvitationState};
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// The most invitations that wait to be used.
pub(crate) const INVITATIONS_MAX: usize = 1_000;
/// The letters of a code; those that look alike are not among them.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Random bytes of a code, one for each of its characters: 80 bits are taken of them.
pub const CODE_BYTES: usize = 16;
/// Characters of a code between two hyphens.
const GROUP: usize = 4;

/// The code that random bytes are: `k7f3-9qpd-…`.
pub fn code(random: &[u8; CODE_BYTES]) -> Secret {
    let characters: Vec<char> = random.iter().map(|byte| char::from(DIGITS[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = characters.chunks(GROUP).map(|group| group.iter().collect()).collect();
    Secret::new(groups.join("-"))
}

/// What is kept of a code.
pub fn digest_of(code: &str) -> Digest {
    let read = |character: char| match character.to_ascii_lowercase() {
        // As they are written by hand.
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    let plain = Secret::new(code.chars().filter(|character| *character != '-').map(read).collect::<String>());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, plain.expose().as_bytes()).as_ref());
    Digest(bytes)
}

impl InvitationState {
    /// Whether it has not run out.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_copied() {
        let code = code(&[0, 1, 31, 32, 255, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
        assert_eq!(code.expose(), "01z0-zabc-defg-hjkm");
        for copied in ["01z0zabcdefghjkm", "OIZ0-ZABC-DEFG-HJKM", "0lzo-zabc-defghjkm"] {
            assert_eq!(digest_of(copied), digest_of(code.expose()), "{copied}");
        }
        assert_ne!(digest_of("01z0-zabc-defg-hjkn"), digest_of(code.expose()));
    }
}
