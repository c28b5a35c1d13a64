//! IRC over WebSocket, for clients that live in a browser.
//!
//! Specification: IRCv3 `websocket` (subprotocols `text.ircv3.net` and `binary.ircv3.net`, one line a message without its end); RFC
//! 6455. A WebSocket is carried over to a pipe within this process, at whose other end the connection's task finds the lines
//! that it knows. Browsers say from which page they come; only pages that are allowed get in.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream, split};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

/// The most bytes of a message or frame. Longer lines than IRC allows are answered by 417 up to here; beyond it the connection
/// is closed with code 1009.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// How many bytes wait in each direction between the socket and the connection's task.
pub const PIPE_BYTES_MAX: usize = 16 * 1024;
/// How many bytes one read takes, and how many are gathered for one write.
const BUFFER_BYTES: usize = 4 * 1024;
/// How long a write may make no progress before the connection is given up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the closing handshake may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The pages that may connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(pub Vec<String>);

impl Origins {
    /// Whether a page of this origin may connect. Who names none is no browser, and is not kept out by this.
    fn allow(&self, origin: Option<&HeaderValue>) -> bool {
        let Some(origin) = origin else { return true };
        self.0.iter().any(|known| known == "*" || origin.as_bytes().eq_ignore_ascii_case(known.as_bytes()))
    }
}

/// In what kind of messages lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subprotocol {
    /// `text.ircv3.net`, and whoever asks for none.
    Text,
    /// `binary.ircv3.net`.
    Binary,
}

const SUBPROTOCOLS: [(&str, Subprotocol); 2] =
    [("text.ircv3.net", Subprotocol::Text), ("binary.ircv3.net", Subprotocol::Binary)];

/// The first one that a client asks for and we know.
fn agreed(headers: &HeaderMap) -> Option<(&'static str, Subprotocol)> {
    let lists = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut names = lists.flat_map(|list| list.split(',')).map(str::trim);
    names.find_map(|name| SUBPROTOCOLS.into_iter().find(|(known, _)| *known == name))
}

/// Sets a WebSocket up.
///
/// # Errors
/// When the other end does not speak HTTP or WebSocket, or comes from a page that may not; it was told so.
pub async fn accept<S>(stream: S, origins: &Origins) -> Result<(WebSocketStream<S>, Subprotocol), Box<Error>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut subprotocol = Subprotocol::Text;
    // The type is the library's.
    #[allow(clippy::result_large_err)]
    let answer = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        if !origins.allow(request.headers().get(header::ORIGIN)) {
            let mut refusal = ErrorResponse::new(Some("This page may not connect here".to_owned()));
            *refusal.status_mut() = StatusCode::FORBIDDEN;
            return Err(refusal);
        }
        if let Some((name, kind)) = agreed(request.headers()) {
            subprotocol = kind;
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name));
        }
        Ok(response)
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(MESSAGE_BYTES_MAX * 2)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let socket = accept_hdr_async_with_config(stream, answer, Some(config)).await?;
    Ok((socket, subprotocol))
}

/// Carries lines between a WebSocket and the pipe to its connection's task, until either ends.
pub async fn carry<S>(mut socket: WebSocketStream<S>, subprotocol: Subprotocol, pipe: DuplexStream)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (reader, mut writer) = split(pipe);
    let mut lines = BufReader::with_capacity(BUFFER_BYTES, reader).lines();
    let end = loop {
        tokio::select! {
            biased;
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { break Some((CloseCode::Normal, "")) };
                let message = match subprotocol {
                    Subprotocol::Text => Message::text(line),
                    Subprotocol::Binary => Message::binary(line),
                };
                // Lines that are there already leave in one write.
                let more = lines.get_ref().buffer().contains(&b'\n');
                let sent = async { if more { socket.feed(message).await } else { socket.send(message).await } };
                if !matches!(timeout(WRITE_TIMEOUT, sent).await, Ok(Ok(()))) {
                    return;
                }
            }
            message = socket.next() => {
                let line = match message {
                    Some(Ok(Message::Text(text))) => text.into(),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    // Pings are answered by the library.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_))) | None => break None,
                    Some(Err(Error::Capacity(_))) => break Some((CloseCode::Size, "The message is too long")),
                    Some(Err(Error::Utf8(_))) => break Some((CloseCode::Invalid, "The message is not valid UTF-8")),
                    Some(Err(Error::Protocol(_))) => break Some((CloseCode::Protocol, "")),
                    Some(Err(_)) => return,
                };
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                if line.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
                    break Some((CloseCode::Policy, "One line a message"));
                }
                let handed_in = async {
                    writer.write_all(line).await?;
                    writer.write_all(b"\r\n").await
                };
                if handed_in.await.is_err() {
                    // The connection has ended: what it said last is still to be sent.
                    continue;
                }
            }
        }
    };
    drop(writer);
    let frame = end.map(|(code, reason)| CloseFrame { code, reason: reason.into() });
    let closing = async {
        socket.close(frame).await?;
        // The other end's own closing frame, and what it sent before.
        while let Some(Ok(_)) = socket.next().await {}
        Ok::<(), Error>(())
    };
    let _ = timeout(CLOSE_TIMEOUT, closing).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_preference_decides() {
        let mut headers = HeaderMap::new();
        let mut asked = |lists: &[&'static str]| {
            headers.clear();
            for list in lists {
                headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(list));
            }
            agreed(&headers).map(|(_, subprotocol)| subprotocol)
        };
        assert_eq!(asked(&["binary.ircv3.net, text.ircv3.net"]), Some(Subprotocol::Binary));
        assert_eq!(asked(&["chat", "x,text.ircv3.net", "binary.ircv3.net"]), Some(Subprotocol::Text));
        assert_eq!(asked(&["mqtt"]), None);
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn only_pages_that_are_named_get_in() {
        let origins = Origins(vec!["https://chat.example.org".to_owned()]);
        let page = |text: &'static str| HeaderValue::from_static(text);
        assert!(origins.allow(None));
        assert!(origins.allow(Some(&page("https://Chat.example.org"))));
        assert!(!origins.allow(Some(&page("http://chat.example.org"))));
        assert!(!origins.allow(Some(&page("null"))));
        assert!(!Origins::default().allow(Some(&page("https://chat.example.org"))));
        assert!(Origins(vec!["*".to_owned()]).allow(Some(&page("null"))));
    }
}
