//! Routing on pages equals a naive search of all routes, and nothing is lost on pages.

use std::cell::Cell;

use proptest::{collection::vec, prelude::*};
use tollgate::{
    gateway::Outcome,
    policy::{
        pages::{Compiled, PAGE_CHARACTERS_MAX, compiled_within, read_back},
        route::{Asked, Mismatch, mismatch},
        site::{Site, route::Route},
    },
    rejection::Rejection,
    request::{CanonicalRequest, Head},
    secret::Secret,
};
use tollgate_offline::{Course, Question, Rehearsal};

use super::policies::{ROUTE, question, routes, site};
use crate::cases;

/// What a search found: the number of a route, or the refusal, with the methods that it names.
type Found = Result<String, (&'static str, Option<String>)>;

fn number(route: &Route) -> String {
    route.response_headers.set[0].1.clone()
}

/// By the definition: of the routes that take the request, the one of the closest host and then of the highest
/// precedence.
fn naive(site: &Site, question: &Question) -> Found {
    let host = question.host.clone().unwrap();
    let head = Head {
        method: question.method.clone(),
        target: question.target.clone(),
        header_names: question.headers.iter().map(|(name, _)| name.clone()).collect(),
        values: vec![("host", Secret::new(host.clone().into_bytes()))],
        ..Head::default()
    };
    let request = CanonicalRequest::new(&head).unwrap();
    let headers = |name: &str| {
        let values = question.headers.iter().filter(|(own, _)| own == name);
        values
            .map(|(_, value)| Secret::new(value.clone().into_bytes()))
            .collect()
    };
    let asked = Asked {
        request: &request,
        headers: &headers,
    };
    let why = |route: &&Route| mismatch(route, &asked).unwrap();
    let all = &site.parts().routes;
    let answered = site.settings().answers_for(&host);
    let taking = all.iter().filter(|route| answered && why(route).is_none());
    let first = taking.min_by(|one, next| {
        let rank = |route: &Route| route.rank(&host).unwrap();
        rank(one).cmp(&rank(next)).then_with(|| one.precedence_at_host(next))
    });
    if let Some(route) = first {
        return Ok(number(route));
    }
    let but_for_method = all
        .iter()
        .filter(|route| answered && why(route) == Some(Mismatch::Method));
    if let Err(ambiguity) = request.refused_unless(&[]) {
        return Err((Rejection::from(ambiguity).verdict().code, None));
    }
    let mut allowed: Vec<&str> = but_for_method
        .flat_map(|route| &route.methods)
        .map(String::as_str)
        .collect();
    if allowed.is_empty() {
        return Err(("route-unknown", None));
    }
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    allowed.sort_unstable();
    allowed.dedup();
    Err(("method-not-allowed", Some(allowed.join(", "))))
}

/// The entries; none where what one request could take does not fit one page, which happens on small pages only.
fn laid_out(site: &Site, characters: usize) -> Result<Option<Compiled>, TestCaseError> {
    match compiled_within(site, characters) {
        Ok(compiled) => Ok(Some(compiled)),
        Err(why) if characters < PAGE_CHARACTERS_MAX && why.contains("can't be told apart") => Ok(None),
        Err(why) => Err(TestCaseError::fail(why)),
    }
}

fn on_pages(course: &Course) -> Found {
    match &course.outcome {
        Outcome::Answered(answer) => match course.entry.tollgate.code {
            Some(code) => Err((code, answer.header("allow").map(str::to_owned))),
            None => Ok(answer.header(ROUTE).unwrap().to_owned()),
        },
        Outcome::HandedOver => Ok(String::new()),
        Outcome::Forwarded(forwarded) => {
            let set = forwarded.edits.set.iter().find(|(name, _)| name == ROUTE);
            Ok(set.unwrap().1.expose().clone())
        }
    }
}

#[test]
fn pages_find_what_a_naive_search_finds() {
    let (written, kept, split, found) = (Cell::new(0), Cell::new(0), Cell::new(0), Cell::new(0));
    let strategy = (routes(60), vec(question(), 24));
    let mut runner = proptest::test_runner::TestRunner::new(cases(150));
    let property = |(routes, questions): (Vec<_>, Vec<Question>)| {
        written.set(written.get() + routes.len());
        let site = site(routes);
        kept.set(kept.get() + site.parts().routes.len());
        for characters in [600, 1_200, 2_400, PAGE_CHARACTERS_MAX] {
            let Some(compiled) = laid_out(&site, characters)? else {
                continue;
            };
            split.set(split.get() + usize::from(compiled.entries.len() > 2));
            let rehearsal = Rehearsal::of(site.clone(), compiled);
            for question in &questions {
                let expected = naive(&site, question);
                let course = rehearsal.ask(question).map_err(TestCaseError::fail)?;
                prop_assert_eq!(
                    on_pages(&course),
                    expected.clone(),
                    "{} https://{}{} {:?}, {} characters; {:?}",
                    question.method,
                    question.host.as_deref().unwrap(),
                    question.target,
                    question.headers,
                    characters,
                    course.entry.tollgate.problems
                );
                found.set(found.get() + usize::from(expected.is_ok()));
            }
        }
        Ok(())
    };
    runner.run(&strategy, property).unwrap();
    let (written, kept) = (written.get(), kept.get());
    assert!(kept * 2 > written, "{kept} of {written} routes do not compete");
    assert!(split.get() > 150, "{} of 600 layouts have several pages", split.get());
    assert!(found.get() > 2_000, "{} of 14,400 requests are taken", found.get());
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn nothing_is_lost_on_pages(routes in routes(60), characters in prop::sample::select(vec![600, 1_200, 2_400, PAGE_CHARACTERS_MAX])) {
        let site = site(routes);
        if let Some(compiled) = laid_out(&site, characters)? {
            prop_assert_eq!(read_back(&compiled).map_err(TestCaseError::fail)?, site);
        }
    }
}
