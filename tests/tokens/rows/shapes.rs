//! How many parts there are, and what stands around them (RFC 7515 section 7.1).

use serde_json::json;
use tollgate_devstack::signing::Algorithm;

use crate::tokens::{
    Group,
    bench::Bench,
    edit::{encoded, parts},
    refused,
};

fn good(bench: &Bench) -> String {
    bench.token().build()
}

pub(super) const GROUPS: &[Group] = &[
    refused(
        "token-malformed",
        &[
            ("no token", |_| String::new()),
            ("no JWT", |_| "hello".to_owned()),
            ("the header alone", |bench| parts(&good(bench))[0].to_owned()),
            ("two parts", |bench| parts(&good(bench))[..2].join(".")),
            ("four parts", |bench| format!("{}.e30", good(bench))),
            ("six parts", |bench| format!("{}.e30.e30.e30", good(bench))),
            ("a dot in front", |bench| format!(".{}", good(bench))),
            ("a dot at the end", |bench| format!("{}.", good(bench))),
            ("dots alone", |_| "..".to_owned()),
            ("no header", |bench| {
                let token = good(bench);
                let [_, claims, signature] = parts(&token);
                format!(".{claims}.{signature}")
            }),
            ("detached claims", |bench| {
                let token = good(bench);
                let [header, _, signature] = parts(&token);
                format!("{header}..{signature}")
            }),
            ("no signature", |bench| {
                let token = good(bench);
                let [header, claims, _] = parts(&token);
                format!("{header}.{claims}.")
            }),
            ("in quotes", |bench| format!("\"{}\"", good(bench))),
            ("in angle brackets", |bench| format!("<{}>", good(bench))),
            ("two tokens with a comma between", |bench| {
                format!("{},{}", good(bench), good(bench))
            }),
            ("two credentials in one value", |bench| {
                format!("{0}, Bearer {0}", good(bench))
            }),
            ("a parameter after it", |bench| format!("{} realm=x", good(bench))),
            ("a space after the header", |bench| good(bench).replacen('.', " .", 1)),
            ("a tab after the header", |bench| good(bench).replacen('.', "\t.", 1)),
            ("dots in percent-encoding", |bench| good(bench).replace('.', "%2E")),
            ("flattened JSON", |bench| {
                let token = good(bench);
                let [protected, payload, signature] = parts(&token);
                json!({ "protected": protected, "payload": payload, "signature": signature }).to_string()
            }),
            ("a token in a token's place of claims", |bench| {
                let inner = good(bench);
                let key = bench.key(Algorithm::Es256);
                let header = json!({ "alg": "ES256", "kid": key.kid(), "typ": "JWT", "cty": "JWT" });
                key.sign_text(header.to_string(), inner).expect("a token")
            }),
            ("base64url twice", |bench| encoded(good(bench))),
        ],
    ),
    // Refused before anybody knows what it is for: a header's value that is no printable ASCII.
    refused(
        "request-ambiguous",
        &[
            ("a line end after the header", |bench| {
                good(bench).replacen('.', "\r\n .", 1)
            }),
            ("a line feed at the end", |bench| format!("{}\n", good(bench))),
            ("NUL at the end", |bench| format!("{}\0", good(bench))),
            ("a byte order mark in front", |bench| format!("\u{feff}{}", good(bench))),
            ("a letter that is no ASCII", |bench| format!("{}é", good(bench))),
            ("dots of full width", |bench| good(bench).replace('.', "\u{ff0e}")),
        ],
    ),
    refused(
        "token-encrypted",
        &[
            ("a JWE", |_| {
                let header = json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT" });
                let key = encoded([7; 256]);
                format!("{}.{key}.{1}.{1}.{1}", encoded(header.to_string()), encoded([7; 16]))
            }),
            ("a JWE without a key of its own", |_| {
                let header = json!({ "alg": "dir", "enc": "A128CBC-HS256" });
                format!("{}..{1}.{1}.{1}", encoded(header.to_string()), encoded([7; 16]))
            }),
            ("five parts that begin with a good token", |bench| {
                format!("{}.e30.e30", good(bench))
            }),
        ],
    ),
];
