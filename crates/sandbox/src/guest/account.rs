//! The credit of one channel, shared by the task that reads the stream and the user of the channel.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use wire::{CreditError, ReceiveWindow, SendWindow, Window};

#[derive(Debug)]
pub(super) struct Account {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    send: SendWindow,
    receive: ReceiveWindow,
    waiting: Option<Waker>,
    closed: bool,
}

impl Account {
    pub(super) fn new(size: Window) -> Account {
        let (send, receive) = (SendWindow::new(size), ReceiveWindow::new(size));
        Account { state: Mutex::new(State { send, receive, waiting: None, closed: false }) }
    }

    /// Takes up to `wanted` bytes of credit, at least one; `None` once the channel is closed.
    pub(super) fn poll_spend(&self, context: &mut Context<'_>, wanted: usize) -> Poll<Option<usize>> {
        let mut state = self.lock();
        if state.closed {
            return Poll::Ready(None);
        }
        let bytes = state.send.available().min(wanted);
        if bytes == 0 && wanted > 0 {
            state.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        state.send.spend(bytes);
        Poll::Ready(Some(bytes))
    }

    /// Takes exactly `wanted` bytes, which must not exceed the window; false once the channel is closed.
    pub(super) fn poll_spend_all(&self, context: &mut Context<'_>, wanted: usize) -> Poll<bool> {
        let mut state = self.lock();
        if !state.closed && state.send.available() < wanted {
            state.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        state.send.spend(wanted);
        Poll::Ready(!state.closed)
    }

    pub(super) fn grant(&self, payload: &[u8]) -> Result<(), CreditError> {
        let mut state = self.lock();
        state.send.grant(payload)?;
        wake(state);
        Ok(())
    }

    pub(super) fn arrived(&self, bytes: usize) -> Result<(), CreditError> {
        self.lock().receive.arrived(bytes)
    }

    pub(super) fn consumed(&self, bytes: usize) -> Option<[u8; 4]> {
        self.lock().receive.consumed(bytes)
    }

    /// Nothing will be granted any more.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        wake(state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waiting.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
