//! A service that reads and writes bodies as a test needs it, and remembers what it read.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::wire::{Came, head, rest, send};

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) addr: SocketAddr,
    received: Arc<Mutex<Vec<Came>>>,
}

impl Origin {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let received = Arc::default();
        let origin = Self { addr, received };
        let serving = origin.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        origin
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What came for this path, once it has ended.
    pub(crate) async fn received(&self, path: &str) -> Came {
        for _ in 0..200 {
            let received = self.received.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let found = received
                .into_iter()
                .find(|came| came.head.contains(&format!(" {path} ")));
            if let Some(came) = found {
                return came;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing came for {path}")
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let head = head(&mut stream).await;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let early = path.starts_with("/o/early/");
        let bytes_max = if early { number(&path) } else { usize::MAX };
        let mut came = rest(&mut stream, head, bytes_max).await;
        if early {
            // In two parts, so that a connection that is given up too soon shows.
            let stream = stream.get_mut();
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n")
                .await;
            let _ = send(stream, 0, 100_000, false).await;
            sleep(Duration::from_millis(400)).await;
            let _ = send(stream, 100_000, 100_000, false).await;
        } else if came.whole {
            answer(stream.get_mut(), &path, &came).await;
        }
        if early {
            let mut after = Vec::new();
            let _ = stream.take(50 << 20).read_to_end(&mut after).await;
            came.whole = after.ends_with(b"\r\n0\r\n\r\n");
        }
        self.received.lock().unwrap_or_else(PoisonError::into_inner).push(came);
    }
}

fn number(path: &str) -> usize {
    path.rsplit('/').next().and_then(|last| last.parse().ok()).unwrap_or(0)
}

async fn answer(stream: &mut TcpStream, path: &str, came: &Came) {
    let number = number(path);
    let chunked = path.contains("chunked");
    let head = async |stream: &mut TcpStream, length: usize| {
        let framing = match chunked {
            true => "Transfer-Encoding: chunked".to_owned(),
            false => format!("Content-Length: {length}"),
        };
        let head = format!("HTTP/1.1 200 OK\r\n{framing}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.is_ok()
    };
    let action = path.split('/').nth(2).unwrap_or_default();
    let _ = match action {
        // So many bytes.
        "down" => {
            head(stream, number).await
                && send(stream, 0, number, chunked).await
                && (!chunked || stream.write_all(b"0\r\n\r\n").await.is_ok())
        }
        // So many bytes, and then the end of the connection, where ten more were due.
        "cut" => {
            let sent = head(stream, number + 10).await && send(stream, 0, number, chunked).await;
            // Else the head may be lost with the rest, in Viceroy.
            sleep(Duration::from_millis(100)).await;
            sent
        }
        // So many bytes, and then nothing.
        "stall" => {
            let sent = head(stream, number + 10).await && send(stream, 0, number, chunked).await;
            sleep(Duration::from_secs(20)).await;
            sent
        }
        // Four events, 300 ms apart.
        "events" => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
            let _ = stream.write_all(head).await;
            for event in 0..4 {
                let text = format!("data: {event}\n\n");
                let _ = stream
                    .write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
                    .await;
                sleep(Duration::from_millis(300)).await;
            }
            stream.write_all(b"0\r\n\r\n").await.is_ok()
        }
        "head" => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nConnection: close\r\n\r\n";
            stream.write_all(head).await.is_ok()
        }
        _ => {
            let told = format!("{} {}", came.bytes, came.right);
            head(stream, told.len()).await && stream.write_all(told.as_bytes()).await.is_ok()
        }
    };
    let _ = stream.shutdown().await;
}
