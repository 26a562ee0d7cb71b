//! `tollgate revoke --undo`: a revocation that is taken back.

use std::io::Write;

use tollgate::time::UnixSeconds;

use super::{change, covered::Covered, register::Target, written};
use crate::{format::printable, stores::Locked};

/// Takes a revocation out of the stores.
///
/// # Errors
/// If there is none, which may be a slip in the name; then nothing is written.
pub(super) fn undo(
    locked: &Locked,
    covered: &Covered<'_>,
    target: &Target<'_>,
    now: UnixSeconds,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let issuer = covered.name;
    let what = match target {
        Target::Token(jti) => format!("the token `{}` of {issuer}", printable(jti)),
        Target::Subject(sub) => format!("the tokens of `{}` of {issuer}", printable(sub)),
        Target::All => format!("all tokens of {issuer}"),
    };
    let mut removed = String::new();
    let dropped = change(locked, now, |register| {
        removed = register
            .remove(covered.iss, target)
            .ok_or_else(|| anyhow::anyhow!("there is no revocation of {what}; nothing was written"))?;
        Ok(())
    })?;
    writeln!(
        out,
        "took back the revocation of {what}: removed {}",
        printable(&removed)
    )?;
    covered.note(out)?;
    written(locked, dropped, out)
}
