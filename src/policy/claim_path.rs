//! Names of claims: `tenant`, `realm_access.roles`, `https://example.com/roles`.
//!
//! Promises: a name is read in one way. One with `://` in it is a namespaced claim (OpenID Connect Core section 5.1.2)
//! and is one name, dots and all; in every other the dots lead into nested claims.

/// The most steps that a path may have.
pub const STEPS_MAX: usize = 8;

/// The longest path, in bytes.
pub const PATH_BYTES_MAX: usize = 200;

/// The steps of a path, from the outside.
pub fn steps(path: &str) -> impl Iterator<Item = &str> {
    let (whole, parts) = match path.contains("://") {
        true => (Some(path), None),
        false => (None, Some(path.split('.'))),
    };
    whole.into_iter().chain(parts.into_iter().flatten())
}

/// Checks a path as it is written in a policy.
///
/// # Errors
/// What is wrong with it.
pub fn check(path: &str) -> Result<(), String> {
    if path.len() > PATH_BYTES_MAX || steps(path).count() > STEPS_MAX {
        return Err(format!(
            "`{path}` is too long: a claim's path has up to {STEPS_MAX} steps and {PATH_BYTES_MAX} bytes"
        ));
    }
    if steps(path).any(str::is_empty) {
        return Err(format!(
            "`{path}` has an empty step; write a claim as in `tenant` or `realm_access.roles`"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_reading() {
        for (path, expected) in [
            ("tenant", vec!["tenant"]),
            ("realm_access.roles", vec!["realm_access", "roles"]),
            ("https://example.com/a.b", vec!["https://example.com/a.b"]),
            ("a..b", vec!["a", "", "b"]),
        ] {
            assert_eq!(steps(path).collect::<Vec<_>>(), expected, "{path}");
        }
        for (path, good) in [
            ("a.b", true),
            ("", false),
            ("a..b", false),
            ("a.b.c.d.e.f.g.h.i", false),
        ] {
            assert_eq!(check(path).is_ok(), good, "{path}");
        }
    }
}
