//! No token and no key comes into what is told.

use tollgate::secret::Secret;
use tollgate_offline::{Credential, Question};

use super::tokens::{asked, header, payload, token, with_keys};
use crate::rehearsal;

#[test]
fn neither_tokens_nor_keys_are_told() {
    let token = token(&header(), &payload());
    let parts: Vec<&str> = token.split('.').collect();
    for (name, rehearsal) in [("with keys", with_keys()), ("without", rehearsal())] {
        let mut told = vec![asked(&rehearsal, token.clone())];
        // This route passes the caller's own credential on.
        let question = Question {
            headers: vec![
                ("x-version".to_owned(), "2".to_owned()),
                ("x-copy".to_owned(), format!("it is {token}")),
                ("cookie".to_owned(), "session=abcdefgh".to_owned()),
            ],
            credential: Credential::Token(Secret::new(token.clone())),
            ..crate::question(&format!("GET /orders/7?access_token={token}"), Credential::Nobody)
        };
        told.push(rehearsal.explain(&question).unwrap());
        assert_eq!(told[1].decision.came, "forward orders", "{name}");
        let redirected = Question {
            headers: Vec::new(),
            ..Question::new(&format!("GET https://api.example.com/orders/new?{token}"), crate::NOW).unwrap()
        };
        told.push(
            rehearsal
                .explain(&Question {
                    credential: question.credential.clone(),
                    ..redirected
                })
                .unwrap(),
        );
        for explanation in &told {
            let json = serde_json::to_string(explanation).unwrap();
            for text in [explanation.to_string(), json, format!("{explanation:?}")] {
                for secret in [parts[1], parts[2], "stand-in-google-token", "session=abcdefgh", "eyJ"] {
                    assert!(!text.contains(secret), "{name}: {secret}\n{text}");
                }
            }
        }
        let course = rehearsal
            .ask(&crate::question("GET /orders/7", question.credential.clone()))
            .unwrap();
        let debug = format!("{course:?}");
        assert!(
            !debug.contains(parts[2]) && !debug.contains("stand-in-google-token"),
            "{name}\n{debug}"
        );
    }
}
