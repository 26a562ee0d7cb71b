//! A service that misbehaves as it is told: it refuses, is late, stalls, breaks off, or says what is not HTTP.
//!
//! Promises that each request is answered by its path's script, step by step and byte by byte, one request a connection;
//! that every request which came, whole or in part, stands in the book, so that a test can say what was sent and what
//! was not sent twice; and that what is left to chance comes of a seed.
//! Refuses nothing by itself: a path without a plan is answered with an account of the request.

mod book;
mod connection;
pub mod script;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

pub use book::{Book, Seen};
use script::{Plan, Script};

/// A running service. Stops when dropped.
#[derive(Debug)]
pub struct FaultyService {
    addr: SocketAddr,
    service: Arc<Service>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Service {
    name: String,
    book: Book,
    /// By path, with the number of requests that came for it.
    plans: Mutex<BTreeMap<String, (Plan, u64)>>,
}

impl FaultyService {
    /// Starts a service that writes its requests in the book.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start(name: impl Into<String>, book: Book) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no free port on 127.0.0.1")?;
        let addr = listener.local_addr()?;
        let service = Arc::new(Service {
            name: name.into(),
            book,
            plans: Mutex::default(),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&service)));
        Ok(Self { addr, service, task })
    }

    /// Where it is, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What becomes of requests for this path from now on; the query does not matter. `*` stands for all paths that have
    /// no plan of their own.
    pub fn plan(&self, path: &str, plan: Plan) {
        self.service.plans().insert(path.to_owned(), (plan, 0));
    }
}

impl Drop for FaultyService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Service {
    fn plans(&self) -> MutexGuard<'_, BTreeMap<String, (Plan, u64)>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn script(&self, target: &str) -> Script {
        let path = target.split('?').next().unwrap_or_default();
        let mut plans = self.plans();
        let path = if plans.contains_key(path) { path } else { "*" };
        let Some((plan, number)) = plans.get_mut(path) else {
            return Plan::Turns(Vec::new()).script(0);
        };
        let script = plan.script(*number);
        *number = number.saturating_add(1);
        script
    }
}

/// The connections end with the task.
async fn accept(listener: TcpListener, service: Arc<Service>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection::serve(stream, Arc::clone(&service)))),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A port that is kept, and where nobody listens.
#[derive(Debug)]
pub struct ClosedPort(TcpSocket);

impl ClosedPort {
    /// Takes one.
    ///
    /// # Errors
    /// If none can be had.
    pub fn take() -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self(socket))
    }

    /// Its URL, without a slash at the end.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn url(&self) -> anyhow::Result<String> {
        Ok(format!("http://{}", self.0.local_addr()?))
    }
}

/// A port where connections wait for ever, since the queue of those who wait to be accepted is full (Linux).
#[derive(Debug)]
pub struct FullPort {
    listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl FullPort {
    /// Takes one, and fills its queue.
    ///
    /// # Errors
    /// If none can be had, or the system's queue has no end.
    pub async fn take() -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let listener = socket.listen(1)?;
        let addr = listener.local_addr()?;
        let mut waiting = Vec::new();
        while let Ok(connected) = timeout(Duration::from_millis(300), TcpStream::connect(addr)).await {
            anyhow::ensure!(waiting.len() < 64, "this system takes connections without end");
            waiting.push(connected?);
        }
        Ok(Self {
            listener,
            _waiting: waiting,
        })
    }

    /// Its URL, without a slash at the end.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn url(&self) -> anyhow::Result<String> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }
}

#[cfg(test)]
mod tests;
