//! Credit: how much data may be under way on a channel.

use thiserror::Error;

/// Bytes of data that may be under way on a channel, per direction: sent and not yet granted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(u32);

impl Window {
    /// Of a connection or live output: what a reader that sleeps may keep the guest from freeing.
    pub const STREAM: Window = Window(2 * crate::MAX_PAYLOAD as u32);

    /// Of files: read on the host, or written in the container, as they come, so that only speed asks for a window.
    pub const FILES: Window = Window(32 * crate::MAX_PAYLOAD as u32);
}

/// The other side broke the rules of credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CreditError {
    /// More data than granted.
    #[error("more data than the channel's credit allows")]
    Exceeded,
    /// A grant that is not four bytes, or more than the window.
    #[error("a credit grant that cannot be")]
    Grant,
}

/// The sender's account.
#[derive(Debug)]
pub struct SendWindow {
    size: Window,
    left: u32,
}

impl SendWindow {
    /// Of a fresh channel.
    pub fn new(size: Window) -> SendWindow {
        SendWindow { size, left: size.0 }
    }

    /// Bytes that may be sent now.
    pub fn available(&self) -> usize {
        self.left as usize
    }

    /// Notes that `bytes` are sent; more than [`SendWindow::available`] counts as all of it.
    pub fn spend(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Takes the payload of a `Credit` frame.
    ///
    /// # Errors
    /// [`CreditError::Grant`] if it is malformed or exceeds the window.
    pub fn grant(&mut self, payload: &[u8]) -> Result<(), CreditError> {
        let bytes = payload.try_into().map(u32::from_le_bytes).map_err(|_| CreditError::Grant)?;
        self.left =
            self.left.checked_add(bytes).filter(|&left| left <= self.size.0).ok_or(CreditError::Grant)?;
        Ok(())
    }
}

/// The receiver's account.
#[derive(Debug)]
pub struct ReceiveWindow {
    size: Window,
    open: u32,
    consumed: u32,
}

impl ReceiveWindow {
    /// Of a fresh channel.
    pub fn new(size: Window) -> ReceiveWindow {
        ReceiveWindow { size, open: size.0, consumed: 0 }
    }

    /// Notes that a frame of `bytes` has arrived.
    ///
    /// # Errors
    /// [`CreditError::Exceeded`] if the sender had no credit for it.
    pub fn arrived(&mut self, bytes: usize) -> Result<(), CreditError> {
        let bytes = u32::try_from(bytes).map_err(|_| CreditError::Exceeded)?;
        self.open = self.open.checked_sub(bytes).ok_or(CreditError::Exceeded)?;
        Ok(())
    }

    /// As [`ReceiveWindow::consumed`], for who knows only that `buffered` bytes are still to be consumed.
    pub fn settle(&mut self, buffered: usize) -> Option<[u8; 4]> {
        let unsettled = (self.size.0 - self.open - self.consumed) as usize;
        self.consumed(unsettled.saturating_sub(buffered))
    }

    /// Notes that `bytes` have left the buffer for good. Returns the payload of a `Credit` frame once a grant is
    /// worth sending (half the window).
    pub fn consumed(&mut self, bytes: usize) -> Option<[u8; 4]> {
        let taken = self.size.0 - self.open;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.consumed = self.consumed.saturating_add(bytes).min(taken);
        if self.consumed < self.size.0 / 2 {
            return None;
        }
        let grant = std::mem::take(&mut self.consumed);
        self.open += grant;
        Some(grant.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A sender that keeps to its window is never refused and never stuck, whatever the sizes.
        #[test]
        fn both_accounts_agree(
            sizes in proptest::collection::vec(1usize..=crate::MAX_PAYLOAD, 1..200),
            large in any::<bool>(),
        ) {
            let size = if large { Window::FILES } else { Window::STREAM };
            let (mut send, mut receive) = (SendWindow::new(size), ReceiveWindow::new(size));
            let mut buffered = 0;
            for size in sizes {
                if send.available() < size {
                    let grant = receive.consumed(std::mem::take(&mut buffered));
                    let grant = grant.ok_or_else(|| TestCaseError::fail("stuck"))?;
                    prop_assert_eq!(send.grant(&grant), Ok(()));
                }
                let size = size.min(send.available());
                send.spend(size);
                prop_assert_eq!(receive.arrived(size), Ok(()));
                buffered += size;
            }
        }
    }

    #[test]
    fn breaking_the_rules_is_an_error() {
        let mut receive = ReceiveWindow::new(Window::STREAM);
        assert_eq!(receive.arrived(Window::STREAM.0 as usize), Ok(()));
        assert_eq!(receive.arrived(1), Err(CreditError::Exceeded));
        let mut send = SendWindow::new(Window::STREAM);
        assert_eq!(send.grant(&1u32.to_le_bytes()), Err(CreditError::Grant));
        assert_eq!(send.grant(b"abc"), Err(CreditError::Grant));
    }
}
