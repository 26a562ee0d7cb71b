//! Presets: issuers that are known, so that a policy only says whom of their callers it means.
//!
//! Promises: a preset never takes all callers of a provider that vouches for everybody. What tells this policy's own
//! callers from others is a key that must be there. What each fills in is Google's documentation of the token.

use crate::policy::{
    compile::known::{bounded_list, nearest},
    issuer::Types,
    problem::Problems,
    source::issuer::Issuer as Written,
    wanted::{Scalar, Test, Wanted},
};

/// An issuer that is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// The `iss` of its tokens; `{project}` stands for the key `project`.
    pub issuer: &'static str,
    /// Where its key set is.
    pub keys: &'static str,
    /// The keys of a policy that must be there.
    pub needs: &'static [Extra],
    /// The keys that may be there.
    pub takes: &'static [Extra],
    /// Claims that must be there, whatever the policy says: `true`, or anything.
    pub claims: &'static [(&'static str, Fixed)],
    /// What its audiences are.
    pub audience: Audience,
}

/// A key that only presets have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// `emails`: the claim `email` is one of them.
    Emails,
    /// `hosted_domains`: the claim `hd` is one of them.
    HostedDomains,
    /// `project`: a part of the `iss`.
    Project,
}

/// What a claim must be, whatever the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// `true`.
    True,
    /// There.
    Exists,
}

/// What the audiences of a preset are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// What the policy says.
    Written,
    /// What the policy says, and each is something of a Google Cloud project, by its number.
    OfProject,
    /// The project.
    Project,
}

/// The keys of Google's ID tokens, as its discovery document names them.
const GOOGLE_KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";

/// The `iss` of Google's ID tokens.
pub(super) const GOOGLE: &str = "https://accounts.google.com";

/// The `iss` of Identity-Aware Proxy's assertions.
pub(super) const IAP: &str = "https://cloud.google.com/iap";

const EMAIL_VERIFIED: &[(&str, Fixed)] = &[("email_verified", Fixed::True)];

/// An ID token of a service account, under the name that its user looks for.
const fn service_account(name: &'static str) -> Preset {
    Preset {
        name,
        issuer: GOOGLE,
        keys: GOOGLE_KEYS,
        needs: &[Extra::Emails],
        takes: &[],
        claims: EMAIL_VERIFIED,
        audience: Audience::Written,
    }
}

/// All presets.
pub const PRESETS: [Preset; 9] = [
    service_account("google-service-account"),
    service_account("google-pubsub"),
    service_account("google-eventarc"),
    service_account("google-scheduler"),
    service_account("google-tasks"),
    service_account("google-function"),
    Preset {
        name: "google-workspace",
        issuer: GOOGLE,
        keys: GOOGLE_KEYS,
        needs: &[Extra::HostedDomains],
        takes: &[],
        claims: EMAIL_VERIFIED,
        audience: Audience::Written,
    },
    // IAP signs with ES256 only, and its key set holds nothing else.
    Preset {
        name: "google-iap",
        issuer: IAP,
        keys: "https://www.gstatic.com/iap/verify/public_key-jwk",
        needs: &[],
        takes: &[Extra::HostedDomains],
        claims: &[],
        audience: Audience::OfProject,
    },
    // The key set is one for all projects, so the `iss` tells them apart.
    Preset {
        name: "firebase",
        issuer: "https://securetoken.google.com/{project}",
        keys: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
        needs: &[Extra::Project],
        takes: &[],
        claims: &[("sub", Fixed::Exists)],
        audience: Audience::Project,
    },
];

impl Preset {
    /// The types of its tokens. They are ID tokens, which are no access tokens (RFC 9068 section 2.1).
    pub const TYPES: Types = Types {
        jwt: true,
        at_jwt: false,
        absent: true,
    };

    /// The preset of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Whether an audience need not be written.
    pub(super) fn names_audience(&self) -> bool {
        self.audience == Audience::Project
    }

    /// The `iss` of its tokens.
    pub(super) fn iss(&self, written: &Written) -> String {
        let project = written.project.as_deref().unwrap_or_default();
        self.issuer.replace("{project}", project)
    }

    /// Its audiences.
    pub(super) fn audience(&self, place: &str, written: &Written, problems: &mut Problems) -> Vec<String> {
        let given = written.audience.clone();
        if let (Audience::Project, None) = (self.audience, &given) {
            return written.project.iter().cloned().collect();
        }
        let given = given.unwrap_or_default();
        let project = written.project.as_deref();
        let (fits, mend): (&dyn Fn(&str) -> bool, _) = match (self.audience, project) {
            (Audience::OfProject, _) => (
                &is_of_project,
                "copy it from the console, as in `/projects/123456789/global/backendServices/42`".to_owned(),
            ),
            (Audience::Project, Some(name)) => (
                &|audience| project == Some(audience),
                format!("write `{name}`, or remove `audience`"),
            ),
            _ => return given,
        };
        for (at, audience) in given.iter().enumerate().filter(|(_, audience)| !fits(audience)) {
            problems.add(
                format!("{place}.audience[{at}]"),
                format!("`{audience}` is no audience of `{}`", self.name),
                mend.as_str(),
            );
        }
        given
    }

    /// The claims that its tokens must have.
    pub(super) fn tests(&self, written: &Written) -> Vec<Test> {
        let one_of = |name: &str, list: &Option<Vec<String>>| {
            let texts = list.iter().flatten().map(|text| Scalar::Text(text.clone()));
            list.as_ref().map(|_| Test {
                name: name.to_owned(),
                wanted: Wanted::OneOf(texts.collect()),
            })
        };
        let fixed = self.claims.iter().map(|(name, fixed)| Test {
            name: (*name).to_owned(),
            wanted: match fixed {
                Fixed::True => Wanted::Equal(Scalar::Flag(true)),
                Fixed::Exists => Wanted::Exists,
            },
        });
        let own = [one_of("email", &written.emails), one_of("hd", &written.hosted_domains)];
        own.into_iter().flatten().chain(fixed).collect()
    }
}

/// An audience of Identity-Aware Proxy: `/projects/NUMBER/` and something of the project.
fn is_of_project(audience: &str) -> bool {
    let project = audience
        .strip_prefix("/projects/")
        .and_then(|rest| rest.split_once('/'));
    project.is_some_and(|(number, rest)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && !rest.is_empty()
    })
}

impl Extra {
    const ALL: [Self; 3] = [Self::Emails, Self::HostedDomains, Self::Project];

    /// The key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Emails => "emails",
            Self::HostedDomains => "hosted_domains",
            Self::Project => "project",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Emails => "emails = [\"push@my-project.iam.gserviceaccount.com\"]",
            Self::HostedDomains => "hosted_domains = [\"example.com\"]",
            Self::Project => "project = \"my-project\"",
        }
    }

    fn is_written(self, written: &Written) -> bool {
        match self {
            Self::Emails => written.emails.is_some(),
            Self::HostedDomains => written.hosted_domains.is_some(),
            Self::Project => written.project.is_some(),
        }
    }
}

/// The preset that an issuer names, with all that is wrong about the keys that only presets have.
pub(super) fn preset(place: &str, written: &Written, problems: &mut Problems) -> Option<&'static Preset> {
    let name = written.preset.as_deref();
    let preset = name.and_then(Preset::named);
    match (name, preset) {
        (Some(name), None) => {
            let names = PRESETS.iter().map(|preset| preset.name);
            problems.add(
                format!("{place}.preset"),
                format!("there is no preset `{name}`"),
                nearest(name, names).replace("add it, or use", "use"),
            );
        }
        (_, preset) => extras(place, written, preset, problems),
    }
    preset
}

fn extras(place: &str, written: &Written, preset: Option<&Preset>, problems: &mut Problems) {
    for extra in Extra::ALL {
        let key = extra.key();
        let needed = preset.is_some_and(|preset| preset.needs.contains(&extra));
        let taken = needed || preset.is_some_and(|preset| preset.takes.contains(&extra));
        match (extra.is_written(written), preset) {
            (false, Some(preset)) if needed => problems.add(
                format!("{place}.{key}"),
                format!(
                    "`{}` vouches for everybody's callers, and `{key}` does not say which are meant",
                    preset.name
                ),
                format!("add them, as in `{}`", extra.example()),
            ),
            (true, _) if !taken => {
                let of: Vec<&str> = PRESETS
                    .iter()
                    .filter(|preset| preset.needs.contains(&extra) || preset.takes.contains(&extra))
                    .map(|preset| preset.name)
                    .collect();
                problems.add(
                    format!("{place}.{key}"),
                    format!("`{key}` has no meaning here; presets that have it: {}", of.join(", ")),
                    "remove it, or ask for a claim with `claims`",
                );
            }
            (true, _) => check(extra, place, written, problems),
            (false, _) => {}
        }
    }
}

fn check(extra: Extra, place: &str, written: &Written, problems: &mut Problems) {
    let place = format!("{place}.{}", extra.key());
    let is_domain = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        text.contains('.') && text.bytes().all(allowed)
    };
    let is_account = |text: &str| {
        let (user, domain) = text.split_once('@').unwrap_or_default();
        let is_lower = !user.bytes().any(|byte| byte.is_ascii_uppercase());
        !user.is_empty() && is_lower && is_domain(domain) && domain.ends_with(".gserviceaccount.com")
    };
    let is_project = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
        !text.is_empty() && text.len() <= 64 && text.bytes().all(allowed)
    };
    let mut each = |list: &Option<Vec<String>>, fits: &dyn Fn(&str) -> bool, what: &str| {
        let list = list.as_deref().unwrap_or_default();
        let example = extra.example();
        if list.is_empty() {
            problems.add(
                &place,
                "an empty list names nobody",
                format!("name some, as in `{example}`"),
            );
        }
        bounded_list(&place, list.len(), 100, problems);
        for (at, text) in list.iter().enumerate().filter(|(_, text)| !fits(text)) {
            let lower = text.to_ascii_lowercase();
            let mend = match fits(&lower) {
                true => format!("write `{lower}`, as tokens have it"),
                false => format!("write it as in `{example}`"),
            };
            problems.add(format!("{place}[{at}]"), format!("`{text}` is no {what}"), mend);
        }
    };
    match extra {
        Extra::Emails => each(&written.emails, &is_account, "service account"),
        Extra::HostedDomains => each(&written.hosted_domains, &is_domain, "domain"),
        Extra::Project if !written.project.as_deref().is_some_and(is_project) => problems.add(
            &place,
            "this can't be a project",
            format!("give its id, as in `{}`", extra.example()),
        ),
        Extra::Project => {}
    }
}

#[cfg(test)]
mod tests;
