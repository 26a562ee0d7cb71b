//! Each mood shows, at one endpoint of one issuer, and every request is counted.

use std::time::{Duration, Instant};

use super::*;

#[tokio::test]
async fn moods_show_and_pass() {
    let provider = provider().await;
    let url = provider.jwks_url("okta");
    let good = provider.issuer("okta").expect("okta").jwks();
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let ask = async || client.get(&url).send().await;
    let table = [
        (Mood::Unavailable, 503, None),
        (Mood::Broken, 500, None),
        (Mood::Garbage, 200, Some("<html>{\"keys\":".to_owned())),
        (Mood::Empty, 200, Some("{\"keys\":[]}".to_owned())),
        (Mood::Slow(Duration::from_millis(300)), 200, Some(good.to_string())),
        (Mood::Redirect, 302, None),
    ];
    let count = table.len() as u64;
    for (mood, status, body) in table {
        provider.set_mood("okta", Endpoint::Keys, Some(mood));
        let began = Instant::now();
        let answer = ask().await.expect("an answer");
        assert_eq!(answer.status(), status, "{mood:?}");
        assert!(began.elapsed() >= Duration::from_millis(300) || !matches!(mood, Mood::Slow(_)));
        let text = answer.text().await.expect("text");
        assert!(body.is_none_or(|body| body == text), "{mood:?}: {text}");
    }
    provider.set_mood("okta", Endpoint::Keys, Some(Mood::HangUp));
    ask().await.expect_err("no answer");
    provider.set_mood("okta", Endpoint::Keys, Some(Mood::Huge));
    let huge = ask().await.expect("an answer").text().await.expect("text");
    assert!(huge.len() > HUGE_BYTES);
    assert_eq!(serde_json::from_str::<Value>(&huge).expect("json"), good);
    assert_eq!(
        fetch(provider.jwks_url("partner")).await["keys"]
            .as_array()
            .expect("keys")
            .len(),
        3
    );
    assert_eq!(fetch(provider.discovery_url("okta")).await["issuer"], OKTA);
    provider.set_mood("okta", Endpoint::Keys, None);
    assert_eq!(fetch(url.clone()).await, good);
    assert_eq!(provider.asked("okta", Endpoint::Keys), count + 3);
    assert_eq!(provider.asked("partner", Endpoint::Keys), 1);
    assert_eq!(provider.asked("nobody", Endpoint::Keys), 0);
}

/// Who follows gets the right keys, so a test sees whether the gateway follows.
#[tokio::test]
async fn a_redirect_leads_to_the_right_answer_and_counts_twice() {
    let provider = provider().await;
    provider.set_mood("okta", Endpoint::Keys, Some(Mood::Redirect));
    let good = provider.issuer("okta").expect("okta").jwks();
    assert_eq!(fetch(provider.jwks_url("okta")).await, good);
    assert_eq!(provider.asked("okta", Endpoint::Keys), 2);
}
