//! The header by which a balancer says for whom it connects.
//!
//! Specification: HAProxy, "The PROXY protocol", versions 1 (a line of text) and 2 (binary). It is read from the networks that
//! the operator named and from nobody else, because whoever may write it chooses its address; from these it must come first.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

/// What a header of version 2 begins with.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// What a header of version 1 begins with.
const WORD: &[u8] = b"PROXY ";
/// The most bytes of a header of version 1, CR LF included (section 2.1).
const LINE_BYTES_MAX: usize = 107;
/// The bytes of a header of version 2 before its addresses.
const FIXED_BYTES: usize = 16;
/// The most bytes of addresses and extensions that are read (section 2.2 has room for 65,535, and says that a receiver need
/// not take more than 520).
const REST_BYTES_MAX: usize = 4_096;

/// The extension that says how the client reached the balancer (section 2.2.6), and its bit for TLS.
const TYPE_SSL: u8 = 0x20;
const CLIENT_SSL: u8 = 0x01;

/// For whom a balancer connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client's address and port.
    pub address: SocketAddr,
    /// Whether the balancer says that the client came by TLS.
    pub is_tls: bool,
}

/// A header is none.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The bytes are not a header.
    #[error("the PROXY header is malformed: {0}")]
    Malformed(&'static str),
    /// The connection ended or broke before.
    #[error("the PROXY header did not come: {0}")]
    Lost(#[from] io::Error),
}

use HeaderError::Malformed;

/// Reads the header, and not a byte more. Nothing: the balancer connects for itself, to see whether we are alive.
///
/// The caller bounds the time.
pub async fn read_header(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Client>, HeaderError> {
    // No header of either version is shorter.
    let mut head = [0; WORD.len()];
    stream.read_exact(&mut head).await?;
    if head == *WORD {
        let mut line = head.to_vec();
        while !line.ends_with(b"\n") {
            if line.len() >= LINE_BYTES_MAX {
                return Err(Malformed("the line is too long"));
            }
            line.push(stream.read_u8().await?);
        }
        return parse_line(&line);
    }
    let mut fixed = [0; FIXED_BYTES];
    fixed[..WORD.len()].copy_from_slice(&head);
    if !SIGNATURE.starts_with(&head) {
        return Err(Malformed("neither PROXY nor the signature of version 2"));
    }
    stream.read_exact(&mut fixed[WORD.len()..]).await?;
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if length > REST_BYTES_MAX {
        return Err(Malformed("too many bytes are announced"));
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    parse_binary(&fixed, &rest)
}

/// A whole header of version 1: `PROXY TCP4 192.0.2.1 192.0.2.2 40000 6697`.
fn parse_line(line: &[u8]) -> Result<Option<Client>, HeaderError> {
    let text = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok());
    let text = text.ok_or(Malformed("not a line"))?;
    let words: Vec<&str> = text.split(' ').collect();
    let (address, port) = match words.as_slice() {
        ["PROXY", "UNKNOWN", ..] => return Ok(None),
        ["PROXY", "TCP4", from, to, port, to_port] => {
            let address: Ipv4Addr = from.parse().map_err(|_| Malformed("the source is no IPv4 address"))?;
            to.parse::<Ipv4Addr>().map_err(|_| Malformed("the destination is no IPv4 address"))?;
            to_port.parse::<u16>().map_err(|_| Malformed("the destination's port is none"))?;
            (IpAddr::V4(address), port)
        }
        ["PROXY", "TCP6", from, to, port, to_port] => {
            let address: Ipv6Addr = from.parse().map_err(|_| Malformed("the source is no IPv6 address"))?;
            to.parse::<Ipv6Addr>().map_err(|_| Malformed("the destination is no IPv6 address"))?;
            to_port.parse::<u16>().map_err(|_| Malformed("the destination's port is none"))?;
            (IpAddr::V6(address), port)
        }
        _ => return Err(Malformed("neither TCP4, TCP6 nor UNKNOWN with what belongs to it")),
    };
    let port = port.parse().map_err(|_| Malformed("the source's port is none"))?;
    Ok(Some(Client { address: SocketAddr::new(address, port), is_tls: false }))
}

/// A header of version 2: its fixed bytes, and as many more as they announce.
fn parse_binary(fixed: &[u8; FIXED_BYTES], rest: &[u8]) -> Result<Option<Client>, HeaderError> {
    const VERSION_LOCAL: u8 = 0x20;
    const VERSION_PROXY: u8 = 0x21;
    const TCP_OVER_IPV4: u8 = 0x11;
    const TCP_OVER_IPV6: u8 = 0x21;
    if fixed[..SIGNATURE.len()] != SIGNATURE {
        return Err(Malformed("not the signature of version 2"));
    }
    match fixed[12] {
        VERSION_LOCAL => return Ok(None),
        VERSION_PROXY => {}
        _ => return Err(Malformed("neither LOCAL nor PROXY of version 2")),
    }
    let port = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
    let (address, extensions) = match fixed[13] {
        TCP_OVER_IPV4 => {
            let (addresses, extensions) = rest.split_at_checked(12).ok_or(Malformed("no room for the addresses"))?;
            let from = <[u8; 4]>::try_from(&addresses[..4]).map_err(|_| Malformed("no room for the addresses"))?;
            (SocketAddr::from((from, port(&addresses[8..10]))), extensions)
        }
        TCP_OVER_IPV6 => {
            let (addresses, extensions) = rest.split_at_checked(36).ok_or(Malformed("no room for the addresses"))?;
            let from = <[u8; 16]>::try_from(&addresses[..16]).map_err(|_| Malformed("no room for the addresses"))?;
            (SocketAddr::from((from, port(&addresses[32..34]))), extensions)
        }
        // Unspecified, UDP or a Unix socket of the balancer's: there is no address to learn.
        _ => return Ok(None),
    };
    Ok(Some(Client { address, is_tls: says_tls(extensions)? }))
}

/// Whether the extensions say that the client came by TLS.
fn says_tls(mut extensions: &[u8]) -> Result<bool, HeaderError> {
    let mut is_tls = false;
    while let Some((head, rest)) = extensions.split_at_checked(3) {
        let length = usize::from(u16::from_be_bytes([head[1], head[2]]));
        let (value, rest) = rest.split_at_checked(length).ok_or(Malformed("an extension is cut off"))?;
        is_tls |= head[0] == TYPE_SSL && value.first().is_some_and(|flags| flags & CLIENT_SSL != 0);
        extensions = rest;
    }
    if extensions.is_empty() { Ok(is_tls) } else { Err(Malformed("an extension is cut off")) }
}

/// Reads a header that stands whole in memory, for those who try any bytes (fuzzing).
pub fn parse_header(mut bytes: &[u8]) -> Result<Option<Client>, HeaderError> {
    // Reading from memory never waits.
    futures_util::FutureExt::now_or_never(read_header(&mut bytes)).unwrap_or(Err(Malformed("cut off")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([command, family]);
        bytes.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    fn client(address: &str, is_tls: bool) -> Option<Client> {
        Some(Client { address: address.parse().unwrap(), is_tls })
    }

    #[test]
    fn version_1_is_a_line() {
        let read = |line: &str| parse_header(line.as_bytes());
        assert_eq!(read("PROXY TCP4 192.0.2.1 192.0.2.2 40000 6697\r\n").unwrap(), client("192.0.2.1:40000", false));
        assert_eq!(read("PROXY TCP6 2001:db8::1 ::1 1 2\r\n").unwrap(), client("[2001:db8::1]:1", false));
        assert_eq!(read("PROXY UNKNOWN\r\n").unwrap(), None);
        assert_eq!(read("PROXY UNKNOWN ffff::1 ffff::1 1 2\r\n").unwrap(), None);
        for bad in [
            "PROXY TCP4 192.0.2.1 192.0.2.2 40000\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 40000 66970\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 70000 6697\r\n",
            "PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
            "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n",
            "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY UNKNOWN\n",
            "PROXY TCP4",
            "NICK ann\r\n",
            "",
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
        assert!(matches!(read(&format!("PROXY UNKNOWN {}\r\n", "x".repeat(200))), Err(Malformed(_))));
    }

    #[test]
    fn version_2_is_binary() {
        let ipv4 = [192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 0x1a, 0x29];
        let mut ipv6 = [0; 36];
        ipv6[..16].copy_from_slice(&"2001:db8::1".parse::<Ipv6Addr>().unwrap().octets());
        ipv6[32..34].copy_from_slice(&[0, 7]);
        assert_eq!(parse_header(&binary(0x21, 0x11, &ipv4)).unwrap(), client("192.0.2.1:40000", false));
        assert_eq!(parse_header(&binary(0x21, 0x21, &ipv6)).unwrap(), client("[2001:db8::1]:7", false));
        // LOCAL, and families without an address that we know.
        assert_eq!(parse_header(&binary(0x20, 0x00, &[])).unwrap(), None);
        assert_eq!(parse_header(&binary(0x21, 0x00, &[1, 2, 3])).unwrap(), None);
        assert_eq!(parse_header(&binary(0x21, 0x31, &[0; 216])).unwrap(), None);
        // An extension of another kind, then the one for TLS.
        let with = |extensions: &[u8]| binary(0x21, 0x11, &[&ipv4, extensions].concat());
        let tls = [0x04, 0, 1, 9, TYPE_SSL, 0, 5, CLIENT_SSL, 0, 0, 0, 0];
        assert_eq!(parse_header(&with(&tls)).unwrap(), client("192.0.2.1:40000", true));
        assert_eq!(parse_header(&with(&[TYPE_SSL, 0, 5, 0, 0, 0, 0, 0])).unwrap(), client("192.0.2.1:40000", false));
        for bad in [
            with(&[TYPE_SSL, 0, 9, 1]),
            with(&[TYPE_SSL]),
            binary(0x21, 0x11, &ipv4[..11]),
            binary(0x21, 0x21, &ipv6[..35]),
            binary(0x22, 0x11, &ipv4),
            binary(0x11, 0x11, &ipv4),
            binary(0x21, 0x11, &ipv4)[..20].to_vec(),
            [&SIGNATURE[..], &[0x21, 0x11, 0xff, 0xff]].concat(),
        ] {
            assert!(parse_header(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_follows_the_header_stays() {
        let rest = b"NICK ann\r\n";
        for header in [b"PROXY UNKNOWN\r\n".to_vec(), binary(0x20, 0, &[1, 2])] {
            let bytes = [&header, &rest[..]].concat();
            let mut bytes = bytes.as_slice();
            futures_util::FutureExt::now_or_never(read_header(&mut bytes)).unwrap().unwrap();
            assert_eq!(bytes, rest);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..64), version in 0..3u8) {
            match version {
                1 => drop(bytes.splice(0..0, WORD.iter().copied())),
                2 => drop(bytes.splice(0..0, SIGNATURE)),
                _ => {}
            }
            let _ = parse_header(&bytes);
        }
    }
}
