//! Service accounts and their key files.
//!
//! Promises key files with every field of a downloaded one (Google's "Create and delete service account keys").
//! Keeps only the public halves: as with Google, the file is the one copy of a private key.

use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::signing::{Algorithm, SigningKey};
use crate::tokens::random;

/// A registered account.
#[derive(Debug)]
pub(super) struct Account {
    /// The public halves of its keys.
    pub(super) keys: JwkSet,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            keys: JwkSet { keys: Vec::new() },
        }
    }
}

impl Account {
    /// Takes the key's public half as one of the account's.
    pub(super) fn add_key(&mut self, key: &SigningKey) -> anyhow::Result<()> {
        self.keys.keys.push(serde_json::from_value::<Jwk>(key.public_jwk())?);
        Ok(())
    }
}

/// The account's number, which `sub` and `azp` of its tokens carry. The same email always has the same number.
pub(super) fn unique_id(email: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, email.as_bytes());
    let number = digest
        .as_ref()
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("1{number:020}")
}

/// An RSA key with a name like Google's: 40 hexadecimal digits.
pub(super) fn new_key() -> anyhow::Result<SigningKey> {
    let kid: String = random::<20>().iter().map(|byte| format!("{byte:02x}")).collect();
    SigningKey::generate(Algorithm::Rs256, kid)
}

/// The file that the key's owner downloads.
pub(super) fn key_file(email: &str, key: &SigningKey, token_url: &str) -> Value {
    let in_url: String = byte_serialize(email.as_bytes()).collect();
    json!({
        "type": "service_account",
        "project_id": project(email),
        "private_key_id": key.kid(),
        "private_key": key.private_pem(),
        "client_email": email,
        "client_id": unique_id(email),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_url,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": format!("https://www.googleapis.com/robot/v1/metadata/x509/{in_url}"),
        "universe_domain": "googleapis.com",
    })
}

/// An account's email is `NAME@PROJECT.iam.gserviceaccount.com`.
fn project(email: &str) -> &str {
    let project = email
        .split_once('@')
        .and_then(|(_, domain)| domain.strip_suffix(".iam.gserviceaccount.com"));
    project.unwrap_or("local-project")
}
