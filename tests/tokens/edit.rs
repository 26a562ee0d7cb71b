//! Changes to tokens that are signed already: to their parts, and to the bytes of their signatures.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Header, claims and signature as they stand in the token.
pub(super) fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().expect("three parts")
}

/// base64url without padding.
pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The token with another header, under the old signature.
pub(super) fn with_header(token: &str, header: impl AsRef<[u8]>) -> String {
    let [_, claims, signature] = parts(token);
    format!("{}.{claims}.{signature}", encoded(header))
}

/// The token with its claims changed, under the old signature.
pub(super) fn with_claims(token: &str, change: fn(Vec<u8>) -> Vec<u8>) -> String {
    let [header, claims, signature] = parts(token);
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    format!("{header}.{}.{signature}", encoded(change(claims)))
}

/// The token with its signature's bytes changed.
pub(super) fn with_signature(token: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    let [header, claims, signature] = parts(token);
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    format!("{header}.{claims}.{}", encoded(change(signature)))
}

/// The part with one of its spare bits set: the same bytes, in base64url that nobody would write.
pub(super) fn with_spare_bit(part: &str) -> String {
    assert_ne!(part.len() % 4, 0, "the part has no spare bits");
    let (last, rest) = part.as_bytes().split_last().expect("a part");
    let value = ALPHABET.iter().position(|known| known == last).expect("base64url");
    assert_eq!(value % 2, 0, "the last bit is spare");
    let mut changed = rest.to_vec();
    changed.push(ALPHABET[value + 1]);
    String::from_utf8(changed).expect("ASCII")
}

/// An ECDSA signature of two numbers in a row, in the form of ASN.1 (RFC 3279 section 2.2.3).
pub(super) fn in_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let integers = [integer(r), integer(s)].concat();
    [
        &[0x30, u8::try_from(integers.len()).expect("short")],
        integers.as_slice(),
    ]
    .concat()
}

fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let mut number = number[zeros..].to_vec();
    if number.first().is_none_or(|byte| *byte >= 0x80) {
        number.insert(0, 0);
    }
    [&[0x02, u8::try_from(number.len()).expect("short")], number.as_slice()].concat()
}

/// The same P-256 signature with `n - s` for `s`, which verifies as well (SEC 1 section 4.1.4 takes both).
pub(super) fn mirrored(signature: &[u8]) -> Vec<u8> {
    let signature = p256::ecdsa::Signature::from_slice(signature).expect("a signature");
    let (r, s) = signature.split_scalars();
    let mirrored = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes());
    mirrored.expect("a signature").to_bytes().to_vec()
}

/// The order of P-256's group (FIPS 186-4 section D.1.2.3).
pub(super) const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of Ed25519's group, the smaller end first (RFC 8032 section 5.1).
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// An Ed25519 signature with the group's order added to `S`: the same number to who does not check it.
pub(super) fn with_larger_s(mut signature: Vec<u8>) -> Vec<u8> {
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(ED25519_ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    signature
}
