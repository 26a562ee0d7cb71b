//! Futures that never wait, driven to their end.
//!
//! Promises: everything that a stand-in is asked is ready at once, so the first poll gives the result. Another kind of
//! future would be polled again and again, on this thread.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
};

/// What the future gives.
pub(crate) fn driven<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::yield_now(),
        }
    }
}
