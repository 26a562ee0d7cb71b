//! The paths that a source text names, found without a Rust parser.
//!
//! What is read: `crate::…`, `tollgate::…` and `super::…` with groups, anywhere in the code. What is left out: comments,
//! the insides of texts, and tests (`#[cfg(test)] mod tests`).

/// The paths within this package that the text of `module` names, each as its segments from the root.
pub(crate) fn imports(module: &str, text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(&without_tests(&code(text)));
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let follows_path = at
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_some_and(|token| token == "::");
        let rest = tokens.get(at + 1..).unwrap_or_default();
        if follows_path || rest.first().is_none_or(|next| next != "::") {
            continue;
        }
        let base = match token.as_str() {
            "crate" | "tollgate" => Vec::new(),
            "self" => segments(module),
            "super" => {
                let mut parent = segments(module);
                parent.pop();
                parent
            }
            _ => continue,
        };
        tree(&tokens, &mut (at + 2), &base, &mut found);
    }
    found
}

/// Whether the code names the platform's crate.
pub(crate) fn names_platform(text: &str) -> bool {
    tokens(&code(text)).iter().any(|token| token == "fastly")
}

fn segments(module: &str) -> Vec<String> {
    module.split("::").map(str::to_owned).collect()
}

/// Reads one path or tree of paths from a place on, and moves the place behind it.
fn tree(tokens: &[String], at: &mut usize, base: &[String], found: &mut Vec<Vec<String>>) {
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut path = base.to_vec();
    loop {
        match token(*at) {
            "{" => {
                *at += 1;
                return group(tokens, at, &path, found);
            }
            "self" => {}
            "super" => drop(path.pop()),
            word if is_word(word) || word == "*" => path.push(word.to_owned()),
            _ => break,
        }
        *at += 1;
        if token(*at) != "::" {
            break;
        }
        *at += 1;
    }
    if token(*at) == "as" {
        *at += 2;
    }
    found.push(path);
}

/// Reads what stands in braces, from behind the opening one.
fn group(tokens: &[String], at: &mut usize, base: &[String], found: &mut Vec<Vec<String>>) {
    while let Some(token) = tokens.get(*at) {
        match token.as_str() {
            "}" => {
                *at += 1;
                return;
            }
            word if is_word(word) || word == "*" => tree(tokens, at, base, found),
            _ => *at += 1,
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Words, `::`, and single marks.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|next: char| !next.is_alphanumeric() && next != '_')
                .unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    tokens
}

/// The text without `#[cfg(test)] mod …` at the outermost level.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if line != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let declared = lines.next().is_some_and(|module| module.trim_end().ends_with(';'));
        if !declared {
            lines.by_ref().take_while(|line| *line != "}").for_each(drop);
        }
    }
    kept
}

/// The text without comments, and with nothing in its texts.
pub(crate) fn code(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_text(rest) {
            kept.push_str("\"\"");
            let end = format!("\"{}", "#".repeat(hashes));
            let begin = hashes + 2;
            rest.get(begin..)
                .and_then(|inner| inner.find(&end))
                .map_or(rest.len(), |at| begin + at + end.len())
        } else if first == '"' {
            kept.push_str("\"\"");
            text_length(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("b'\"'") {
            kept.push_str("' '");
            rest.find("\"'").map_or(1, |at| at + 2)
        } else {
            kept.push(first);
            first.len_utf8()
        };
        rest = rest.get(skipped..).unwrap_or_default();
    }
    kept.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// How many `#` a raw text has that begins here.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.chars().take_while(|mark| *mark == '#').count();
    after.get(hashes..)?.starts_with('"').then_some(hashes)
}

/// How long a text is that begins here, with its quotes.
fn text_length(rest: &str) -> usize {
    let mut escaped = true;
    for (at, character) in rest.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}
