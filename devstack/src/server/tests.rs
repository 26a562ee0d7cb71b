//! What a server promises when it is stopped, resumed and dropped.

use std::future::pending;

use axum::routing::get;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::*;

fn router() -> Router {
    Router::new()
        .route("/", get(async || "here"))
        .route("/hang", get(pending::<String>))
        .route(
            "/peer",
            get(async |Extension(connection): Extension<Connection>| connection.peer().ip().to_string()),
        )
        .route(
            "/hang-up",
            get(async |Extension(connection): Extension<Connection>| {
                connection.hang_up();
                pending::<String>().await
            }),
        )
}

async fn is_refused(addr: SocketAddr) -> bool {
    TcpStream::connect(addr)
        .await
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

async fn ends(mut stream: TcpStream) -> bool {
    let read = timeout(Duration::from_secs(5), stream.read(&mut [0; 64]))
        .await
        .expect("the connection stays open");
    matches!(read, Ok(0) | Err(_))
}

#[tokio::test]
async fn it_answers_and_knows_who_asks() {
    let server = Server::start(router()).await.expect("start");
    assert_eq!(
        reqwest::get(server.url())
            .await
            .expect("get")
            .text()
            .await
            .expect("text"),
        "here"
    );
    let peer = reqwest::get(format!("{}/peer", server.url())).await.expect("get");
    assert_eq!(peer.text().await.expect("text"), "127.0.0.1");
}

#[tokio::test]
async fn stopped_it_refuses_and_resumed_it_answers_on_the_same_port() {
    let server = Server::start(router()).await.expect("start");
    for _ in 0..2 {
        let open = TcpStream::connect(server.addr()).await.expect("connect");
        let waiting = tokio::spawn(reqwest::get(format!("{}/hang", server.url())));
        reqwest::get(server.url()).await.expect("it runs");
        server.stop().await;
        assert!(ends(open).await, "an idle connection outlived the stop");
        let cut_off = timeout(Duration::from_secs(5), waiting)
            .await
            .expect("a request in hand outlived the stop");
        cut_off.expect("join").expect_err("nobody is there to answer");
        assert!(is_refused(server.addr()).await);
        server.stop().await;
        server.resume().await.expect("resume");
        server.resume().await.expect("resuming twice is no harm");
        assert_eq!(
            reqwest::get(server.url())
                .await
                .expect("get")
                .text()
                .await
                .expect("text"),
            "here"
        );
    }
}

#[tokio::test]
async fn another_server_can_take_the_place_of_a_stopped_one() {
    let first = Server::start(router()).await.expect("start");
    Server::start_on(first.addr(), router())
        .await
        .expect_err("the address is taken");
    first.stop().await;
    let second = Server::start_on(first.addr(), Router::new()).await.expect("start");
    assert_eq!(first.url(), second.url());
    assert_eq!(reqwest::get(second.url()).await.expect("get").status(), 404);
}

#[tokio::test]
async fn dropped_it_is_gone() {
    let server = Server::start(router()).await.expect("start");
    let addr = server.addr();
    let open = TcpStream::connect(addr).await.expect("connect");
    drop(server);
    assert!(ends(open).await);
    assert!(is_refused(addr).await);
}

#[tokio::test]
async fn a_handler_can_hang_up() {
    let server = Server::start(router()).await.expect("start");
    reqwest::get(format!("{}/hang-up", server.url()))
        .await
        .expect_err("there is no answer");
    reqwest::get(server.url())
        .await
        .expect("other connections are not touched");
}
