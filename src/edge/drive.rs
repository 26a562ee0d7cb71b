//! The few lines that drive the library's `async` calls on a platform where each is ready at once.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// What the future gives, if it is ready without waiting.
pub(super) fn ready<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
