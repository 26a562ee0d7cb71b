//! The compact form: parts, base64url, and the JSON in them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tollgate::rejection::TokenRefusal::{Encrypted, IssuerUnknown, Malformed, TooLong};

use super::{ALL, NOBODY, Table, followed_by, with};
use crate::{
    forge::By,
    peers::{JOSE, JWCRYPTO, PYJWT},
};

pub(super) fn add(table: &mut Table<'_>) -> anyhow::Result<()> {
    add_parts(table)?;
    add_payloads(table)?;
    add_headers(table)
}

fn add_parts(table: &mut Table<'_>) -> anyhow::Result<()> {
    let good = table.good(By::Es256)?;
    let (message, signature) = good.rsplit_once('.').unwrap_or_default();
    let (header, payload) = message.split_once('.').unwrap_or_default();
    let json_form = json!({ "payload": payload, "protected": header, "signature": signature });
    for (name, token, why, laxer) in [
        ("nothing", String::new(), Malformed, NOBODY),
        ("one part", header.to_owned(), Malformed, NOBODY),
        ("two parts", message.to_owned(), Malformed, NOBODY),
        ("four parts", format!("{good}.{signature}"), Malformed, NOBODY),
        (
            "five parts, as of a JWE",
            format!("{good}.{signature}.{signature}"),
            Encrypted,
            NOBODY,
        ),
        ("no signature", format!("{message}."), Malformed, NOBODY),
        ("no payload", format!("{header}..{signature}"), Malformed, NOBODY),
        ("no header", format!(".{payload}.{signature}"), Malformed, NOBODY),
        ("a line's end behind", format!("{good}\n"), Malformed, &[JOSE]),
        ("a space before", format!(" {good}"), Malformed, NOBODY),
        (
            "a line's end inside the payload",
            format!("{header}.{payload}\n.{signature}"),
            Malformed,
            NOBODY,
        ),
        ("JSON serialisation", json_form.to_string(), Malformed, NOBODY),
        ("padding of the signature", format!("{good}=="), Malformed, ALL),
        (
            "a spare bit in the signature",
            with_spare_bits(&good),
            Malformed,
            &[JOSE, JWCRYPTO],
        ),
    ] {
        table.add(name, By::Es256, token, (Err(why), laxer));
    }
    // Padding and spare bits under a signature that is good for them.
    let claims = with(table.claims(), &json!({ "jti": "1" }));
    let payload = (0..3)
        .map(|spaces| URL_SAFE_NO_PAD.encode(format!("{claims}{}", " ".repeat(spaces))))
        .find(|payload| payload.len() % 4 == 2)
        .unwrap_or_default();
    let padded = table.forge.signed(By::Es256, &format!("{header}.{payload}=="))?;
    table.add(
        "padding of the payload, signed",
        By::Es256,
        padded,
        (Err(Malformed), &[JOSE, PYJWT]),
    );
    let spare = table
        .forge
        .signed(By::Es256, &with_spare_bits(&format!("{header}.{payload}")))?;
    table.add(
        "a spare bit in the payload, signed",
        By::Es256,
        spare,
        (Err(Malformed), &[JOSE]),
    );
    let long = with(table.claims(), &json!({ "jti": "j".repeat(8_192) })).to_string();
    let long = table.of_texts(Table::header(By::Es256).to_string().as_bytes(), long.as_bytes())?;
    table.add("longer than 8,192 bytes", By::Es256, long, (Err(TooLong), ALL));
    Ok(())
}

/// The last character's last bit set, which stands for no byte where the length leaves two or three characters over.
fn with_spare_bits(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = text.to_owned();
    let last = text.pop().and_then(|last| ALPHABET.find(last)).unwrap_or_default();
    text.extend(ALPHABET.chars().nth(last | 1));
    text
}

fn add_payloads(table: &mut Table<'_>) -> anyhow::Result<()> {
    let claims = table.claims();
    let text = claims.to_string();
    let nested = |depth: usize| format!("\"deep\":{}1{}", "[".repeat(depth), "]".repeat(depth));
    let many: Vec<String> = (0..300).map(|number| format!("\"m{number}\":1")).collect();
    let not_utf8 = followed_by(&claims, "\"name\":\"?\"")
        .replace('?', "\u{1}")
        .into_bytes();
    let not_utf8 = not_utf8.into_iter().map(|byte| if byte == 1 { 0xff } else { byte });
    for (name, payload, why, laxer) in [
        ("payload is a list", format!("[{text}]"), Malformed, NOBODY),
        ("payload is a text", "\"claims\"".to_owned(), Malformed, NOBODY),
        ("payload is null", "null".to_owned(), Malformed, NOBODY),
        ("payload is no JSON", "claims".to_owned(), Malformed, NOBODY),
        ("payload is empty text", " ".to_owned(), Malformed, NOBODY),
        (
            "payload is no object's whole",
            text.trim_end_matches('}').to_owned(),
            Malformed,
            NOBODY,
        ),
        ("something after the payload", format!("{text}{{}}"), Malformed, NOBODY),
        ("a comma too many", followed_by(&claims, ""), Malformed, NOBODY),
        (
            "a comment in the payload",
            followed_by(&claims, "/* */\"a\":1"),
            Malformed,
            NOBODY,
        ),
        (
            "a byte-order mark",
            format!("\u{feff}{text}"),
            Malformed,
            &[JOSE, PYJWT],
        ),
        (
            "a control character in a text",
            followed_by(&claims, "\"a\":\"\u{1}\""),
            Malformed,
            NOBODY,
        ),
        (
            "half a surrogate pair",
            followed_by(&claims, r#""a":"\ud800""#),
            Malformed,
            ALL,
        ),
        ("NaN", followed_by(&claims, "\"a\":NaN"), Malformed, &[PYJWT, JWCRYPTO]),
        (
            "a number too large for any",
            followed_by(&claims, "\"a\":1e999"),
            Malformed,
            ALL,
        ),
        ("nested 40 deep", followed_by(&claims, &nested(40)), Malformed, ALL),
        ("300 members", followed_by(&claims, &many.join(",")), Malformed, ALL),
        (
            "iss twice, ours last",
            followed_by(&claims, "\"iss\":\"https://issuer.example\""),
            Malformed,
            ALL,
        ),
        (
            "iss twice, ours first",
            followed_by(&claims, "\"iss\":\"https://other.example\""),
            Malformed,
            NOBODY,
        ),
        (
            "exp twice, the later last",
            followed_by(&claims, "\"exp\":4102444800"),
            Malformed,
            ALL,
        ),
        ("sub twice", followed_by(&claims, "\"sub\":\"user-2\""), Malformed, ALL),
        (
            "sub twice, once escaped",
            followed_by(&claims, r#""\u0073ub":"user-2""#),
            Malformed,
            ALL,
        ),
        (
            "twice deep inside",
            followed_by(&claims, r#""a":{"b":1,"b":2}"#),
            Malformed,
            ALL,
        ),
    ] {
        let token = table.of_texts(Table::header(By::Es256).to_string().as_bytes(), payload.as_bytes())?;
        table.add(name, By::Es256, token, (Err(why), laxer));
    }
    let header = Table::header(By::Es256).to_string();
    let token = table.of_texts(header.as_bytes(), &not_utf8.collect::<Vec<u8>>())?;
    table.add("payload is not UTF-8", By::Es256, token, (Err(Malformed), NOBODY));
    let token = table.of_texts(header.as_bytes(), b"{}")?;
    table.add("payload is empty", By::Es256, token, (Err(IssuerUnknown), NOBODY));
    let token = table.of_texts(header.as_bytes(), format!("\n {text}\t\r\n").as_bytes())?;
    table.add("white space around the payload", By::Es256, token, (Ok(()), NOBODY));
    Ok(())
}

fn add_headers(table: &mut Table<'_>) -> anyhow::Result<()> {
    let header = Table::header(By::Es256);
    let text = header.to_string();
    for (name, header, laxer) in [
        ("header is a list", format!("[{text}]"), NOBODY),
        ("header is no JSON", "header".to_owned(), NOBODY),
        ("something after the header", format!("{text}{{}}"), NOBODY),
        (
            "a byte-order mark in the header",
            format!("\u{feff}{text}"),
            &[JOSE, PYJWT],
        ),
        ("alg twice", followed_by(&header, "\"alg\":\"ES256\""), ALL),
        (
            "alg twice, none first",
            text.replacen('{', "{\"alg\":\"none\",", 1),
            ALL,
        ),
        ("kid twice", text.replacen('{', "{\"kid\":\"k2\",", 1), ALL),
    ] {
        let token = table.of_texts(header.as_bytes(), table.claims().to_string().as_bytes())?;
        table.add(name, By::Es256, token, (Err(Malformed), laxer));
    }
    Ok(())
}
