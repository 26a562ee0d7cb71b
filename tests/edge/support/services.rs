//! Services that answer in ways that the sample service does not.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The body of `/literal/noise`: five MiB in which every place looks different.
pub(crate) const NOISE_BYTES: usize = 5 << 20;

/// A service that writes answers byte by byte as they stand here. Returns its URL.
pub(crate) async fn literal() -> String {
    serve(|mut stream| async move {
        let target = target(&mut stream).await;
        let _ = match target.as_str() {
            "/literal/headers" => stream.write_all(HEADERS).await,
            "/literal/noise" => {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {NOISE_BYTES}\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(head.as_bytes()).await;
                stream.write_all(&noise()).await
            }
            "/literal/garbage" => stream.write_all(b"220 smtp.example ESMTP\r\n\r\n").await,
            "/literal/half" => {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf")
                    .await
            }
            _ => {
                stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .await
            }
        };
        let _ = stream.shutdown().await;
    })
    .await
}

/// A response that tries to speak for the gateway.
const HEADERS: &[u8] = b"HTTP/1.1 200 OK\r\n\
    Content-Length: 2\r\n\
    Connection: close, X-Private\r\n\
    X-Private: service\r\n\
    X-Tollgate-Subject: service\r\n\
    X_Tollgate.Issuer: service\r\n\
    Surrogate-Key: service\r\n\
    Surrogate-Control: max-age=60\r\n\
    X-Serverless-Authorization: Bearer service\r\n\
    Server: Google Frontend\r\n\
    X-Powered-By: service\r\n\
    X_Powered_By: service\r\n\
    Via: 1.1 google\r\n\
    X-Cloud-Trace-Context: 1/2;o=1\r\n\
    Traceparent: 00-1-2-01\r\n\
    X-Served-By: service\r\n\
    X-Cache: HIT\r\n\
    X-Timer: S1\r\n\
    Fastly-Restarts: 1\r\n\
    X-Goog-Hash: crc32c=1\r\n\
    X-Envoy-Upstream-Service-Time: 1\r\n\
    Alt-Svc: clear\r\n\
    Authorization: Basic c2VydmljZQ==\r\n\
    X_Request_Id: service-0\r\n\
    X-Request-Id: service-1\r\n\
    X-Request-Id: service-2\r\n\
    Keep-Alive: timeout=5\r\n\
    Proxy-Authenticate: Basic\r\n\
    Set-Cookie: a=1; HttpOnly\r\n\
    Set-Cookie: b=2; Secure\r\n\
    X-Plain: kept\r\n\
    ETag: \"v1\"\r\n\r\nok";

/// A service that takes connections and never says a word.
pub(crate) async fn mute() -> String {
    serve(|stream| async move {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        drop(stream);
    })
    .await
}

/// Bytes in which every place looks different.
pub(crate) fn noise() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..NOISE_BYTES / 8).flat_map(|_| word()).collect()
}

async fn serve<F: Future<Output = ()> + Send + 'static>(answer: fn(TcpStream) -> F) -> String {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    url
}

/// Reads a request's head and gives its target.
async fn target(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    let head = String::from_utf8_lossy(&head);
    head.split(' ').nth(1).unwrap_or_default().to_owned()
}
