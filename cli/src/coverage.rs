//! The coverage table: each route, who may reach it, and where it goes.

use std::io::{self, Write};

use tollgate::policy::coverage::Row;

/// How wide a column may get before its text only makes its own line longer.
const COLUMN_CHARACTERS_MAX: usize = 60;

const PRECEDENCE: &str = "\
Routes stand in the order in which they are tried: those that name the host, then those that name it by `*.`, then the
rest; of these by path, from the left, a text before {name} before {name...}; then those that name methods; then those
with more conditions.";

/// Writes the table. What does not fit a line goes on in the next: each host, condition and alternative has its own.
pub(crate) fn human(rows: &[Row], out: &mut impl Write) -> io::Result<()> {
    let mut lines = vec![["METHODS", "ROUTE", "WHO MAY", "WHAT HAPPENS"].map(str::to_owned)];
    for row in rows {
        lines.extend(lines_of(row));
    }
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        let fits = |width: &usize| *width <= COLUMN_CHARACTERS_MAX;
        widths.filter(fits).max().unwrap_or_default()
    };
    let (methods, route, who) = (width(0), width(1), width(2));
    for [one, two, three, four] in &lines {
        let line = format!("{one:methods$}  {two:route$}  {three:who$}  {four}");
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out, "\n{PRECEDENCE}\n")
}

fn lines_of(row: &Row) -> Vec<[String; 4]> {
    let methods = match row.methods.is_empty() {
        true => "any".to_owned(),
        false => row.methods.join(" "),
    };
    let route = route(row);
    let who: Vec<String> = row
        .who
        .iter()
        .enumerate()
        .flat_map(|(at, who)| wrapped(if at == 0 { "" } else { "or " }, who))
        .collect();
    let cell = |cells: &[String], at: usize| cells.get(at).cloned().unwrap_or_default();
    let first = |at: usize, text: &str| if at == 0 { text.to_owned() } else { String::new() };
    (0..route.len().max(who.len()))
        .map(|at| {
            [
                first(at, &methods),
                cell(&route, at),
                cell(&who, at),
                first(at, &row.does),
            ]
        })
        .collect()
}

/// The route, a line for each host and each condition.
fn route(row: &Row) -> Vec<String> {
    let mut lines: Vec<String> = row.hosts.iter().map(|host| format!("{host}{}", row.path)).collect();
    if lines.is_empty() {
        lines.push(row.path.clone());
    }
    lines.extend(row.when.iter().flat_map(|when| wrapped("  when ", when)));
    if !row.relax.is_empty() {
        lines.push(format!("  relaxed: {}", row.relax.join(", ")));
    }
    if !row.credential.is_empty() {
        lines.extend(wrapped("  credential: ", &row.credential.join(", ")));
    }
    lines
}

/// A text on lines that fit the column, broken after commas.
fn wrapped(begin: &str, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = begin.to_owned();
    for piece in text.split_inclusive(", ") {
        let longer = line.chars().count() + piece.trim_end().chars().count();
        if longer > COLUMN_CHARACTERS_MAX && line.trim() != begin.trim() {
            lines.push(line.trim_end().to_owned());
            line = "  ".to_owned();
        }
        line.push_str(piece);
    }
    lines.push(line.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_rows_go_on_in_the_next_line() {
        let row = Row {
            hosts: vec!["a.example".to_owned(), "b.example".to_owned()],
            path: "/x".to_owned(),
            methods: vec!["GET".to_owned()],
            when: vec!["header v = `1`".to_owned()],
            relax: vec!["encoded-slash"],
            credential: vec!["header x-api-key".to_owned()],
            who: vec![
                "issuer okta, scope orders:read and orders:write, role administrator or owner, group staff".to_owned(),
                "issuer partner".to_owned(),
            ],
            does: "forward orders".to_owned(),
        };
        let mut out = Vec::new();
        human(&[row], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let table: Vec<&str> = text.lines().take(6).collect();
        assert_eq!(
            table,
            [
                "METHODS  ROUTE                           WHO MAY                                           WHAT HAPPENS",
                "GET      a.example/x                     issuer okta, scope orders:read and orders:write,  forward orders",
                "         b.example/x                       role administrator or owner, group staff",
                "           when header v = `1`           or issuer partner",
                "           relaxed: encoded-slash",
                "           credential: header x-api-key",
            ]
        );
    }
}
