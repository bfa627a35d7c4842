//! ICE-TCP on one port: reads a connection's first frame to learn whose it is (RFC 6544).

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::mux::{Mux, plain};
use super::stun;

/// Connections that have not yet said whose they are.
const STRANGERS: usize = 256;
/// How long a connection may take to say it.
const INTRODUCTION: Duration = Duration::from_secs(5);
/// The other side is asked whether it is still there after so much silence.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(20))
    .with_interval(Duration::from_secs(10));
/// A binding request is never larger.
const FIRST_FRAME: usize = 1500;

/// Accepts connections for as long as it is polled and hands each to its call.
pub(super) async fn accept(mux: Arc<Mux>, listener: TcpListener) {
    let mut strangers = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if strangers.len() < STRANGERS => match accepted {
                Ok((stream, _)) => {
                    let introduced = introduce(Arc::clone(&mux), stream);
                    strangers.spawn(tokio::time::timeout(INTRODUCTION, introduced));
                }
                Err(error) => {
                    tracing::debug!(%error, "accepting on the ICE-TCP port failed");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = strangers.join_next() => {}
        }
    }
}

/// Delivers the connection if its first frame is a STUN request for a call we know; else drops
/// and thereby closes it.
async fn introduce(mux: Arc<Mux>, mut stream: TcpStream) -> std::io::Result<()> {
    // Small frames, each awaited by the other side: Nagle's algorithm would hold them back.
    stream.set_nodelay(true)?;
    // A browser that changed its network never says goodbye on the old connection.
    SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE)?;
    let peer = plain(stream.peer_addr()?);
    let length = stream.read_u16().await?;
    let mut read = BytesMut::zeroed(usize::from(length));
    if read.len() > FIRST_FRAME {
        return Ok(());
    }
    stream.read_exact(&mut read).await?;
    let inbox = stun::class(&read)
        .and_then(|_| stun::receiver_fragment(&read))
        .and_then(|fragment| mux.find(fragment));
    if let Some(inbox) = inbox {
        let mut framed = BytesMut::with_capacity(2 + read.len());
        framed.put_u16(length);
        framed.put(read);
        inbox.side(peer).deliver(stream, framed.freeze(), peer);
    }
    Ok(())
}
