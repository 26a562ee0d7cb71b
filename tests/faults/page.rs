//! The table of faults as the page shows it.

use super::row::{Client, Log, Row};

/// Where the table stands in the page.
pub(crate) const BEGIN: &str = "<!-- faults -->";
/// Where it ends.
pub(crate) const END: &str = "<!-- end of faults -->";

/// The table.
pub(crate) fn page<'r>(rows: impl Iterator<Item = &'r Row>) -> String {
    let head = "| what fails | what the client gets | in the log | attempts the service saw | what happens besides | row |\n\
         | --- | --- | --- | --- | --- | --- |\n";
    rows.fold(head.to_owned(), |page, row| page + &line(row))
}

/// The page with its table made anew; `None` if it has no place for it.
pub(crate) fn with_page(document: &str, page: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{page}\n{END}{after}"))
}

fn line(row: &Row) -> String {
    format!(
        "| {} | {} | {} | {} | {} | `{}` |\n",
        row.fails,
        client(row),
        log(&row.log),
        sent(row),
        row.besides,
        row.name
    )
}

fn client(row: &Row) -> String {
    let mut words = match row.client {
        Client::Refusal(status, code) => format!("{status} `{code}`"),
        Client::Passed(status, "") => format!("{status} without a body"),
        Client::Passed(status, _) => format!("the service's {status} with its body"),
        Client::Account => "the service's answer".to_owned(),
        Client::Whole(bytes) => format!("the service's answer, all {} MiB of it", bytes >> 20),
        Client::Broken(status) => format!("{status}, and a body that breaks off"),
        Client::Gone => "it has gone".to_owned(),
    };
    for (name, value) in row.headers {
        words += &format!("; `{name}: {value}`");
    }
    words
}

fn log(log: &Log) -> String {
    let mut words = vec![format!("`{}`", log.severity)];
    words.extend(log.code.map(|code| format!("`{code}`")));
    words.push(format!("`ended: {}`", log.ended));
    words.push(format!("`attempts: {}`", log.attempts));
    words.extend(log.status.map(|status| format!("`upstream_status: {status}`")));
    words.extend(log.breaker.map(|breaker| format!("`breaker: {breaker}`")));
    words.extend(log.region.map(|region| format!("`region: {region}`")));
    if !log.tries.is_empty() {
        words.push(format!("`tries`: {}", log.tries.join(", then ")));
    }
    words.join(", ")
}

fn sent(row: &Row) -> String {
    match row.sent {
        [] => "none".to_owned(),
        sent => sent.join(", then "),
    }
}
