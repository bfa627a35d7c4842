//! What a call's WebRTC driver takes for its sockets: a part of the shared ones.
//!
//! The stack binds a socket of its own per call and hands it over for wrapping. That socket is
//! closed at once; only its address stays, as the name of the call's local ICE candidate.

use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Mutex, OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime,
    TokioRuntime, Transmit,
};

use super::inbox::{Arrived, Inbox};
use super::mux::Mux;

/// A TCP client that takes nothing for so long is gone. Until then its call stands still.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The runtime of one call: tokio, with the shared ports for sockets.
#[derive(Debug)]
pub(super) struct CallRuntime {
    pub(super) mux: Arc<Mux>,
    pub(super) inbox: Arc<Inbox>,
    /// Cancelled when the call's driver is gone, be it by a panic.
    pub(super) gone: CancellationToken,
}

impl Runtime for CallRuntime {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        let gone = self.gone.clone().drop_guard();
        TokioRuntime.spawn(Box::pin(async move {
            let _gone = gone;
            future.await;
        }))
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        Ok(Arc::new(SharedUdp {
            local: socket.local_addr()?,
            mux: Arc::clone(&self.mux),
            inbox: Arc::clone(&self.inbox),
        }))
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        let local = listener.local_addr()?;
        Ok(Arc::new(SharedListener {
            local,
            inbox: Arc::clone(&self.inbox),
            accept: Mutex::new(self.inbox.side(local).accept()),
        }))
    }

    fn connect_tcp<'a>(
        &'a self,
        _remote: SocketAddr,
    ) -> Boxed<'a, io::Result<Arc<dyn AsyncTcpStream>>> {
        // A client must not be able to make the server open connections.
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }

    fn resolve_host<'a>(&'a self, _host: &'a str) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }

    fn sleep(&self, duration: Duration) -> Boxed<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }

    fn yield_now(&self) -> Boxed<'static, ()> {
        Box::pin(tokio::task::yield_now())
    }

    fn name(&self) -> &'static str {
        "shared ports"
    }
}

#[derive(Debug)]
struct SharedUdp {
    local: SocketAddr,
    mux: Arc<Mux>,
    inbox: Arc<Inbox>,
}

impl AsyncUdpSocket for SharedUdp {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn poll_send(&self, _: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let size = transmit
            .segment_size
            .unwrap_or(transmit.contents.len())
            .max(1);
        for datagram in transmit.contents.chunks(size) {
            self.mux.send(&self.inbox, datagram, transmit.destination);
        }
        Poll::Ready(Ok(transmit.contents.len()))
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(buffer), Some(meta)) = (buffers.first_mut(), meta.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        let (datagram, from) = std::task::ready!(self.inbox.side(self.local).poll_pop(context));
        let length = datagram.len().min(buffer.len());
        buffer[..length].copy_from_slice(&datagram[..length]);
        *meta = RecvMeta::default();
        meta.len = length;
        meta.stride = length.max(1);
        meta.addr = from;
        Poll::Ready(Ok(1))
    }
}

#[derive(Debug)]
struct SharedListener {
    local: SocketAddr,
    inbox: Arc<Inbox>,
    accept: Mutex<Option<mpsc::Receiver<Arrived>>>,
}

impl AsyncTcpListener for SharedListener {
    fn accept<'a>(&'a self) -> Boxed<'a, io::Result<(Arc<dyn AsyncTcpStream>, SocketAddr)>> {
        Box::pin(async {
            let arrived = match self.accept.lock().await.as_mut() {
                Some(accept) => accept.recv().await,
                None => None,
            };
            let Some(arrived) = arrived else {
                return std::future::pending().await;
            };
            let Arrived {
                stream,
                read,
                peer,
                open,
            } = arrived;
            let (reader, writer) = stream.into_split();
            let stream = SharedStream {
                inbox: Arc::clone(&self.inbox),
                first: Mutex::new(read),
                reader,
                writer,
                local: self.local,
                peer,
                broken: AtomicBool::new(false),
                _open: open,
            };
            Ok((Arc::new(stream) as Arc<dyn AsyncTcpStream>, peer))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
}

#[derive(Debug)]
struct SharedStream {
    inbox: Arc<Inbox>,
    /// What was read to find out whose connection it is.
    first: Mutex<Bytes>,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    local: SocketAddr,
    peer: SocketAddr,
    broken: AtomicBool,
    _open: OwnedSemaphorePermit,
}

impl SharedStream {
    async fn write_now(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.writer.writable().await?;
            match self.writer.try_write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl AsyncTcpStream for SharedStream {
    fn read<'a, 'b>(&'a self, buffer: &'b mut [u8]) -> Boxed<'b, io::Result<usize>>
    where
        'a: 'b,
    {
        Box::pin(async move {
            {
                let mut first = self.first.lock().await;
                if first.has_remaining() {
                    let length = first.len().min(buffer.len());
                    first.copy_to_slice(&mut buffer[..length]);
                    return Ok(length);
                }
            }
            loop {
                self.reader.readable().await?;
                match self.reader.try_read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => {
                        if result.as_ref().is_ok_and(|length| *length > 0) {
                            self.inbox.heard.note();
                        }
                        return result;
                    }
                }
            }
        })
    }

    fn write_all<'a, 'b>(&'a self, bytes: &'b [u8]) -> Boxed<'b, io::Result<()>>
    where
        'a: 'b,
    {
        Box::pin(async move {
            if self.broken.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let result = match tokio::time::timeout(WRITE_TIMEOUT, self.write_now(bytes)).await {
                Ok(result) => result,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            // Half a frame may have left: nothing after it could be understood.
            if result.is_err() {
                self.broken.store(true, Ordering::Relaxed);
            }
            result
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
