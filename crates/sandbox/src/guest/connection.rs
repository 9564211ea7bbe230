//! Connections that processes in the container made to the guest's listener, as byte streams.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use wire::{Kind, MAX_PAYLOAD};

use super::link::{Channel, Incoming};

/// A listener on the container's loopback. Dropping it closes it and every connection it accepted.
#[derive(Debug)]
pub struct Listener {
    #[expect(dead_code, reason = "dropping it closes the listener")]
    pub(super) channel: Channel,
    pub(super) accepted: mpsc::UnboundedReceiver<Channel>,
    pub(super) port: u16,
}

impl Listener {
    /// The TCP port in the container.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next connection; `None` when the stream to the guest is lost. Cancel-safe.
    pub async fn accept(&mut self) -> Option<Connection> {
        self.accepted.recv().await.map(Connection::new)
    }
}

/// One TCP connection of the container, carried over the stream to the guest. Shutting it down ends its writing side
/// only; dropping it closes it, after what was written before a shutdown has been delivered.
#[derive(Debug)]
pub struct Connection {
    channel: Channel,
    unread: Bytes,
    read_over: bool,
    write_over: bool,
}

impl Connection {
    fn new(channel: Channel) -> Connection {
        Connection { channel, unread: Bytes::new(), read_over: false, write_over: false }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.unread.is_empty() {
            if this.read_over {
                return Poll::Ready(Ok(()));
            }
            match ready!(this.channel.incoming.poll_recv(context)) {
                Some(Incoming::Frame(Kind::Data, bytes)) => this.unread = bytes,
                Some(Incoming::Frame(Kind::End, _)) => {
                    this.read_over = true;
                    this.channel.settled = this.write_over;
                }
                Some(Incoming::Frame(Kind::Reset, _)) => {
                    this.read_over = true;
                    this.write_over = true;
                    this.channel.settled = true;
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
                Some(_) => {}
                None => return Poll::Ready(Err(io::Error::other(this.channel.link.lost_error()))),
            }
        }
        let bytes = this.unread.len().min(buffer.remaining());
        buffer.put_slice(&this.unread[..bytes]);
        this.unread.advance(bytes);
        this.channel.consumed(bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.write_over {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        match ready!(self.channel.account.poll_spend(context, bytes.len().min(MAX_PAYLOAD))) {
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Some(0) => Poll::Ready(Ok(0)),
            Some(taken) => {
                self.channel.send_urgent(Kind::Data, &bytes[..taken]);
                Poll::Ready(Ok(taken))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !std::mem::replace(&mut this.write_over, true) {
            this.channel.send_urgent(Kind::End, &[]);
            this.channel.settled = this.read_over;
        }
        Poll::Ready(Ok(()))
    }
}
