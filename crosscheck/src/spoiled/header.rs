//! Members of the header besides algorithm and key.

use serde_json::json;
use tollgate::rejection::TokenRefusal::{Encrypted, ExtensionNotSupported, Malformed, TypeNotAllowed};

use super::{ALL, NOBODY, Table, with, without};
use crate::{
    forge::By,
    peers::{JOSE, JWCRYPTO, PYJWT},
};

pub(super) fn add(table: &mut Table<'_>) -> anyhow::Result<()> {
    let header = Table::header(By::Es256);
    let changed = |members| with(header.clone(), &members);
    let own = table.forge.jwk(By::Es256);
    for (name, header, ours, laxer) in [
        (
            "crit that nobody knows",
            changed(json!({ "crit": ["x"], "x": 1 })),
            Err(ExtensionNotSupported),
            NOBODY,
        ),
        (
            "crit that names exp",
            changed(json!({ "crit": ["exp"], "exp": 1 })),
            Err(ExtensionNotSupported),
            NOBODY,
        ),
        (
            "crit that names b64, true",
            changed(json!({ "crit": ["b64"], "b64": true })),
            Err(ExtensionNotSupported),
            ALL,
        ),
        (
            "crit that names b64, false",
            changed(json!({ "crit": ["b64"], "b64": false })),
            Err(ExtensionNotSupported),
            NOBODY,
        ),
        (
            "crit that names alg",
            changed(json!({ "crit": ["alg"] })),
            Err(ExtensionNotSupported),
            &[JWCRYPTO],
        ),
        (
            "crit that is empty",
            changed(json!({ "crit": [] })),
            Err(ExtensionNotSupported),
            &[JWCRYPTO],
        ),
        (
            "crit that is null",
            changed(json!({ "crit": null })),
            Err(ExtensionNotSupported),
            NOBODY,
        ),
        (
            "crit that is a text",
            changed(json!({ "crit": "exp", "exp": 1 })),
            Err(ExtensionNotSupported),
            NOBODY,
        ),
        (
            "b64: false",
            changed(json!({ "b64": false })),
            Err(ExtensionNotSupported),
            &[JOSE],
        ),
        (
            "b64: true",
            changed(json!({ "b64": true })),
            Err(ExtensionNotSupported),
            ALL,
        ),
        ("zip", changed(json!({ "zip": "DEF" })), Err(ExtensionNotSupported), ALL),
        ("enc", changed(json!({ "enc": "A256GCM" })), Err(Encrypted), ALL),
        (
            "the issuer's own key in jwk",
            changed(json!({ "jwk": own })),
            Err(Malformed),
            ALL,
        ),
        ("jku is a number", changed(json!({ "jku": 1 })), Err(Malformed), ALL),
        ("x5c is a text", changed(json!({ "x5c": "MIIB" })), Err(Malformed), ALL),
        ("cty is a number", changed(json!({ "cty": 1 })), Err(Malformed), ALL),
        (
            "typ: at+jwt",
            changed(json!({ "typ": "at+jwt" })),
            Err(TypeNotAllowed),
            &[PYJWT, JWCRYPTO],
        ),
        (
            "typ: dpop+jwt",
            changed(json!({ "typ": "dpop+jwt" })),
            Err(TypeNotAllowed),
            &[PYJWT, JWCRYPTO],
        ),
        (
            "typ: application/jwt",
            changed(json!({ "typ": "application/jwt" })),
            Err(TypeNotAllowed),
            ALL,
        ),
        (
            "typ is a number",
            changed(json!({ "typ": 1 })),
            Err(Malformed),
            &[PYJWT, JWCRYPTO],
        ),
        (
            "no typ",
            without(header.clone(), "typ"),
            Err(TypeNotAllowed),
            &[PYJWT, JWCRYPTO],
        ),
        ("typ in lower case", changed(json!({ "typ": "jwt" })), Ok(()), NOBODY),
        (
            "a jku, which nobody follows",
            changed(json!({ "jku": "https://keys.example/" })),
            Ok(()),
            NOBODY,
        ),
        (
            "members that nobody knows",
            changed(json!({ "x": { "y": [1, null] } })),
            Ok(()),
            NOBODY,
        ),
    ] {
        let token = table.of_texts(header.to_string().as_bytes(), table.claims().to_string().as_bytes())?;
        table.add(name, By::Es256, token, (ours, laxer));
    }
    for (name, typ, ours, laxer) in [
        ("at+jwt where that is asked for", "at+jwt", Ok(()), NOBODY),
        (
            "application/at+jwt where that is asked for",
            "application/at+jwt",
            Ok(()),
            NOBODY,
        ),
        (
            "JWT where at+jwt is asked for",
            "JWT",
            Err(TypeNotAllowed),
            &[PYJWT, JWCRYPTO],
        ),
    ] {
        let header = changed(json!({ "typ": typ })).to_string();
        let token = table.of_texts(header.as_bytes(), table.claims().to_string().as_bytes())?;
        let mut question = table.forge.question(By::Es256, token);
        "at+jwt".clone_into(&mut question.typ);
        table.add_question(name, question, (ours, laxer));
    }
    Ok(())
}
