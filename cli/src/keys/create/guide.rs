//! The commands that put a key where it belongs, filled in from the policy as far as it says.
//!
//! Promises: every value is quoted for a POSIX shell. What nobody has said is a word in capitals.

use std::{collections::BTreeMap, fmt::Write as _};

use tollgate::{
    policy::site::{Site, service::Service},
    upstream::send::Endpoint,
};

/// What the commands are made of.
pub(super) struct Guide<'g> {
    pub(super) site: Option<&'g Site>,
    pub(super) name: &'g str,
    /// The file with the private key.
    pub(super) private: &'g str,
    /// The file with the public keys.
    pub(super) public: &'g str,
    /// Whether that file had keys before, so that Google is set up already.
    pub(super) adds: bool,
}

/// A provider of a workload identity pool, and whom it knows.
struct Pool {
    number: String,
    pool: String,
    provider: String,
    issuer: String,
    subject: String,
}

impl Guide<'_> {
    pub(super) fn workload_identity(&self) -> String {
        if self.adds {
            return self.second_key();
        }
        let mut text = String::new();
        let identity = self.site.and_then(|site| site.settings().workload_identity.as_ref());
        let pool = self.pool();
        let invokers = self.invokers();
        let (number, id, provider) = (&pool.number, quoted(&pool.pool), quoted(&pool.provider));
        let (issuer, public) = (quoted(&pool.issuer), quoted(self.public));
        let project = pool_project(number);
        let _ = write!(
            text,
            "# 1. Google: a pool, and a provider that takes what this key signs.\n\
             POOL_PROJECT={project}\n\
             gcloud services enable --project=\"$POOL_PROJECT\" iam.googleapis.com sts.googleapis.com \
             iamcredentials.googleapis.com\n\
             gcloud iam workload-identity-pools create {id} --project=\"$POOL_PROJECT\" --location=global\n\
             gcloud iam workload-identity-pools providers create-oidc {provider} --project=\"$POOL_PROJECT\" \\\n  \
             --location=global --workload-identity-pool={id} --issuer-uri={issuer} \\\n  \
             --attribute-mapping=google.subject=assertion.sub --jwk-json-path={public}\n\
             # If the provider is there already, give it the set with the new key instead:\n\
             #   gcloud iam workload-identity-pools providers update-oidc {provider} --project=\"$POOL_PROJECT\" \\\n\
             #     --location=global --workload-identity-pool={id} --jwk-json-path={public}\n\n",
        );
        let member = quoted(&format!(
            "principal://iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{}/subject/{}",
            pool.pool, pool.subject
        ));
        for (invoker, services) in &invokers {
            let own = account_and_project(invoker);
            let project = quoted(own.map_or("PROJECT_ID", |(_, project)| project));
            let invoker = quoted(invoker);
            let _ = writeln!(
                text,
                "# 2. The invoker {invoker}: this member of the pool may have its ID tokens, and it may call services.",
            );
            // Google makes the others itself.
            if let Some((account, _)) = own {
                let account = quoted(account);
                let _ = writeln!(text, "gcloud iam service-accounts create {account} --project={project}");
            }
            let _ = write!(
                text,
                "gcloud iam service-accounts add-iam-policy-binding {invoker} --project={project} \\\n  \
                 --role=roles/iam.serviceAccountOpenIdTokenCreator \\\n  --member={member}\n",
            );
            for service in services {
                for (service, region) in runs(service) {
                    let (service, region) = (quoted(&service), quoted(&region));
                    let _ = write!(
                        text,
                        "gcloud run services add-iam-policy-binding {service} --project={project} --region={region} \\\n  \
                         --role=roles/run.invoker --member=serviceAccount:{invoker}\n",
                    );
                }
                if has_custom_audience(service) {
                    text.push_str(&custom_audience(service, &project));
                }
            }
            text.push('\n');
        }
        self.secret_store(&mut text, 3);
        let is_named = identity.is_some_and(|identity| identity.key == self.name);
        if !is_named {
            let _ = match identity {
                Some(_) => write!(
                    text,
                    "\n# 4. The policy, once Google has the new key: in [gateway.workload_identity]\n#   key = \"{}\"\n",
                    self.name
                ),
                None => write!(
                    text,
                    "\n# 4. The policy:\n#   [gateway.workload_identity]\n\
                     #   provider = \"projects/{number}/locations/global/workloadIdentityPools/{}/providers/{}\"\n\
                     #   key      = \"{}\"\n#   issuer   = \"{}\"\n",
                    pool.pool, pool.provider, self.name, pool.issuer
                ),
            };
        }
        let _ = write!(
            text,
            "\n# To change the key later: make another with a --name of its own and --jwks {public}, so that the set has both;\n\
             # upload the set (update-oidc, above), put the new key into the secret store, then name it in the policy. When that\n\
             # policy is in force, take the old key out of the set, upload it again, and delete the old secret.\n",
        );
        text
    }

    /// What is left to do for a key that stands beside another.
    fn second_key(&self) -> String {
        let pool = self.pool();
        let (id, provider, public) = (quoted(&pool.pool), quoted(&pool.provider), quoted(self.public));
        let project = pool_project(&pool.number);
        let mut text = format!(
            "# 1. Google: the provider gets the set with all keys.\n\
             POOL_PROJECT={project}\n\
             gcloud iam workload-identity-pools providers update-oidc {provider} --project=\"$POOL_PROJECT\" \\\n  \
             --location=global --workload-identity-pool={id} --jwk-json-path={public}\n\n",
        );
        self.secret_store(&mut text, 2);
        let _ = write!(
            text,
            "\n# 3. The policy, once Google has the new key: in [gateway.workload_identity]\n#   key = \"{}\"\n\
             # When that policy is in force, take the old key out of the set, upload it again as in 1, and delete the old secret.\n",
            self.name
        );
        text
    }

    pub(super) fn assertions(&self) -> String {
        let mut text = String::new();
        self.secret_store(&mut text, 1);
        let assertions = self.site.and_then(|site| site.settings().assertions.as_ref());
        let mut keys: Vec<&str> = assertions
            .iter()
            .flat_map(|own| &own.keys)
            .map(String::as_str)
            .collect();
        if !keys.contains(&self.name) {
            keys.push(self.name);
            let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
            let _ = write!(
                text,
                "\n# 2. The policy, once the secret is there. The first key signs, all are published, and there are two at most:\n\
                 #   [gateway.assertions]\n#   keys = [{}]\n",
                keys.join(", ")
            );
        }
        text.push_str(
            "\n# To change the key later: make another with a --name of its own and name it second, so that it is published before\n\
             # it signs. When services have read the keys anew, name it first; when the last assertion of the old key has\n\
             # expired, name it alone and delete the old secret.\n",
        );
        text
    }

    fn secret_store(&self, text: &mut String, step: u8) {
        let (name, private) = (quoted(self.name), quoted(self.private));
        let _ = write!(
            text,
            "# {step}. Fastly: the private key goes into the secret store, and then from this machine.\n\
             fastly secret-store-entry create --store-id=\"$SECRETS\" --name={name} --file={private} \\\n  \
             && rm {private}\n",
        );
    }

    fn pool(&self) -> Pool {
        let settings = self.site.map(Site::settings);
        let identity = settings.and_then(|settings| settings.workload_identity.as_ref());
        let part = |at: usize, otherwise: &str| {
            let part = identity.and_then(|identity| identity.provider.split('/').nth(at));
            part.unwrap_or(otherwise).to_owned()
        };
        let origin = settings.and_then(|settings| settings.origin.clone());
        Pool {
            number: part(1, "PROJECT_NUMBER"),
            pool: part(5, "tollgate"),
            provider: part(7, "edge"),
            issuer: identity
                .map(|identity| identity.issuer.clone())
                .or(origin)
                .unwrap_or_else(|| "https://GATEWAY_HOST".to_owned()),
            subject: identity.map_or_else(|| "tollgate".to_owned(), |identity| identity.subject.clone()),
        }
    }

    /// The services that go without a key, by their invokers.
    fn invokers(&self) -> BTreeMap<String, Vec<&Service>> {
        let mut invokers: BTreeMap<String, Vec<&Service>> = BTreeMap::new();
        let keyless = self
            .site
            .is_some_and(|site| site.settings().workload_identity.is_some());
        let services = self.site.into_iter().flat_map(|site| site.parts().services.values());
        for service in services.filter(|service| !keyless || service.invoker_key.is_none()) {
            invokers.entry(service.invoker.clone()).or_default().push(service);
        }
        if invokers.is_empty() {
            invokers.insert("INVOKER@PROJECT_ID.iam.gserviceaccount.com".to_owned(), Vec::new());
        }
        invokers
    }
}

/// The project of the pool: that of the number, whatever the policy's other projects are.
fn pool_project(number: &str) -> String {
    match number.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("\"$(gcloud projects describe {number} --format='value(projectId)')\""),
        false => "PROJECT_ID".to_owned(),
    }
}

/// The name and the project of a service account that somebody made: `NAME@PROJECT.iam.gserviceaccount.com`. Google's own, as
/// Compute Engine's and App Engine's default accounts, have other domains, which do not tell the project.
fn account_and_project(invoker: &str) -> Option<(&str, &str)> {
    let (account, domain) = invoker.split_once('@')?;
    let project = domain.strip_suffix(".iam.gserviceaccount.com")?;
    (!account.is_empty() && !project.is_empty() && !project.contains('.')).then_some((account, project))
}

/// The Cloud Run services and regions behind a service.
fn runs(service: &Service) -> Vec<(String, String)> {
    let regions = std::iter::once(&service.regions.first).chain(&service.regions.others);
    regions.map(|region| run(&region.endpoint)).collect()
}

/// Whether the policy names an audience that is no URL of the service's own.
fn has_custom_audience(service: &Service) -> bool {
    let host = service.audience.split("://").nth(1).unwrap_or(&service.audience);
    service.audience != service.regions.first.endpoint.origin() && !host.ends_with(".run.app")
}

/// The commands by which the service knows its audience, one for each region.
fn custom_audience(service: &Service, project: &str) -> String {
    let audience = quoted(&service.audience);
    let commands = runs(service).into_iter().map(|(name, region)| {
        let (name, region) = (quoted(&name), quoted(&region));
        format!(
            "gcloud run services update {name} --project={project} --region={region} \\\n  \
             --add-custom-audiences={audience}\n"
        )
    });
    commands.collect()
}

/// Service and region as Cloud Run's own hosts name them: `SERVICE-NUMBER.REGION.run.app`, or without the region's name
/// `SERVICE-HASH-CODE.a.run.app`.
fn run(endpoint: &Endpoint) -> (String, String) {
    let unknown = |service: &str, region: &str| (service.to_owned(), region.to_owned());
    let Some(host) = endpoint.host().strip_suffix(".run.app") else {
        return unknown("SERVICE", "REGION");
    };
    match host.split_once('.') {
        Some((name, "a")) => match name.rsplitn(3, '-').nth(2) {
            Some(service) => unknown(service, "REGION"),
            None => unknown("SERVICE", "REGION"),
        },
        Some((name, region)) => match name.rsplit_once('-') {
            Some((service, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => unknown(service, region),
            _ => unknown("SERVICE", region),
        },
        None => unknown("SERVICE", "REGION"),
    }
}

/// Text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:@%+,=".contains(&byte);
    match !text.is_empty() && text.bytes().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_regions_are_read_from_cloud_runs_hosts() {
        for (url, service, region) in [
            (
                "https://orders-123456789.europe-west1.run.app",
                "orders",
                "europe-west1",
            ),
            ("https://my-orders-1.us-east4.run.app", "my-orders", "us-east4"),
            ("https://my-orders-ab12cd34ef-ew.a.run.app", "my-orders", "REGION"),
            ("https://orders.a.run.app", "SERVICE", "REGION"),
            ("https://orders.europe-west1.run.app", "SERVICE", "europe-west1"),
            ("https://orders.example.com", "SERVICE", "REGION"),
            ("http://127.0.0.1:8080", "SERVICE", "REGION"),
        ] {
            let found = run(&Endpoint::parse(url).expect("a URL"));
            assert_eq!(found, (service.to_owned(), region.to_owned()), "{url}");
        }
    }

    #[test]
    fn accounts_that_google_made_are_not_made_again() {
        for (invoker, found) in [
            ("edge@my-project.iam.gserviceaccount.com", Some(("edge", "my-project"))),
            ("123456789-compute@developer.gserviceaccount.com", None),
            ("my-project@appspot.gserviceaccount.com", None),
            ("edge@example.com.my-project.iam.gserviceaccount.com", None),
            ("edge@example.com", None),
            ("edge", None),
        ] {
            assert_eq!(account_and_project(invoker), found, "{invoker}");
        }
    }

    #[test]
    fn a_value_is_one_word_of_a_shell() {
        for (text, word) in [
            ("a-b@c.d", "a-b@c.d"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(x)", "'$(x)'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }
}
