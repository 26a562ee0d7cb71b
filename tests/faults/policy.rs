//! The policy that the table of faults runs: a service for each set of limits, each at `/SERVICE/...`.

/// The invoker of all services.
pub(crate) const INVOKER: &str = "edge@my-project.iam.gserviceaccount.com";

/// The secret with the invoker's key, for the services that go by it.
pub(crate) const INVOKER_KEY: &str = "edge-key";

/// The secret with the key for workload identity federation.
pub(crate) const WORKLOAD_KEY: &str = "workload-identity";

/// What differs from service to service. All have an invoker, an audience, and timeouts of half a second.
const SERVICES: &[(&str, &str)] = &[
    ("plain", "breaker = { failures = 0 }"),
    ("refused", "breaker = { failures = 0 }"),
    ("full", "breaker = { failures = 0 }"),
    ("cold", "breaker = { failures = 0 }\ntimeouts = { first_byte = \"5s\" }"),
    ("small", "request_bytes_max = 1_024"),
    ("roomy", "request_bytes_max = 1_000_000"),
    ("locked", ""),
    ("stranger", ""),
    (
        "late",
        "breaker = { failures = 0 }\ndeadline = \"1s\"\nretries = { attempts = 4 }",
    ),
    ("thrifty", "breaker = { failures = 0 }\nretries = { budget = 1 }"),
    (
        "breaking",
        "breaker = { failures = 3, open = \"2s\" }\nretries = { attempts = 1 }",
    ),
    ("regions", "breaker = { failures = 0 }"),
];

/// The services that show Google's faults have names that begin so: with a service account's key, and without one.
pub(crate) const BY_KEY: &str = "key-";
pub(crate) const KEYLESS: &str = "keyless-";

/// The audience of a service, and its URL before it is one of this machine.
pub(crate) fn audience(service: &str) -> String {
    format!("https://{service}-1.run.app")
}

/// The policy, with these further services, and Google at this URL.
pub(crate) fn policy<'n>(of_google: impl Iterator<Item = &'n str>, google: &str) -> String {
    let mut policy = format!(
        "[gateway]\nhosts = [\"api.example.com\"]\norigin = \"https://api.example.com\"\n\
         [gateway.workload_identity]\n\
         provider = \"projects/123456789/locations/global/workloadIdentityPools/tollgate/providers/edge\"\n\
         key = \"{WORKLOAD_KEY}\"\nsts = \"{google}\"\niam_credentials = \"{google}\"\n"
    );
    let services = SERVICES.iter().copied();
    for (name, limits) in services.chain(of_google.map(|name| (name, ""))) {
        let key = match name.starts_with(KEYLESS) {
            true => String::new(),
            false => format!("invoker_key = \"{INVOKER_KEY}\"\n"),
        };
        let place = match name {
            "regions" => "regions = [{ name = \"eu\", url = \"https://eu-1.run.app\" }, { name = \"us\", \
                 url = \"https://us-1.run.app\" }]"
                .to_owned(),
            name => format!("url = \"{}\"", audience(name)),
        };
        let timeouts = match limits.contains("timeouts") {
            true => "",
            false => "timeouts = { connect = \"500ms\", first_byte = \"500ms\", between_bytes = \"500ms\" }\n",
        };
        policy += &format!(
            "[services.{name}]\n{place}\naudience = \"{}\"\ninvoker = \"{INVOKER}\"\n{key}{timeouts}{limits}\n\
             [[routes]]\npath = \"/{name}/{{rest...}}\"\nallow = \"anyone\"\nto = \"{name}\"\n",
            audience(name)
        );
    }
    policy + "[[routes]]\npath = \"/plain/passed/{rest...}\"\nallow = \"anyone\"\nto = \"plain\"\npass_errors = true\n"
}
