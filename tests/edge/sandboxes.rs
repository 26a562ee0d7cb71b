//! Sandboxes serve many requests. What one caller brought, another never sees, and a new policy is in force at once.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;
use tollgate_devstack::signing::Algorithm;
use tollgate_devstack::tokens::tampered_claims;
use tollgate_devstack::world::{World, WorldOptions};

use super::support::gateway::{Gateway, POLICY, own, reader, shared, token};
use super::support::http::{Answer, Ask};

/// One request, and who must be seen behind it.
#[derive(Clone)]
struct Caller {
    ask: Ask,
    status: u16,
    subject: Option<String>,
}

fn callers(world: &World) -> Vec<Caller> {
    let mut callers = Vec::new();
    for number in 0..30 {
        let subject = format!("user-{number}");
        let algorithm = Algorithm::ALL[number % 3];
        let good = reader(world)
            .algorithm(algorithm)
            .subject(&subject)
            .build()
            .expect("a token");
        let forged = tampered_claims(&good, "sub", "root").expect("a token");
        let order = |token: &str| Ask::get(format!("/v1/orders/{number}")).bearer(token);
        callers.push(Caller {
            ask: order(&good),
            status: 200,
            subject: Some(subject),
        });
        callers.push(match number % 3 {
            0 => Caller {
                ask: order(&forged),
                status: 401,
                subject: None,
            },
            1 => Caller {
                ask: Ask::get("/v1/orders/1"),
                status: 401,
                subject: None,
            },
            _ => Caller {
                ask: Ask::get("/open/a").bearer(&good),
                status: 200,
                subject: None,
            },
        });
    }
    callers
}

#[test]
fn many_callers_at_once_each_see_themselves() {
    shared(|world| async move {
        let callers = callers(world);
        let rounds = callers.iter().cycle().take(callers.len() * 5);
        let answers: Vec<(&Caller, Answer)> = stream::iter(rounds)
            .map(async |caller| (caller, caller.ask.send(world.gateway.addr()).await))
            .buffer_unordered(16)
            .collect()
            .await;
        assert_eq!(answers.len(), 300);
        let mut sources = std::collections::BTreeMap::<String, usize>::new();
        for (caller, answer) in answers {
            assert_eq!(answer.status, caller.status, "{}", answer.text());
            let entry = world.log(&answer).await;
            let logged = entry["tollgate"]["caller"]["subject"].as_str().map(str::to_owned);
            assert_eq!(logged, caller.subject, "{entry}");
            if caller.status == 200 {
                assert_eq!(answer.json()["caller"]["subject"], json!(caller.subject));
            }
            if let Some(source) = entry["tollgate"]["claims"].as_str() {
                *sources.entry(source.to_owned()).or_default() += 1;
            }
        }
        assert!(
            sources["verified"] >= 30,
            "each token is verified at least once: {sources:?}"
        );
        let remembered = sources.get("sandbox").unwrap_or(&0) + sources.get("pop").unwrap_or(&0);
        assert!(remembered >= 30, "claims are remembered: {sources:?}");
    });
}

#[test]
fn a_token_that_expires_is_refused_though_it_is_remembered() {
    shared(|world| async move {
        let token = reader(world).expires_in(-57).build().expect("a token");
        let ask = Ask::get("/v1/orders/7").bearer(&token);
        assert_eq!(
            world.ask(ask.clone()).await.status,
            200,
            "three seconds of the leeway are left"
        );
        tokio::time::sleep(std::time::Duration::from_millis(3_500)).await;
        for _ in 0..8 {
            world.refused(ask.clone(), 401, "token-expired").await;
        }
    });
}

/// Puts the policy in force with a change, and gives the version that is new.
fn change(world: &World, from: &str, to: &str) -> String {
    assert!(POLICY.contains(from), "{from}");
    world.enforce(&POLICY.replace(from, to)).expect("a policy")
}

#[test]
fn a_new_policy_is_in_force_with_the_next_request() {
    own(WorldOptions::new(POLICY), async |world| {
        let token = token(world);
        let ask = || Ask::get("/v1/orders/7").bearer(&token);
        let mut first = String::new();
        for _ in 0..12 {
            let answer = world.ask(ask()).await;
            assert_eq!(answer.status, 200);
            first = world.log(&answer).await["tollgate"]["policy"]
                .as_str()
                .expect("a version")
                .to_owned();
        }

        let stricter = change(
            world,
            r#"["api://orders", "https://api.example.com"]"#,
            r#"["api://new"]"#,
        );
        assert_ne!(stricter, first);
        for _ in 0..12 {
            let (_, entry) = world.refused(ask(), 401, "audience-wrong").await;
            assert_eq!(
                entry["tollgate"]["policy"], stricter,
                "remembered claims of the old policy don't serve"
            );
        }

        let back = change(world, "my-project", "my-project");
        assert_eq!(back, first, "the same policy has the same version");
        for _ in 0..6 {
            assert_eq!(world.ask(ask()).await.status, 200, "rolled back");
        }

        change(world, r#"scopes = ["orders:read"]"#, r#"scopes = ["orders:audit"]"#);
        for _ in 0..6 {
            world.refused(ask(), 403, "scope-missing").await;
        }

        change(world, r#"["api.example.com"]"#, r#"["other.example"]"#);
        for _ in 0..6 {
            world.refused(ask(), 404, "route-unknown").await;
        }
    });
}
