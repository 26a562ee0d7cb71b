//! One page: routes by the hashes of their paths, searched where they lie.
//!
//! A page is text:
//!
//! ```text
//! tollgate3 <version> p3 <sum> <keys> <records> <shapes> <beginning>\n<key>…<offset>…<record>…
//! ```
//!
//! A key is six hexadecimal digits of a hash and three of a record's number, in order of hash, then of precedence. An
//! offset is four digits. A record is four digits of its own checksum, and the record in base64url; before that of a route stand its
//! path and a space. `beginning` is that of all paths, and left out of them. `sum` stands for all
//! from `<keys>` to the first record; a record's checksum is looked at when the record is.

use serde::de::DeserializeOwned;

use crate::{
    policy::{
        pages::{
            Found, key, opened,
            record::{self, ActionRecord, RouteRecord},
            sum,
        },
        route::{Asked, Mismatch, mismatch},
        site::route::Allow,
        template::PathTemplate,
    },
    rejection::Rejection,
};

/// How many characters a key has, and how many of them are its hash.
pub(super) const KEY_CHARACTERS: usize = 9;
pub(super) const HASH_CHARACTERS: usize = 6;

/// How many characters an offset has.
pub(super) const OFFSET_CHARACTERS: usize = 4;

/// How many characters a record's checksum has.
pub(super) const CHECK_CHARACTERS: usize = 4;

/// The most keys, and the most records, that a page can have by their three digits.
pub(super) const NUMBER_MAX: usize = 0xfff;

/// A page that is known to be whole up to its first record.
#[derive(Debug)]
pub struct Page {
    version: String,
    number: u32,
    text: String,
    shapes: Vec<String>,
    beginning: String,
    keys_at: usize,
    keys: usize,
    offsets_at: usize,
    records: usize,
    records_at: usize,
}

/// What looking for a route found.
pub enum Search<F> {
    /// This route takes the request.
    Found(F),
    /// None does.
    Nothing(Rejection),
}

impl Page {
    /// Reads the page of that number of a version.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(version: &str, number: u32, text: String) -> Result<Self, String> {
        let fault = |what: &str| format!("the policy's page {version}.p{number} {what}");
        let rest = opened(&text, version, &format!("p{number}"))?;
        let (written, summed) = rest.split_once(' ').ok_or_else(|| fault("is cut off"))?;
        let (head, _) = summed.split_once('\n').ok_or_else(|| fault("is cut off"))?;
        let mut words = head.split(' ');
        let mut count = || usize::from_str_radix(words.next()?, 16).ok();
        let (keys, records) = match (count(), count()) {
            (Some(keys @ ..=NUMBER_MAX), Some(records @ ..=NUMBER_MAX)) => (keys, records),
            _ => return Err(fault("has no counts that can be")),
        };
        let shapes = words.next().unwrap_or_default();
        let shapes: Vec<String> = shapes
            .split(',')
            .filter(|shape| !shape.is_empty())
            .map(str::to_owned)
            .collect();
        let beginning = words.next().unwrap_or_default().to_owned();
        let keys_at = text.len() - summed.len() + head.len() + 1;
        let offsets_at = keys_at + keys * KEY_CHARACTERS;
        let records_at = offsets_at + (records + 1) * OFFSET_CHARACTERS;
        let to_records = summed.get(..records_at - (text.len() - summed.len()));
        let whole = to_records.is_some_and(|to_records| {
            u64::from_str_radix(written, 16).ok() == Some(sum(version, u64::from(number), to_records))
        });
        if !whole {
            return Err(fault("was changed or cut off after it was compiled"));
        }
        let page = Self {
            version: version.to_owned(),
            number,
            shapes,
            beginning,
            keys_at,
            keys,
            offsets_at,
            records,
            records_at,
            text,
        };
        match page.offset(records) == Some(page.text.len()) {
            true => Ok(page),
            false => Err(fault("was cut off or added to after it was compiled")),
        }
    }

    /// Looks for the route that takes the request, in order of precedence. `get` gives the route of a number, from memory
    /// or by [`Page::route`].
    ///
    /// # Errors
    /// What is wrong with a record, as `get` says it.
    pub fn find<F: AsRef<Found>>(
        &self,
        asked: &Asked<'_>,
        mut get: impl FnMut(u16) -> Result<F, String>,
    ) -> Result<Search<F>, String> {
        let request = asked.request;
        let mut allowed: Vec<String> = Vec::new();
        for shape in &self.shapes {
            let Some(hash) = key::of_request(shape, request.host(), request.path().segments()) else {
                continue;
            };
            for number in self.numbers(hash) {
                let found = get(number?)?;
                if !key::is_of(&found.as_ref().route, shape, request.host()) {
                    continue;
                }
                match mismatch(&found.as_ref().route, asked) {
                    Ok(None) => return Ok(Search::Found(found)),
                    Ok(Some(Mismatch::Method)) => allowed.extend(found.as_ref().route.methods.iter().cloned()),
                    Ok(Some(_)) => {}
                    Err(ambiguity) => return Ok(Search::Nothing(ambiguity.into())),
                }
            }
        }
        Ok(Search::Nothing(nothing(allowed)))
    }

    /// Reads the route of a number.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn route(&self, number: u16) -> Result<Found, String> {
        let (path, record) = self
            .text(number)?
            .split_once(' ')
            .ok_or_else(|| self.fault("has a route without path"))?;
        let path = PathTemplate::parse(&format!("{}{path}", self.beginning))
            .map_err(|why| self.fault(&format!("is malformed: {why}")))?;
        let record: RouteRecord = self.parsed(record)?;
        let allow: Allow = self.record(record.allow)?;
        let action: ActionRecord = self.record(record.action)?;
        let (action, service) = action.action(|number| self.record(number))?;
        Ok(Found {
            route: record.route(path, allow, action),
            service,
        })
    }

    /// The numbers of all routes that the page names by a key, each once, in order.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn all(&self) -> Result<Vec<u16>, String> {
        let mut numbers: Vec<u16> = (0..self.keys).map(|at| self.number(at)).collect::<Result<_, _>>()?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// The numbers of the routes with this hash, in order of precedence.
    fn numbers(&self, hash: u32) -> impl Iterator<Item = Result<u16, String>> {
        let (mut low, mut high) = (0, self.keys);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.hash(middle) < Some(hash) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..self.keys)
            .take_while(move |at| self.hash(*at) == Some(hash))
            .map(|at| self.number(at))
    }

    fn hash(&self, key: usize) -> Option<u32> {
        let at = self.keys_at + key * KEY_CHARACTERS;
        u32::from_str_radix(self.text.get(at..at + HASH_CHARACTERS)?, 16).ok()
    }

    fn number(&self, key: usize) -> Result<u16, String> {
        let at = self.keys_at + key * KEY_CHARACTERS;
        let digits = self.text.get(at + HASH_CHARACTERS..at + KEY_CHARACTERS);
        digits
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.fault("has a key without number"))
    }

    fn record<T: DeserializeOwned>(&self, number: u16) -> Result<T, String> {
        self.parsed(self.text(number)?)
    }

    fn parsed<T: DeserializeOwned>(&self, record: &str) -> Result<T, String> {
        record::read(record).map_err(|why| self.fault(&format!("is malformed: {why}")))
    }

    /// The text of a record that is whole.
    fn text(&self, of: u16) -> Result<&str, String> {
        let number = usize::from(of);
        let text = match (number < self.records, self.offset(number), self.offset(number + 1)) {
            (true, Some(start), Some(end)) => self.text.get(start..end),
            _ => None,
        };
        let (check, record) = text
            .and_then(|text| text.split_at_checked(CHECK_CHARACTERS))
            .ok_or_else(|| self.fault("has a record that is not there"))?;
        if u64::from_str_radix(check, 16).ok() != Some(check_of(&self.version, (self.number, of), record)) {
            return Err(self.fault("has a record that was changed or cut off after it was compiled"));
        }
        Ok(record)
    }

    /// Where a record begins, and so the one before it ends.
    fn offset(&self, number: usize) -> Option<usize> {
        let at = self.offsets_at + number * OFFSET_CHARACTERS;
        let digits = self.text.get(at..at + OFFSET_CHARACTERS)?;
        Some(self.records_at + usize::from_str_radix(digits, 16).ok()?)
    }

    fn fault(&self, what: &str) -> String {
        format!("a page of the policy {} {what}", self.version)
    }
}

/// A record's own checksum: as many bits as its digits hold.
pub(super) fn check_of(version: &str, (page, number): (u32, u16), record: &str) -> u64 {
    // Never the place of a page's own: its number is in the upper half.
    let place = (u64::from(page) + 1) << 32 | u64::from(number);
    sum(version, place, record) >> (64 - 4 * CHECK_CHARACTERS)
}

/// The refusal where no route takes a request: by path, or only by method.
#[must_use]
pub(super) fn nothing(mut allowed: Vec<String>) -> Rejection {
    if allowed.is_empty() {
        return Rejection::RouteUnknown;
    }
    if allowed.iter().any(|method| method == "GET") {
        allowed.push("HEAD".to_owned());
    }
    allowed.sort_unstable();
    allowed.dedup();
    Rejection::MethodNotAllowed { allowed }
}
