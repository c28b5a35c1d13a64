//! SCRAM against the vectors of the specifications, and against itself.

use proptest::prelude::*;

use super::*;

fn rounds(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// RFC 7677, section 3: user "user", password "pencil".
const CLIENT_FIRST: &[u8] = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const CLIENT_NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const SERVER_FIRST: &[u8] = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const CLIENT_FINAL: &[u8] =
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const SERVER_FINAL: &[u8] = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

fn example_keys() -> ScramKeys {
    ScramKeys::derive(&secret("pencil"), &BASE64.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), rounds(4_096))
}

#[test]
fn the_example_of_rfc_7677_from_both_sides() {
    let (client, first) = ScramClient::start("user", secret("pencil"), CLIENT_NONCE);
    assert_eq!(first, CLIENT_FIRST);
    let heard = ClientFirst::parse(&first).unwrap();
    assert_eq!((heard.authentication.as_str(), heard.authorization.as_str()), ("user", ""));
    let (server, challenge) = heard.challenge(example_keys(), SERVER_NONCE);
    assert_eq!(challenge, SERVER_FIRST);
    let (proof, answer) = client.answer(&challenge).unwrap();
    assert_eq!(answer, CLIENT_FINAL);
    let last = server.finish(&answer).unwrap();
    assert_eq!(last, SERVER_FINAL);
    assert_eq!(proof.verify(&last), Ok(()));
}

/// Plays an exchange between a client with one password and a server with another's keys.
fn exchange(name: &str, password: &str, keys: ScramKeys) -> Result<(), ScramError> {
    let (client, first) = ScramClient::start(name, secret(password), "client");
    let heard = ClientFirst::parse(&first)?;
    assert_eq!(heard.authentication, name);
    let (server, challenge) = heard.challenge(keys, "server");
    let (proof, answer) = client.answer(&challenge)?;
    proof.verify(&server.finish(&answer)?)
}

#[test]
fn only_the_right_password_passes() {
    let keys = || ScramKeys::derive(&secret("café"), b"salt", rounds(4_096));
    assert_eq!(exchange("romain", "café", keys()), Ok(()));
    assert_eq!(exchange("a=b,c", "cafe\u{301}", keys()), Ok(()));
    assert_eq!(exchange("romain", "cafe", keys()), Err(ScramError::WrongProof));
    assert!(keys().fit(&secret("café")) && !keys().fit(&secret("cafe")));
}

#[test]
fn fake_keys_look_real_and_fit_nothing() {
    let fake = ScramKeys::fake(b"secret", "nobody", rounds(4_096));
    assert_eq!(fake, ScramKeys::fake(b"secret", "nobody", rounds(4_096)));
    assert_ne!(fake.salt, ScramKeys::fake(b"secret", "somebody", rounds(4_096)).salt);
    assert_ne!(fake.salt, ScramKeys::fake(b"other", "nobody", rounds(4_096)).salt);
    assert_eq!(fake.salt.len(), SALT_BYTES);
    assert_eq!(exchange("nobody", "anything", fake), Err(ScramError::WrongProof));
}

#[test]
fn the_gs2_header_is_checked() {
    for good in ["n,,n=user,r=abc", "y,,n=user,r=abc", "n,a=other,n=user,r=abc", "n,,n=user,r=abc,x=extension"] {
        assert!(ClientFirst::parse(good.as_bytes()).is_ok(), "{good}");
    }
    for (bad, error) in [
        ("p=tls-unique,,n=user,r=abc", ScramError::ChannelBinding),
        ("n,,m=ext,n=user,r=abc", ScramError::UnknownExtension),
        ("", ScramError::Malformed),
        ("n", ScramError::Malformed),
        ("n,", ScramError::Malformed),
        ("n,,", ScramError::Malformed),
        ("x,,n=user,r=abc", ScramError::Malformed),
        ("n,user,n=user,r=abc", ScramError::Malformed),
        ("n,a=,n=user,r=abc", ScramError::Malformed),
        ("n,,n=,r=abc", ScramError::Malformed),
        ("n,,n=user,r=", ScramError::Malformed),
        ("n,,r=abc,n=user", ScramError::Malformed),
        ("n,,n=us=er,r=abc", ScramError::Malformed),
        ("n,,n=us=2cer,r=abc", ScramError::Malformed),
        ("n,,n=user,r=a b", ScramError::Malformed),
        ("n,,n=user,r=é", ScramError::Malformed),
        ("n,,n=user,r=abc,", ScramError::Malformed),
        ("n,,n=us\0er,r=abc", ScramError::Malformed),
    ] {
        assert_eq!(ClientFirst::parse(bad.as_bytes()).err(), Some(error), "{bad}");
    }
    assert_eq!(ClientFirst::parse(b"n,,n=\xff,r=abc").err(), Some(ScramError::Malformed));
    let endless = format!("n,,n=user,r={}", "a".repeat(300));
    assert_eq!(ClientFirst::parse(endless.as_bytes()).err(), Some(ScramError::Malformed));
}

#[test]
fn a_final_message_of_another_exchange_is_refused() {
    let finish = |message: &str| {
        let (server, _) = ClientFirst::parse(CLIENT_FIRST).unwrap().challenge(example_keys(), SERVER_NONCE);
        server.finish(message.as_bytes()).err()
    };
    let good = std::str::from_utf8(CLIENT_FINAL).unwrap();
    assert_eq!(finish(good), None);
    for (message, error) in [
        (good.replace("c=biws", "c=eSws"), ScramError::WrongExchange),
        (good.replace("r=rO", "r=rP"), ScramError::WrongExchange),
        (good.replace("p=dHz", "p=dHy"), ScramError::WrongProof),
        (good.replace(",p=", ",x=1,p="), ScramError::WrongProof),
        (good.replace("c=biws,", ""), ScramError::Malformed),
        (good.replace("p=dHz", "p=dH"), ScramError::Malformed),
        ("c=biws,r=abc,p=".to_owned(), ScramError::WrongExchange),
        (format!("c=biws,r={CLIENT_NONCE}{SERVER_NONCE},p="), ScramError::Malformed),
        (String::new(), ScramError::Malformed),
    ] {
        assert_eq!(finish(&message), Some(error), "{message}");
    }
}

#[test]
fn a_client_does_not_trust_the_server() {
    let answer = |challenge: &str| {
        ScramClient::start("user", secret("pencil"), "abc").0.answer(challenge.as_bytes()).map(|_| ()).err()
    };
    assert_eq!(answer("r=abcdef,s=c2FsdA==,i=4096"), None);
    for (challenge, error) in [
        ("r=abc,s=c2FsdA==,i=4096", ScramError::WrongExchange),
        ("r=xyzdef,s=c2FsdA==,i=4096", ScramError::WrongExchange),
        ("r=abcdef,s=c2FsdA==,i=4095", ScramError::Iterations),
        ("r=abcdef,s=c2FsdA==,i=4294967295", ScramError::Iterations),
        ("r=abcdef,s=c2FsdA==,i=99999999999999999999", ScramError::Iterations),
        ("r=abcdef,s=c2FsdA==,i=0", ScramError::Iterations),
        ("r=abcdef,s=c2FsdA==,i=", ScramError::Iterations),
        ("r=abcdef,s=c2FsdA==,i=+4096", ScramError::Malformed),
        ("r=abcdef,s=,i=4096", ScramError::Malformed),
        ("r=abcdef,s=*,i=4096", ScramError::Malformed),
        ("m=x,r=abcdef,s=c2FsdA==,i=4096", ScramError::UnknownExtension),
        ("", ScramError::Malformed),
    ] {
        assert_eq!(answer(challenge), Some(error), "{challenge}");
    }
    let proof = ScramClient::start("user", secret("pencil"), CLIENT_NONCE).0.answer(SERVER_FIRST).unwrap().0;
    assert_eq!(proof.verify(SERVER_FINAL), Ok(()));
    assert_eq!(proof.verify(b"e=invalid-proof"), Err(ScramError::Refused));
    assert_eq!(proof.verify(b"v=AAAA"), Err(ScramError::WrongSignature));
    assert_eq!(proof.verify(b"v="), Err(ScramError::WrongSignature));
    assert_eq!(proof.verify(b"v=*"), Err(ScramError::Malformed));
    assert_eq!(proof.verify(b""), Err(ScramError::Malformed));
}

proptest! {
    #[test]
    fn hostile_messages_give_errors(
        message in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            "[nyp],(a=[a-z]{0,3})?,n=[a-z=,2CD3]{0,9},r=[ -~]{0,9}".prop_map(String::into_bytes),
            "[crpvesi=,A-Za-z0-9+/]{0,60}".prop_map(String::into_bytes),
        ],
    ) {
        let _ = ClientFirst::parse(&message);
        let keys = ScramKeys { salt: vec![1], iterations: 4_096, stored_key: [1; 32], server_key: [2; 32] };
        let (server, _) = ClientFirst::parse(CLIENT_FIRST).unwrap().challenge(keys, SERVER_NONCE);
        prop_assert!(server.finish(&message).is_err());
        let proof = ScramClientProof { server_key: [3; 32], signed: String::new() };
        prop_assert!(proof.verify(&message).is_err());
    }

    #[test]
    fn hostile_challenges_give_errors(message in "[rsim=,A-Za-z0-9+/]{0,40}|r=[a-z]{0,5},s=[A-Z=]{0,5},i=[0-9]{0,5}") {
        let (client, _) = ScramClient::start("user", secret("x"), "a nonce that cannot be guessed");
        prop_assert!(client.answer(message.as_bytes()).is_err());
    }

    #[test]
    fn names_round_trip(name in "[^\0]{1,20}") {
        prop_assert_eq!(unescape_name(&escape_name(&name)), Ok(name));
    }
}
