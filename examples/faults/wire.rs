//! A TCP connection in two parts with a switch between them: cut, frozen, deaf in one direction, slow.

use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// How long a piece of bytes is held back on a slow wire.
const SLOWNESS: Duration = Duration::from_millis(150);

/// How the wire is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As it should be.
    Whole,
    /// All connections are reset, new ones are closed at once.
    Cut,
    /// Nothing passes, nothing ends: neither end hears that the other one is gone.
    Frozen,
    /// What the near end sends is lost.
    DeafToNear,
    /// What the far end sends is lost.
    DeafToFar,
    /// Everything takes its time.
    Slow,
}

/// The wire.
pub struct Wire {
    /// Where to connect instead.
    pub address: String,
    mode: watch::Sender<Mode>,
}

impl Wire {
    /// A whole wire to an address.
    pub async fn to(far: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (mode, seen) = watch::channel(Mode::Whole);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *seen.borrow() != Mode::Cut {
                    tokio::spawn(connect(near, far.clone(), seen.clone()));
                }
            }
        });
        Ok(Self { address, mode })
    }

    /// Turns the switch. Connections that were frozen or deaf never come back: they end when the wire is whole again, as
    /// after a router was replaced.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn connect(near: TcpStream, far: String, mode: watch::Receiver<Mode>) {
    let Ok(far) = TcpStream::connect(far).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        () = carry(near_read, far_write, mode.clone(), Mode::DeafToNear) => {}
        () = carry(far_read, near_write, mode.clone(), Mode::DeafToFar) => {}
        () = ended(mode) => {}
    }
}

/// When a connection ends by the switch: cut, or whole again after it was disturbed.
async fn ended(mut mode: watch::Receiver<Mode>) {
    let _ = mode.wait_for(|mode| !matches!(mode, Mode::Whole | Mode::Slow)).await;
    let _ = mode.wait_for(|mode| matches!(mode, Mode::Cut | Mode::Whole)).await;
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mode: watch::Receiver<Mode>, deaf: Mode) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let now = *mode.borrow();
        if now == Mode::Frozen {
            std::future::pending::<()>().await;
        } else if now == deaf {
            continue;
        } else if now == Mode::Slow {
            sleep(SLOWNESS).await;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
