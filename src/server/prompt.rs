//! A TCP stream that acknowledges half a line at once.
//!
//! A client that writes a line in two pieces, its text and then its end, holds the second one back until the first is
//! acknowledged (Nagle's algorithm, RFC 1122, 4.2.3.4), and the kernel puts the acknowledgement off for 40 ms because an
//! answer may carry it (4.2.3.2). To half a line there is none. Many scripts, bots and test suites write so, every line.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The stream of a client whose lines come as they are, without TLS.
#[derive(Debug)]
pub struct PromptStream(pub TcpStream);

impl PromptStream {
    /// Sends the acknowledgement that is due. The kernel goes back to its own ways afterwards, so whole lines cost nothing.
    fn acknowledge(&self) {
        // Where it cannot be had, the other end waits a little longer.
        #[cfg(target_os = "linux")]
        let _ = self.0.set_quickack(true);
    }
}

impl AsyncRead for PromptStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(context, buf))?;
        if buf.filled()[before..].last().is_some_and(|last| *last != b'\n') {
            self.acknowledge();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PromptStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::{Duration, Instant};

    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
    use tokio::net::TcpListener;

    use super::*;

    /// More than the first segments of a connection, which the kernel acknowledges at once in any case.
    const ROUNDS: usize = 61;
    /// Half of what the kernel waits.
    const PROMPT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn the_rest_of_a_line_does_not_wait_for_a_late_acknowledgement() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let server = tokio::spawn(async move {
            let mut stream = BufStream::new(PromptStream(stream));
            let mut line = String::new();
            while stream.read_line(&mut line).await.unwrap() > 0 {
                stream.write_all(line.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                line.clear();
            }
        });
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let began = Instant::now();
            client.write_all(b"PING x").await.unwrap();
            client.write_all(b"\r\n").await.unwrap();
            let mut answer = [0; 8];
            client.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"PING x\r\n");
            times.push(began.elapsed());
        }
        drop(client);
        server.await.unwrap();
        // A machine at work may be late now and then; half of the times are not.
        times.sort();
        assert!(times[ROUNDS / 2] < PROMPT, "{times:?}");
    }
}
