//! The attempts for one request: where it is sent, how often, and when that is the end of it.
//!
//! Promises: at most as many sends as the policy allows, none of which begins after the deadline, and each repetition only
//! where [`attempt`] allows it, the body is still there, and the budget has one left. The next attempt goes to the next region
//! that is not left alone; a region that was asked before is given time, as much as it asked for or a little.
//!
//! A request that can't go anywhere, since all is left alone, is not sent at all.

mod course;

pub use crate::upstream::attempts::course::Course;

use crate::{
    entry::Try,
    host::{Host, SendFault},
    policy::site::service::Service,
    rejection::Rejection,
    sandbox::Sandbox,
    upstream::{
        attempt::{
            self,
            pace::{self, Again},
        },
        breaker::{Breaker, Stand},
        pick::{Picked, Reached},
        retries,
        send::{Destination, Inbound, Outbound},
        verdict::{BEGINNING_BYTES_MAX, has_no_instance, needs_beginning},
    },
};

/// The most regions that one request looks at.
pub const REGIONS_MAX: usize = crate::policy::site::service::REGIONS_MAX;

/// A request that is to be sent.
#[derive(Debug)]
pub struct Attempts<'a, H: Host> {
    /// The world.
    pub host: &'a H,
    /// The sandbox's memory.
    pub sandbox: &'a Sandbox,
    /// The service.
    pub service: &'a Service,
    /// Where it may go.
    pub picked: &'a Picked,
    /// Whether doing it several times is the same as doing it once.
    pub idempotent: bool,
    /// Whether it has no body.
    pub bodiless: bool,
    /// Its identifier.
    pub request_id: &'a str,
    /// When it came, by the host's stopwatch.
    pub began_us: u64,
}

/// A place that may be asked, among those that a request looks at.
struct Chosen<'a, T> {
    at: usize,
    place: &'a Reached,
    stand: Stand<T>,
}

/// What a request knows of a place.
#[derive(Debug, Clone, Copy)]
enum Known {
    Nothing,
    /// It was asked, and what it said about being asked again.
    Asked(Again),
    LeftAlone,
}

type Outcome<R> = Result<Inbound<R>, SendFault>;

impl<'a, H: Host> Attempts<'a, H> {
    /// Sends the request until that is the end of it. `outbound` makes the message for a destination.
    ///
    /// # Errors
    /// What the client gets in place of an answer.
    pub async fn send(
        &self,
        original: &mut H::Request,
        outbound: impl Fn(&Destination) -> Outbound,
        course: &mut Course,
    ) -> Result<Inbound<H::Response>, Rejection> {
        let places: Vec<&Reached> = self.picked.places().take(REGIONS_MAX).collect();
        let mut known = vec![Known::Nothing; places.len()];
        let mut last: Option<Outcome<H::Response>> = None;
        let (mut from, mut repetitions) = (0, 0_u8);
        loop {
            let chosen = match self.choose((&places, from), &mut known, course).await {
                Ok(chosen) => chosen,
                Err(until_ms) => {
                    return last.map_or_else(|| Err(self.left_alone(until_ms, course)), |last| self.end(last));
                }
            };
            let pause_ms = match known.get(chosen.at) {
                Some(Known::Asked(Again::After(ms))) => *ms,
                Some(Known::Asked(Again::Unsaid)) => {
                    repetitions += 1;
                    pace::pause_ms(repetitions - 1, self.request_id)
                }
                _ => 0,
            };
            let left_ms = self.left_ms().saturating_sub(pause_ms);
            let mut destination = chosen.place.destination.clone();
            let first_byte_ms = match course.attempts {
                0 => pace::first_byte_ms_at_first(destination.timeouts.first_byte_ms, left_ms),
                _ => pace::first_byte_ms(destination.timeouts.first_byte_ms, left_ms),
            };
            let Some(first_byte_ms) = first_byte_ms else {
                return self.end_or_late(last);
            };
            destination.timeouts.first_byte_ms = first_byte_ms;
            if let Some(earlier) = last.take() {
                if !self.has_budget(course).await {
                    return self.end(earlier);
                }
                if pause_ms > 0 {
                    self.host.pause(pause_ms).await;
                }
                last = Some(earlier);
            }
            let mut outbound = outbound(&destination);
            course.attempts = course.attempts.saturating_add(1);
            let is_last = course.attempts >= self.service.attempts.attempts_max;
            outbound.repeatable = !is_last;
            let mut outcome = self.attempt(original, &outbound, &chosen, course).await;
            if matches!(outcome, Err(SendFault::NotSent(_))) {
                return self.end(last.unwrap_or(outcome));
            }
            // A client that is slow or gone makes a service look so; a body that is kept was there before anything was sent.
            let counts = self.bodiless || self.host.can_repeat(original);
            let asked = (&chosen.place.destination, first_byte_ms);
            let left_alone = self.settle(asked, chosen.stand, (&outcome, counts), course).await;
            if is_last || !self.may_follow(&mut outcome).await || !self.host.can_repeat(original) {
                return self.end(outcome);
            }
            if let Some(known) = known.get_mut(chosen.at) {
                *known = match left_alone {
                    true => Known::LeftAlone,
                    false => Known::Asked(self.again(&outcome)),
                };
            }
            from = chosen.at + 1;
            last = Some(outcome);
        }
    }

    /// The first place that is not left alone, for a request that is sent once and of which nobody learns how it went.
    ///
    /// # Errors
    /// [`Rejection::UpstreamOverloaded`] where all are.
    pub async fn first(&self, course: &mut Course) -> Result<&'a Reached, Rejection> {
        let places: Vec<&'a Reached> = self.picked.places().take(REGIONS_MAX).collect();
        let mut known = vec![Known::Nothing; places.len()];
        // It never takes the turn to try an endpoint for all.
        let once = Self {
            bodiless: false,
            ..*self
        };
        let chosen = once.choose((&places, 0), &mut known, course).await;
        let chosen = chosen.map_err(|until_ms| self.left_alone(until_ms, course))?;
        course.at = Some(chosen.at);
        places.get(chosen.at).copied().ok_or_else(|| self.left_alone(0, course))
    }

    /// The first place from `from` on, and round, that is not left alone and does not ask for more time than anyone waits.
    ///
    /// # Errors
    /// Until when the first of them is left alone, in milliseconds since 1970.
    async fn choose<'p>(
        &self,
        (places, from): (&[&'p Reached], usize),
        known: &mut [Known],
        course: &mut Course,
    ) -> Result<Chosen<'p, H::Turn>, u64> {
        let mut first_until_ms = u64::MAX;
        let in_turn = places.iter().enumerate().cycle().skip(from).take(places.len());
        for (at, place) in in_turn {
            if matches!(known.get(at), Some(Known::LeftAlone | Known::Asked(Again::Later))) {
                continue;
            }
            let breaker = self.breaker(&place.destination);
            let stand = breaker.stand(self.bodiless, &mut course.problems).await;
            if let Stand::Open { until_ms } = stand {
                first_until_ms = first_until_ms.min(until_ms);
                course.pass_over(place);
                if let Some(known) = known.get_mut(at) {
                    *known = Known::LeftAlone;
                }
                continue;
            }
            return Ok(Chosen { at, place, stand });
        }
        Err(first_until_ms)
    }

    async fn attempt(
        &self,
        original: &mut H::Request,
        outbound: &Outbound,
        chosen: &Chosen<'_, H::Turn>,
        course: &mut Course,
    ) -> Outcome<H::Response> {
        let started_us = self.host.stopwatch_us();
        let outcome = self.host.forward(original, outbound).await;
        if matches!(outcome, Err(SendFault::NotSent(_))) {
            course.attempts = course.attempts.saturating_sub(1);
            return outcome;
        }
        let status = outcome.as_ref().ok().map(|inbound| inbound.status);
        course.at = Some(chosen.at);
        course.status = status;
        course.breaker = match chosen.stand {
            Stand::HalfOpen(..) | Stand::Late(_) => Some("half-open"),
            Stand::Closed(_) | Stand::Open { .. } => None,
        };
        let well = status.is_some_and(|status| status != 429 && !attempt::is_failure(status));
        if !well || course.attempts > 1 || course.breaker.is_some() {
            course.tries.push(Try {
                region: chosen.place.region.clone(),
                status,
                fault: outcome.as_ref().err().map(attempt::word),
                breaker: course.breaker,
                us: self.host.stopwatch_us().saturating_sub(started_us),
            });
        }
        outcome
    }

    /// Tells the breaker how it went, where that says something of the endpoint. Gives whether it is left alone from now on.
    async fn settle(
        &self,
        (destination, asked_first_byte_ms): (&Destination, u32),
        stand: Stand<H::Turn>,
        (outcome, counts): (&Outcome<H::Response>, bool),
        course: &mut Course,
    ) -> bool {
        let went_well = match outcome {
            Ok(inbound) => !attempt::is_failure(inbound.status),
            // Who was given less time than a first attempt has not shown that it is slow.
            Err(SendFault::Timeout(_)) if self.is_short(asked_first_byte_ms, destination) => return false,
            Err(fault) if attempt::is_endpoints(fault) && (counts || fault.nothing_sent()) => false,
            Err(_) => return false,
        };
        let breaker = self.breaker(destination);
        let left_alone = breaker.settle(stand, went_well, &mut course.problems).await;
        if left_alone && !went_well {
            course.breaker.get_or_insert("open");
            course.opened();
        }
        left_alone
    }

    /// Whether an attempt had less time than the first one of a request gets.
    fn is_short(&self, first_byte_ms: u32, destination: &Destination) -> bool {
        let full_ms = pace::first_byte_ms(destination.timeouts.first_byte_ms, self.service.attempts.deadline_ms);
        full_ms.is_some_and(|full_ms| first_byte_ms < full_ms)
    }

    async fn may_follow(&self, outcome: &mut Outcome<H::Response>) -> bool {
        let idempotent = self.idempotent;
        match outcome {
            Ok(inbound) => {
                let no_instance = idempotent && inbound.status == 429 && self.no_instance(inbound).await;
                attempt::may_follow_answer(inbound.status, idempotent, no_instance)
            }
            Err(fault) => attempt::may_follow_fault(fault, idempotent),
        }
    }

    async fn no_instance(&self, inbound: &mut Inbound<H::Response>) -> bool {
        let content_type = self.host.response_values(&inbound.response, "content-type");
        let content_type: Vec<&[u8]> = content_type.iter().map(|value| value.expose().as_slice()).collect();
        if !needs_beginning(inbound.status, &content_type) {
            return false;
        }
        let peeked = self.host.peek(&mut inbound.response, BEGINNING_BYTES_MAX).await;
        peeked.is_ok_and(|beginning| has_no_instance(beginning.expose()))
    }

    fn again(&self, outcome: &Outcome<H::Response>) -> Again {
        match outcome {
            Ok(inbound) if matches!(inbound.status, 429 | 503) => pace::again(self.retry_after(inbound).as_deref()),
            _ => Again::Unsaid,
        }
    }

    async fn has_budget(&self, course: &mut Course) -> bool {
        let taken = retries::take(self.host, &self.picked.service, self.service.attempts.retries_max).await;
        taken.unwrap_or_else(|why| {
            course.problems.push(why);
            false
        })
    }

    /// The end of it: what came last.
    fn end(&self, last: Outcome<H::Response>) -> Result<Inbound<H::Response>, Rejection> {
        last.map_err(|fault| attempt::rejection(fault, self.service.request_bytes_max))
    }

    /// The end where there is no time for another attempt: an answer, if there is one.
    fn end_or_late(&self, last: Option<Outcome<H::Response>>) -> Result<Inbound<H::Response>, Rejection> {
        let deadline_ms = self.service.attempts.deadline_ms;
        let before = match last {
            Some(Ok(inbound)) => return self.end(Ok(inbound)),
            Some(Err(fault)) => format!(": {}", fault.of("the service")),
            None => String::new(),
        };
        Err(Rejection::UpstreamTimeout(format!(
            "no time is left of {deadline_ms} ms for another attempt{before}"
        )))
    }

    fn left_alone(&self, until_ms: u64, course: &mut Course) -> Rejection {
        course.breaker = Some("open");
        let left_ms = until_ms.saturating_sub(self.host.now().unix_ms);
        Rejection::UpstreamOverloaded {
            cause: "it failed too often in a row, and is left alone".to_owned(),
            retry_after_s: u32::try_from(left_ms.div_ceil(1_000).max(1)).ok(),
        }
    }

    fn left_ms(&self) -> u32 {
        let spent_ms = self.host.stopwatch_us().saturating_sub(self.began_us) / 1_000;
        let deadline_ms = self.service.attempts.deadline_ms;
        deadline_ms.saturating_sub(u32::try_from(spent_ms).unwrap_or(u32::MAX))
    }

    fn breaker<'b>(&'b self, destination: &'b Destination) -> Breaker<'b, H> {
        Breaker {
            host: self.host,
            sandbox: self.sandbox,
            service: &self.picked.service,
            endpoint: &destination.endpoint,
            attempts: &self.service.attempts,
        }
    }

    fn retry_after(&self, inbound: &Inbound<H::Response>) -> Option<String> {
        let values = self.host.response_values(&inbound.response, "retry-after");
        match values.as_slice() {
            [value] => str::from_utf8(value.expose()).ok().map(str::to_owned),
            _ => None,
        }
    }
}
