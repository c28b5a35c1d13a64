//! Clients that come by WebSocket: one line a message, text or binary, from pages that may.

use chat_tui::ground::tls::client::Connector;
use chat_tui::ground::tls::server::ServerCertificate;
use chat_tui::server::listener::Listener;
use chat_tui::server::websocket::{MESSAGE_BYTES_MAX, Origins};
use futures_util::{SinkExt as _, StreamExt as _};
use tempfile::tempdir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::PATIENCE;
use crate::database::Database;
use crate::host::Host;

const PAGE: &str = "https://chat.example.org";

/// A client in a browser, or one that says that it is.
struct Browser<S> {
    socket: WebSocketStream<S>,
    /// What was agreed on.
    subprotocol: Option<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Browser<S> {
    async fn open(stream: S, subprotocols: Option<&str>, page: Option<&str>) -> Result<Self, Error> {
        let mut request = "ws://localhost/".into_client_request()?;
        let mut set = |name: &'static str, value: Option<&str>| {
            if let Some(value) = value {
                request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
            }
        };
        set("sec-websocket-protocol", subprotocols);
        set("origin", page);
        let (socket, response) = timeout(PATIENCE, client_async(request, stream)).await.expect("in time")?;
        let subprotocol = response.headers().get("sec-websocket-protocol");
        let subprotocol = subprotocol.map(|name| name.to_str().unwrap().to_owned());
        Ok(Self { socket, subprotocol })
    }

    async fn say(&mut self, line: &str) {
        let message = match self.subprotocol.as_deref() {
            Some("binary.ircv3.net") => Message::binary(line.as_bytes().to_vec()),
            _ => Message::text(line),
        };
        self.socket.send(message).await.unwrap();
    }

    async fn next(&mut self) -> Message {
        timeout(PATIENCE, self.socket.next()).await.expect("in time").expect("it goes on").expect("a message")
    }

    /// The first line with this text in it.
    async fn expect(&mut self, wanted: &str) -> String {
        loop {
            let line = match (self.next().await, self.subprotocol.as_deref()) {
                (Message::Binary(bytes), Some("binary.ircv3.net")) => String::from_utf8(bytes.to_vec()).unwrap(),
                (Message::Text(text), Some("text.ircv3.net") | None) => text.as_str().to_owned(),
                (other, _) => panic!("{wanted:?} was expected, not {other:?}"),
            };
            assert!(!line.contains(['\r', '\n']), "one line a message: {line:?}");
            if line.contains(wanted) {
                return line;
            }
        }
    }

    async fn register(&mut self, name: &str) {
        for line in [
            "CAP LS 302",
            "CAP REQ :draft/account-registration echo-message",
            &format!("NICK {name}"),
            &format!("USER {name} 0 * :{name}"),
            &format!("REGISTER {name} * correct-horse"),
            "CAP END",
        ] {
            self.say(line).await;
        }
        self.expect(" 001 ").await;
        self.expect(" 366 ").await;
    }

    /// The code with which the server closes.
    async fn closed(&mut self) -> CloseCode {
        loop {
            if let Message::Close(frame) = self.next().await {
                return frame.expect("a code").code;
            }
        }
    }
}

async fn start(directory: &tempfile::TempDir) -> (Host, std::net::SocketAddr) {
    let listener = Listener::plain("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = listener.over_websocket(Origins(vec![PAGE.to_owned()]));
    let address = listener.local_address().unwrap();
    let host = Host::listening(directory, &Database::Sqlite.url(directory), vec![listener], |_| {}).await;
    (host, address)
}

async fn browser(address: std::net::SocketAddr, subprotocols: &str) -> Browser<TcpStream> {
    let stream = TcpStream::connect(address).await.unwrap();
    Browser::open(stream, Some(subprotocols), Some(PAGE)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_go_as_text_or_binary_and_everybody_meets() {
    let directory = tempdir().unwrap();
    let (host, address) = start(&directory).await;
    let mut ann = browser(address, "text.ircv3.net, binary.ircv3.net").await;
    assert_eq!(ann.subprotocol.as_deref(), Some("text.ircv3.net"));
    let mut bob = browser(address, "other, binary.ircv3.net").await;
    assert_eq!(bob.subprotocol.as_deref(), Some("binary.ircv3.net"));
    ann.register("ann").await;
    bob.register("bob").await;
    let mut cat = host.connect().await.register("cat", "correct-horse").await;

    // An end that is there all the same is forgiven.
    ann.say("PRIVMSG #general :de la page, é 漢字\r\n").await;
    bob.expect("PRIVMSG #general :de la page, é 漢字").await;
    cat.expect("PRIVMSG #general :de la page, é 漢字").await;
    bob.say("PRIVMSG #general :binaire").await;
    ann.expect("PRIVMSG #general :binaire").await;

    // Pings of WebSocket are answered; so are lines that are no lines.
    ann.socket.send(Message::Ping(b"alive"[..].into())).await.unwrap();
    while ann.next().await != Message::Pong(b"alive"[..].into()) {}
    ann.say(&format!("PRIVMSG #general :{}", "x".repeat(1_000))).await;
    ann.expect(" 417 ").await;
    bob.socket.send(Message::binary(b"PRIVMSG #general :\xff".to_vec())).await.unwrap();
    bob.expect("UTF-8").await;

    ann.say("QUIT :bye").await;
    ann.expect("ERROR :").await;
    assert_eq!(ann.closed().await, CloseCode::Normal);
    bob.expect(" QUIT :").await;
    // A client that closes is gone for the others too.
    bob.socket.close(None).await.unwrap();
    cat.expect(":bob!bob@").await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_not_named_stay_outside() {
    let directory = tempdir().unwrap();
    let (host, address) = start(&directory).await;
    let connect = async || TcpStream::connect(address).await.unwrap();
    for page in ["https://evil.example", "http://chat.example.org", "null"] {
        let opened = Browser::open(connect().await, Some("text.ircv3.net"), Some(page)).await;
        let Err(Error::Http(response)) = opened else { panic!("{page} got in") };
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{page}");
    }
    // No browser, and no subprotocol: text.
    let mut program = Browser::open(connect().await, None, None).await.unwrap();
    assert_eq!(program.subprotocol, None);
    program.register("program").await;
    // Somebody who speaks no HTTP is told so and holds up nobody.
    let mut plain = connect().await;
    plain.write_all(b"NICK ann\r\nUSER ann 0 * :ann\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, plain.read_to_end(&mut answer)).await.expect("it ends in time").ok();
    assert!(!String::from_utf8_lossy(&answer).contains("NOTICE"), "it was let in");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_none_end_the_connection_with_a_code() {
    let directory = tempdir().unwrap();
    let (host, address) = start(&directory).await;
    let mut two_lines = browser(address, "text.ircv3.net").await;
    two_lines.say("PING one\r\nPING two").await;
    assert_eq!(two_lines.closed().await, CloseCode::Policy);

    let mut long = browser(address, "text.ircv3.net").await;
    long.say(&"x".repeat(MESSAGE_BYTES_MAX + 1)).await;
    assert_eq!(long.closed().await, CloseCode::Size);

    let mut garbled = browser(address, "text.ircv3.net").await;
    let frame = Frame::message(b"PING \xff"[..].to_vec(), OpCode::Data(Data::Text), true);
    garbled.socket.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(garbled.closed().await, CloseCode::Invalid);

    // In pieces it is one message.
    let mut pieces = browser(address, "text.ircv3.net").await;
    for (piece, code, is_last) in
        [("PING ", Data::Text, false), ("in-", Data::Continue, false), ("pieces", Data::Continue, true)]
    {
        let frame = Frame::message(piece.as_bytes().to_vec(), OpCode::Data(code), is_last);
        pieces.socket.send(Message::Frame(frame)).await.unwrap();
    }
    pieces.expect("in-pieces").await;
    // The server's end is told too.
    host.stop().await;
    pieces.expect("ERROR :").await;
    assert_eq!(pieces.closed().await, CloseCode::Normal);
}

#[tokio::test(flavor = "multi_thread")]
async fn websockets_may_be_secured() {
    let directory = tempdir().unwrap();
    let certificate = ServerCertificate::self_signed(directory.path(), &["localhost".to_owned()]).unwrap();
    let (_acceptor, acceptors) = tokio::sync::watch::channel(certificate.acceptor());
    let listener = Listener::tls("127.0.0.1:0".parse().unwrap(), acceptors).unwrap();
    let listener = listener.over_websocket(Origins(vec!["*".to_owned()]));
    let address = listener.local_address().unwrap();
    assert!(listener.describe().ends_with("(TLS) (WebSocket)"));
    let host = Host::listening(&directory, &Database::Sqlite.url(&directory), vec![listener], |_| {}).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let secured = Connector::new().connect(stream, "localhost", Some(certificate.fingerprint())).await.unwrap();
    let mut ann = Browser::open(secured.stream, Some("binary.ircv3.net"), Some("https://any.example")).await.unwrap();
    ann.register("ann").await;
    ann.say("WHOIS ann").await;
    ann.expect(" 671 ").await;
    host.stop().await;
}
