//! Which part of the work a function belongs to, by its name.
//!
//! Promises one answer for each name: the first row of the table that fits. A function that no row knows, such as
//! `core::ptr::read`, belongs to whoever called it.

/// Parts and the beginnings of their functions' names: paths, families that end with `_`, and whole names.
const PARTS: [(&str, &[&str]); 9] = [
    (
        "allocation and copying",
        &[
            "dlmalloc::",
            "__rustc::__r",
            "__rust_alloc",
            "__rust_dealloc",
            "__rust_realloc",
            "__rdl_",
            "__rg_",
            "memcpy",
            "memmove",
            "memset",
            "memcmp",
            "bcmp",
            "malloc",
            "free",
            "realloc",
            "calloc",
            "alloc::alloc::",
            "alloc::raw_vec::",
            "std::alloc::",
            "compiler_builtins::mem::",
        ],
    ),
    (
        "formatting",
        &[
            "core::fmt::",
            "alloc::fmt::",
            "std::fmt::",
            "core::num::imp::fmt",
            "itoa::",
            "ryu::",
            "zmij::",
        ],
    ),
    ("JSON", &["serde_json::", "serde::", "serde_core::", "serde_derive::"]),
    (
        "hashing",
        &["hmac::", "sha2::", "shake::", "keccak::", "digest::", "block_buffer::"],
    ),
    (
        "signature",
        &[
            "rsa::",
            "num_bigint_dig::",
            "num_bigint::",
            "num_integer::",
            "crypto_bigint::",
            "p256::",
            "ecdsa::",
            "elliptic_curve::",
            "primeorder::",
            "primefield::",
            "curve25519_dalek::",
            "ed25519_dalek::",
            "pkcs1::",
            "pkcs8::",
            "spki::",
            "der::",
            "sec1::",
            "signature::",
            "wnaf::",
            "ff::",
            "group::",
            "subtle::",
            "libm::",
        ],
    ),
    ("Base64", &["base64::", "base64ct::", "base16ct::"]),
    (
        "URLs and UTF-8",
        &[
            "url::",
            "idna::",
            "idna_adapter::",
            "icu_",
            "percent_encoding::",
            "form_urlencoded::",
            "utf8_iter::",
            "core::str::converts::",
            "core::str::validations::",
            "core::str::lossy::",
            "alloc::string::String::from_utf8",
        ],
    ),
    (
        "SDK and platform",
        &[
            "fastly::",
            "fastly_shared::",
            "fastly_sys::",
            "http::",
            "bytes::",
            "mime::",
            "wasi::",
            "wasix::",
            "wasip1::",
        ],
    ),
    ("the gateway itself", &["tollgate::", "tollgate_edge::"]),
];

/// What no row knows.
pub const REST: &str = "rest";

/// The part of a stack: that of its innermost function that is known.
#[must_use]
pub fn of_stack(stack: &[String]) -> &'static str {
    stack.iter().find_map(|function| of_function(function)).unwrap_or(REST)
}

/// The part of a function, if it is known.
#[must_use]
pub fn of_function(function: &str) -> Option<&'static str> {
    let part_of = |name: &str| {
        let mut rows = PARTS.iter();
        let row = rows.find(|(_, beginnings)| beginnings.iter().any(|beginning| fits(name, beginning)));
        row.map(|(part, _)| *part)
    };
    names(function).into_iter().find_map(part_of)
}

/// Whether a name begins so; a beginning that is no path and does not end with `_` is a whole name.
fn fits(name: &str, beginning: &str) -> bool {
    let is_open = beginning.contains("::") || beginning.ends_with('_');
    name == beginning || (is_open && name.starts_with(beginning))
}

/// The names that a function goes by: `<A as B>::c` is of A, and of B where A is not known; `<A>::c` is of A.
fn names(function: &str) -> Vec<&str> {
    let Some(inside) = function.strip_prefix('<') else {
        return vec![function];
    };
    match inside.split_once(" as ") {
        Some((of_type, of_trait)) => vec![bare(of_type), bare(of_trait)],
        None => vec![bare(inside)],
    }
}

/// A type without what stands before its path: `&mut a::B` is `a::B`.
fn bare(of_type: &str) -> &str {
    let mut name = of_type;
    while let Some(shorter) = ["<", "&", "mut ", "dyn ", "*const ", "*mut ", "["]
        .iter()
        .find_map(|before| name.strip_prefix(before))
    {
        name = shorter;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_belong_to_parts() {
        for (function, part) in [
            ("tollgate::gateway::handle", Some("the gateway itself")),
            (
                "<tollgate::policy::Site as serde::Deserialize>::deserialize",
                Some("the gateway itself"),
            ),
            (
                "<alloc::string::String as serde_core::de::Deserialize>::deserialize",
                Some("JSON"),
            ),
            (
                "<&mut serde_json::de::Deserializer<R> as serde::Deserializer>::deserialize_any",
                Some("JSON"),
            ),
            ("<core::fmt::Formatter>::pad", Some("formatting")),
            (
                "<dlmalloc::dlmalloc::Dlmalloc<A>>::malloc",
                Some("allocation and copying"),
            ),
            ("memcpy", Some("allocation and copying")),
            (
                "<num_bigint_dig::biguint::BigUint as core::ops::Rem>::rem",
                Some("signature"),
            ),
            ("<<a as b>::C as sha2::D>::e", None),
            ("core::ptr::read", None),
            ("__multi3", None),
            ("__rust_begin_short_backtrace", None),
            ("freeze", None),
            ("__rdl_alloc", Some("allocation and copying")),
        ] {
            assert_eq!(of_function(function), part, "{function}");
        }
    }

    #[test]
    fn the_innermost_known_function_decides() {
        let stack = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (names, part) in [
            (
                &["core::ptr::read", "serde_json::from_str", "tollgate::gateway::handle"][..],
                "JSON",
            ),
            (
                &["core::slice::sort", "tollgate::gateway::handle"],
                "the gateway itself",
            ),
            (&["_start"], REST),
            (&[], REST),
        ] {
            assert_eq!(of_stack(&stack(names)), part, "{names:?}");
        }
    }
}
