//! One HTTP server of the local world, on a loopback port of its own.
//!
//! Promises that it listens when `start` returns; that after [`Server::stop`] its connections are closed and a later
//! connect is refused, as if the process had died; and that [`Server::resume`] comes back on the same port.
//! Speaks HTTP/1.1 only. Refuses nothing by itself: what is served is the router's affair.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// A running application on loopback. Stops when dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    router: Router,
    running: Mutex<Option<Running>>,
}

/// Dropping `stop` ends the task, so a dropped server ends too.
#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// The connection that a request came over. Every request carries it as an extension.
#[derive(Debug, Clone)]
pub struct Connection {
    peer: SocketAddr,
    hung_up: Arc<Notify>,
}

impl Connection {
    /// Who is at the other end.
    #[must_use]
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Closes the connection without an answer to the request in hand, as a crashed process does.
    pub fn hang_up(&self) {
        self.hung_up.notify_one();
    }
}

impl Server {
    /// Serves the router on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub async fn start(router: Router) -> anyhow::Result<Self> {
        Self::start_with(|_| router).await
    }

    /// Serves a router that must know its own URL.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub async fn start_with(router: impl FnOnce(&str) -> Router) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no free port on 127.0.0.1")?;
        let addr = listener.local_addr()?;
        Ok(Self::serve(listener, addr, router(&url_of(addr))))
    }

    /// Serves the router on this very address, for instance that of a server which was stopped.
    ///
    /// # Errors
    ///
    /// If the address is taken.
    pub async fn start_on(addr: SocketAddr, router: Router) -> anyhow::Result<Self> {
        let listener = listen(addr).await?;
        let addr = listener.local_addr()?;
        Ok(Self::serve(listener, addr, router))
    }

    fn serve(listener: TcpListener, addr: SocketAddr, router: Router) -> Self {
        let running = Mutex::new(Some(run(listener, router.clone())));
        Self { addr, router, running }
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it listens, as `http://127.0.0.1:PORT` without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        url_of(self.addr)
    }

    /// Closes the listener and every open connection. No effect on a server that is stopped.
    pub async fn stop(&self) {
        let running = self.running().take();
        if let Some(Running { stop, task }) = running {
            // Both fail only if the task has ended already, which is what is asked for.
            let _ = stop.send(());
            let _ = task.await;
        }
    }

    /// Comes back on the same port after [`stop`](Self::stop). No effect on a server that runs.
    ///
    /// # Errors
    ///
    /// If another program has taken the port in the meantime.
    pub async fn resume(&self) -> anyhow::Result<()> {
        if self.running().is_some() {
            return Ok(());
        }
        let listener = listen(self.addr).await?;
        let running = run(listener, self.router.clone());
        *self.running() = Some(running);
        Ok(())
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn url_of(addr: SocketAddr) -> String {
    format!("http://{addr}")
}

async fn listen(addr: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr)
        .await
        .with_context(|| format!("{addr} cannot be listened on"))
}

fn run(listener: TcpListener, router: Router) -> Running {
    let (stop, stopped) = oneshot::channel();
    Running {
        stop,
        task: tokio::spawn(accept_until(stopped, listener, router)),
    }
}

async fn accept_until(mut stopped: oneshot::Receiver<()>, listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(converse(stream, peer, router.clone()));
                }
                Err(error) => wait_after(&error).await,
            },
            // Forgets connections that have ended.
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// A connection that ended before it was accepted concerns nobody; with no file descriptor left, accepting at once
/// again would only burn the processor.
async fn wait_after(error: &io::Error) {
    if error.kind() != io::ErrorKind::ConnectionAborted {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn converse(stream: TcpStream, peer: SocketAddr, router: Router) {
    let connection = Connection {
        peer,
        hung_up: Arc::new(Notify::new()),
    };
    let hung_up = Arc::clone(&connection.hung_up);
    // Small pieces of a streamed body must not wait for each other.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router.layer(Extension(connection)));
    tokio::select! {
        // An error here is the client's: it broke the connection off or did not speak HTTP.
        _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service) => {}
        () = hung_up.notified() => {}
    }
}

#[cfg(test)]
mod tests;
