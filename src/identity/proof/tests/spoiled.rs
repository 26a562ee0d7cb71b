//! Proofs that are wrong in one point, each.

use super::*;

/// One way to spoil a good draft.
type Spoil = fn(&mut Draft);

fn refused(table: &[(&str, Flaw, Spoil)]) {
    for (name, flaw, spoil) in table {
        let mut draft = Draft::new(1);
        spoil(&mut draft);
        assert_eq!(judged(&[value(draft.finish())], None), Err(*flaw), "{name}");
    }
}

fn without(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name).unwrap();
}

/// The header as text, with one thing written in another way.
fn header(draft: &mut Draft, from: &str, to: &str) {
    let text = draft.header.to_string();
    assert!(text.contains(from), "{text}");
    draft.header_text = Some(text.replacen(from, to, 1));
}

/// Likewise the claims.
fn claims(draft: &mut Draft, from: &str, to: &str) {
    let text = draft.claims.to_string();
    assert!(text.contains(from), "{text}");
    draft.claims_text = Some(text.replacen(from, to, 1));
}

#[test]
fn headers() {
    refused(&[
        ("no typ", Flaw::Type, |d| without(&mut d.header, "typ")),
        ("typ null", Flaw::Type, |d| d.header["typ"] = Value::Null),
        ("typ of a token", Flaw::Type, |d| d.header["typ"] = json!("at+jwt")),
        ("typ JWT", Flaw::Type, |d| d.header["typ"] = json!("JWT")),
        ("typ with prefix", Flaw::Type, |d| {
            d.header["typ"] = json!("application/dpop+jwt")
        }),
        ("typ with space", Flaw::Type, |d| d.header["typ"] = json!("dpop+jwt ")),
        ("typ is no text", Flaw::Form, |d| d.header["typ"] = json!(["dpop+jwt"])),
        ("no alg", Flaw::Algorithm, |d| without(&mut d.header, "alg")),
        ("alg none", Flaw::Algorithm, |d| d.header["alg"] = json!("none")),
        ("alg empty", Flaw::Algorithm, |d| d.header["alg"] = json!("")),
        ("symmetric alg", Flaw::Algorithm, |d| d.header["alg"] = json!("HS256")),
        ("unknown alg", Flaw::Algorithm, |d| d.header["alg"] = json!("ES256K")),
        ("case of alg", Flaw::Algorithm, |d| d.header["alg"] = json!("EDDSA")),
        ("alg of another key", Flaw::Algorithm, |d| {
            d.header["alg"] = json!("ES256")
        }),
        ("alg is no text", Flaw::Form, |d| d.header["alg"] = json!(7)),
        ("crit", Flaw::Extension, |d| d.header["crit"] = json!(["exp"])),
        ("crit empty", Flaw::Extension, |d| d.header["crit"] = json!([])),
        ("crit null", Flaw::Extension, |d| d.header["crit"] = Value::Null),
        ("b64 false", Flaw::Extension, |d| d.header["b64"] = json!(false)),
        ("b64 true", Flaw::Extension, |d| d.header["b64"] = json!(true)),
        ("alg twice", Flaw::Form, |d| header(d, "{", r#"{"alg":"EdDSA","#)),
        ("typ twice", Flaw::Form, |d| header(d, "{", r#"{"typ":"dpop+jwt","#)),
        ("a member that is not read twice", Flaw::Form, |d| {
            header(d, "{", r#"{"z":1,"z":1,"#)
        }),
        ("the same behind an escape", Flaw::Form, |d| {
            header(d, "{", r#"{"\u0061lg":"EdDSA","#)
        }),
        ("more behind the object", Flaw::Form, |d| {
            header(d, r#""typ""#, r#""t":1},{"typ""#)
        }),
        ("a list", Flaw::Form, |d| {
            d.header_text = Some(r#"["dpop+jwt","EdDSA",{}]"#.to_owned())
        }),
        ("no JSON", Flaw::Form, |d| d.header_text = Some("{".to_owned())),
        ("empty", Flaw::Form, |d| d.header_text = Some(String::new())),
        ("null", Flaw::Form, |d| d.header_text = Some("null".to_owned())),
        ("deep", Flaw::Form, |d| {
            d.header["z"] = serde_json::from_str(&format!("{}{}", "[".repeat(8), "]".repeat(8))).unwrap();
        }),
        ("very deep", Flaw::Form, |d| {
            header(d, "{", &format!(r#"{{"z":{}{},"#, "[".repeat(500), "]".repeat(500)));
        }),
        ("very long", Flaw::Form, |d| d.header["z"] = json!("z".repeat(4_096))),
    ]);
}

#[test]
fn keys() {
    refused(&[
        ("none", Flaw::Key, |d| without(&mut d.header, "jwk")),
        ("null", Flaw::Key, |d| d.header["jwk"] = Value::Null),
        ("a text", Flaw::Key, |d| d.header["jwk"] = json!(jwk(1).to_string())),
        ("a list", Flaw::Key, |d| d.header["jwk"] = json!([jwk(1)])),
        ("empty", Flaw::Key, |d| d.header["jwk"] = json!({})),
        ("no x", Flaw::Key, |d| without(&mut d.header["jwk"], "x")),
        ("no curve", Flaw::Key, |d| without(&mut d.header["jwk"], "crv")),
        ("x padded", Flaw::Key, |d| {
            d.header["jwk"]["x"] = json!(format!("{}=", jwk(1)["x"].as_str().unwrap()));
        }),
        ("x short", Flaw::Key, |d| {
            d.header["jwk"]["x"] = json!(URL_SAFE_NO_PAD.encode([7; 31]))
        }),
        ("x of small order", Flaw::Key, |d| {
            d.header["jwk"]["x"] = json!(URL_SAFE_NO_PAD.encode([0; 32]))
        }),
        ("unknown curve", Flaw::Key, |d| d.header["jwk"]["crv"] = json!("Ed448")),
        ("for agreement", Flaw::Key, |d| d.header["jwk"]["crv"] = json!("X25519")),
        ("of another type", Flaw::Key, |d| d.header["jwk"]["kty"] = json!("EC")),
        ("symmetric", Flaw::Key, |d| {
            d.header["jwk"] = json!({ "kty": "oct", "k": "AAAA" })
        }),
        ("private part", Flaw::Key, |d| {
            d.header["jwk"]["d"] = json!(URL_SAFE_NO_PAD.encode([1; 32]))
        }),
        ("symmetric part", Flaw::Key, |d| d.header["jwk"]["k"] = json!("AAAA")),
        ("for encryption", Flaw::Key, |d| d.header["jwk"]["use"] = json!("enc")),
        ("for signing alone", Flaw::Key, |d| {
            d.header["jwk"]["key_ops"] = json!(["sign"])
        }),
        ("for another algorithm", Flaw::Key, |d| {
            d.header["jwk"]["alg"] = json!("ES256")
        }),
        ("x twice", Flaw::Form, |d| header(d, r#""crv""#, r#""x":"AA","crv""#)),
        ("jwk twice", Flaw::Form, |d| header(d, "{", r#"{"jwk":{},"#)),
        ("another key, which signs", Flaw::OtherKey, |d| *d = Draft::new(2)),
        ("another key, which does not sign", Flaw::OtherKey, |d| {
            d.header["jwk"] = jwk(2)
        }),
        ("its own key, another signs", Flaw::Signature, |d| d.seed = 2),
    ]);
}

#[test]
fn what_is_said() {
    refused(&[
        ("no jti", Flaw::Claims, |d| without(&mut d.claims, "jti")),
        ("jti null", Flaw::Claims, |d| d.claims["jti"] = Value::Null),
        ("jti is a number", Flaw::Claims, |d| d.claims["jti"] = json!(7)),
        ("jti empty", Flaw::Id, |d| d.claims["jti"] = json!("")),
        ("jti long", Flaw::Id, |d| d.claims["jti"] = json!("i".repeat(257))),
        ("no htm", Flaw::Claims, |d| without(&mut d.claims, "htm")),
        ("htm of another method", Flaw::Method, |d| {
            d.claims["htm"] = json!("POST")
        }),
        ("htm in another case", Flaw::Method, |d| d.claims["htm"] = json!("get")),
        ("htm empty", Flaw::Method, |d| d.claims["htm"] = json!("")),
        ("htm is a list", Flaw::Claims, |d| d.claims["htm"] = json!(["GET"])),
        ("no htu", Flaw::Claims, |d| without(&mut d.claims, "htu")),
        ("htu is a list", Flaw::Claims, |d| {
            d.claims["htu"] = json!(["https://api.example.com/v1/orders"])
        }),
        ("htu of another host", Flaw::Url, |d| {
            d.claims["htu"] = json!("https://api.example.org/v1/orders")
        }),
        ("htu of another path", Flaw::Url, |d| {
            d.claims["htu"] = json!("https://api.example.com/v1/order")
        }),
        ("htu with http", Flaw::Url, |d| {
            d.claims["htu"] = json!("http://api.example.com/v1/orders")
        }),
        ("htu is the path", Flaw::Url, |d| d.claims["htu"] = json!("/v1/orders")),
        ("htu empty", Flaw::Url, |d| d.claims["htu"] = json!("")),
        ("no iat", Flaw::Claims, |d| without(&mut d.claims, "iat")),
        ("iat null", Flaw::Claims, |d| d.claims["iat"] = Value::Null),
        ("iat is a text", Flaw::Claims, |d| {
            d.claims["iat"] = json!(NOW.0.to_string())
        }),
        ("iat too old", Flaw::Old, |d| d.claims["iat"] = json!(NOW.0 - 61)),
        ("iat too old by less", Flaw::Old, |d| {
            d.claims["iat"] = json!(NOW.0 as f64 - 60.1)
        }),
        ("iat negative", Flaw::Old, |d| d.claims["iat"] = json!(-1)),
        ("iat too early", Flaw::Early, |d| d.claims["iat"] = json!(NOW.0 + 11)),
        ("iat in milliseconds", Flaw::Early, |d| {
            d.claims["iat"] = json!(NOW.0 * 1_000)
        }),
        ("iat at the end of time", Flaw::Early, |d| {
            d.claims["iat"] = json!(1e300)
        }),
        ("iat beyond all numbers", Flaw::Form, |d| {
            claims(d, r#""iat":1000000"#, r#""iat":1e999"#)
        }),
        ("no ath", Flaw::TokenHash, |d| without(&mut d.claims, "ath")),
        ("ath null", Flaw::TokenHash, |d| d.claims["ath"] = Value::Null),
        ("ath empty", Flaw::TokenHash, |d| d.claims["ath"] = json!("")),
        ("ath of another token", Flaw::TokenHash, |d| {
            d.claims["ath"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest("aaa.bbb.ccd")));
        }),
        ("ath padded", Flaw::TokenHash, |d| {
            d.claims["ath"] = json!(format!("{}=", d.claims["ath"].as_str().unwrap()));
        }),
        ("ath is the token", Flaw::TokenHash, |d| d.claims["ath"] = json!(TOKEN)),
        ("ath is a list", Flaw::Claims, |d| {
            d.claims["ath"] = json!([d.claims["ath"].clone()])
        }),
        ("jti twice", Flaw::Form, |d| claims(d, "{", r#"{"jti":"id-2","#)),
        ("htu twice", Flaw::Form, |d| {
            claims(d, "{", r#"{"htu":"https://b.example/","#)
        }),
        ("twice within a member", Flaw::Form, |d| {
            claims(d, "{", r#"{"z":[{"a":1,"a":1}],"#)
        }),
        ("a list of all", Flaw::Form, |d| {
            d.claims_text = Some(r#"["id-1","GET"]"#.to_owned())
        }),
        ("a number", Flaw::Form, |d| d.claims_text = Some("7".to_owned())),
        ("nothing", Flaw::Form, |d| d.claims_text = Some(String::new())),
        ("no members", Flaw::Claims, |d| d.claims_text = Some("{}".to_owned())),
    ]);
}

#[test]
fn forms() {
    type Rewrite = fn(&str) -> Vec<u8>;
    let good = Draft::new(1).finish();
    let table: &[(&str, Flaw, Rewrite)] = &[
        ("empty", Flaw::Form, |_| Vec::new()),
        ("one part", Flaw::Form, |_| b"abc".to_vec()),
        ("two parts", Flaw::Form, |good| good.rsplit_once('.').unwrap().0.into()),
        ("four parts", Flaw::Form, |good| format!("{good}.AA").into()),
        ("five parts, a JWE", Flaw::Form, |good| format!("{good}.AA.AA").into()),
        ("no signature", Flaw::Signature, |good| {
            format!("{}.", good.rsplit_once('.').unwrap().0).into()
        }),
        ("a zero signature", Flaw::Signature, |good| {
            let signature = URL_SAFE_NO_PAD.encode([0; 64]);
            format!("{}.{signature}", good.rsplit_once('.').unwrap().0).into()
        }),
        ("a signature that is padded", Flaw::Form, |good| {
            format!("{good}==").into()
        }),
        ("a longer signature", Flaw::Signature, |good| format!("{good}AA").into()),
        ("an empty header", Flaw::Form, |good| {
            format!(".{}", good.split_once('.').unwrap().1).into()
        }),
        ("a space before", Flaw::Form, |good| format!(" {good}").into()),
        ("a space after", Flaw::Form, |good| format!("{good} ").into()),
        ("twice in one header", Flaw::Form, |good| {
            format!("{good}, {good}").into()
        }),
        ("with a scheme", Flaw::Form, |good| format!("DPoP {good}").into()),
        ("between quotes", Flaw::Form, |good| format!("\"{good}\"").into()),
        ("no text", Flaw::Form, |good| [good.as_bytes(), b"\xff"].concat()),
        ("very long", Flaw::Form, |good| {
            format!("{good}{}", "A".repeat(4_096)).into()
        }),
    ];
    for (name, flaw, rewrite) in table {
        assert_eq!(judged(&[value(rewrite(&good))], None), Err(*flaw), "{name}");
    }
    assert_eq!(judged(&[], None), Err(Flaw::Missing));
    assert_eq!(judged(&[value(&good), value(&good)], None), Err(Flaw::Several));
}
