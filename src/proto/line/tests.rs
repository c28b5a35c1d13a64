//! Cutting bytes into lines: cases and properties.

use proptest::prelude::*;

use super::*;

/// Reads `bytes` in pieces of these sizes (the last size repeats) and checks the bound on the way.
fn read(limits: LineLimits, bytes: &[u8], sizes: &[usize]) -> Vec<Result<String, LineError>> {
    let mut reader = LineReader::new(limits);
    let mut lines = Vec::new();
    let mut rest = bytes;
    let mut sizes = sizes.iter().copied();
    let mut size = bytes.len().max(1);
    while !rest.is_empty() {
        size = sizes.next().unwrap_or(size).max(1);
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        reader.feed(piece, |line| lines.push(line.map(str::to_owned)));
        assert!(reader.held_bytes() <= limits.bytes_max());
    }
    lines
}

fn ok(text: &str) -> Result<String, LineError> {
    Ok(text.to_owned())
}

#[test]
fn every_line_end_is_accepted_and_empty_lines_are_dropped() {
    let lines = read(LineLimits::FROM_CLIENT, b"one\r\ntwo\nthree\r\r\n\n\nfour\r\nhalf", &[]);
    assert_eq!(lines, [ok("one"), ok("two"), ok("three"), ok("four")]);
}

#[test]
fn a_line_of_exactly_the_limit_passes_and_one_byte_more_does_not() {
    let limits = LineLimits::FROM_CLIENT;
    let fits = "a".repeat(BODY_BYTES_MAX - 2);
    assert_eq!(read(limits, format!("{fits}\r\n").as_bytes(), &[7]), [ok(&fits)]);
    assert_eq!(read(limits, format!("{fits}a\r\nb\n").as_bytes(), &[7]), [Err(LineError::TooLong), ok("b")]);

    let tags = format!("@{}", "t".repeat(CLIENT_TAG_BYTES_MAX - 2));
    let fits = format!("{tags} {fits}");
    assert_eq!(read(limits, format!("{fits}\n").as_bytes(), &[100]), [ok(&fits)]);
    assert_eq!(read(limits, format!("{tags}t PING\n").as_bytes(), &[]), [Err(LineError::TooLong)]);
}

#[test]
fn an_endless_line_is_reported_once_at_its_end() {
    let mut bytes = vec![b'x'; 100_000];
    bytes.extend_from_slice(b"\nPING\n");
    for sizes in [&[][..], &[1_000], &[513, 1, 9_000]] {
        assert_eq!(read(LineLimits::FROM_CLIENT, &bytes, sizes), [Err(LineError::TooLong), ok("PING")]);
    }
}

#[test]
fn bad_bytes_spoil_only_their_own_line() {
    let lines = read(LineLimits::FROM_CLIENT, b"\xff\xfe\na\0b\nfine\n\xc3\n", &[2]);
    let invalid = |text: &str| Err(LineError::InvalidUtf8(text.into()));
    assert_eq!(lines, [invalid("\u{fffd}\u{fffd}"), Err(LineError::Nul), ok("fine"), invalid("\u{fffd}")]);
}

#[test]
fn a_character_cut_in_two_by_the_network_is_whole_again() {
    assert_eq!(read(LineLimits::FROM_CLIENT, "é🦀\n".as_bytes(), &[1]), [ok("é🦀")]);
}

#[test]
fn nothing_is_held_after_a_whole_line() {
    let mut reader = LineReader::new(LineLimits::FROM_CLIENT);
    reader.feed(b"half", |_| panic!("no line yet"));
    assert_eq!(reader.held_bytes(), 4);
    reader.feed(b" line\n", |line| assert_eq!(line, Ok("half line")));
    assert_eq!(reader.held_bytes(), 0);
}

const TINY: LineLimits = LineLimits { tag_bytes_max: 6, body_bytes_max: 8 };

proptest! {
    #[test]
    fn the_lines_do_not_depend_on_the_pieces(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'@'), Just(b' '), Just(b'a'), any::<u8>()], 0..120),
        sizes in prop::collection::vec(1usize..30, 0..20),
    ) {
        prop_assert_eq!(read(TINY, &bytes, &sizes), read(TINY, &bytes, &[]));
        prop_assert_eq!(read(TINY, &bytes, &sizes), read(TINY, &bytes, &[1]));
    }
}
