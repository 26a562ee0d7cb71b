//! Too few instances, and what Google's front end says in every answer.

use std::time::{Duration, Instant};

use super::World;
use crate::cloud_run::Scaling;

async fn get(world: &World) -> reqwest::Response {
    let request = world.get("/a").bearer_auth(world.token());
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn too_few_instances_are_told_as_google_tells_it() {
    let world = World::new().await;
    world.cloud_run.set_scaling(Scaling::Overloaded);
    let answer = get(&world).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["content-type"], "text/html");
    assert_eq!(answer.headers()["server"], "Google Frontend");
    assert_eq!(answer.text().await.expect("text"), "Rate exceeded.");
    let stranger = world.get("/a").send().await.expect("an answer");
    assert_eq!(stranger.status(), 403, "IAM comes first");

    for (retry_after_s, field) in [(None, None), (Some(7), Some("7"))] {
        world.cloud_run.set_scaling(Scaling::Unavailable(retry_after_s));
        let answer = get(&world).await;
        let told = answer
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().expect("text"));
        assert_eq!((answer.status().as_u16(), told), (503, field));
    }
    assert!(world.container.received().is_empty());
    world.cloud_run.set_scaling(Scaling::Warm);
    assert_eq!(get(&world).await.status(), 200);
}

#[tokio::test]
async fn a_cold_start_holds_up_those_who_come_during_it() {
    let world = World::new().await;
    world.cloud_run.set_scaling(Scaling::ColdStart(200));
    let began = Instant::now();
    let (first, second) = tokio::join!(get(&world), get(&world));
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    let both = began.elapsed();
    assert!(
        (Duration::from_millis(200)..Duration::from_millis(390)).contains(&both),
        "{both:?}"
    );
    let began = Instant::now();
    get(&world).await;
    assert!(
        began.elapsed() < Duration::from_millis(150),
        "the instance is there now"
    );
}

#[tokio::test]
async fn every_answer_says_whose_front_end_it_was() {
    let world = World::new().await;
    let refused = world.get("/a").send().await.expect("an answer");
    let unavailable = world
        .get("/drop")
        .bearer_auth(world.token())
        .send()
        .await
        .expect("an answer");
    let traced = world.get("/a").bearer_auth(world.token());
    let traced = traced.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let traced = traced.send().await.expect("an answer");
    for (answer, trace) in [
        (refused, None),
        (unavailable, None),
        (traced, Some("0af7651916cd43dd8448eb211c80319c;o=1")),
    ] {
        assert_eq!(answer.headers()["server"], "Google Frontend");
        assert!(answer.headers().contains_key("alt-svc"));
        let told = answer.headers().get("x-cloud-trace-context");
        assert_eq!(told.map(|value| value.to_str().expect("text")), trace);
    }
}
