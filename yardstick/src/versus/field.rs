//! Everything that is driven: every program alive at the same time, and the cases.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use tempfile::TempDir;
use tollgate_devstack::edge_program::{Build, build_program};
use tollgate_devstack::google::Google;
use tollgate_devstack::signing::Algorithm;
use tollgate_devstack::tokens::Issuer;
use tollgate_devstack::viceroy::Viceroy;

use super::case::{Case, Claims, Group, Substrate};
use super::natives::{self, Fill, Native};
use super::origin::{self, Origin};
use super::policies::{self, AUDIENCE, ISSUER, ORDER, PUBLIC, SCOPE, WHOAMI};
use super::programs::{self, Running};
use super::progress::say;
use crate::load::generator::Target;

/// How long tokens are valid: longer than any run.
const TOKEN_S: i64 = 6 * 3_600;
/// How many routes a policy has unless a case's name says otherwise.
const ROUTES: usize = 10;

/// What runs. Dropping it ends all of it.
#[derive(Debug)]
pub struct Field {
    /// The cases in the order of the table.
    pub cases: Vec<Case>,
    /// What is missing, and what to do about it.
    pub missing: Vec<String>,
    /// The native peers that were found, by name.
    pub natives: Vec<(&'static str, PathBuf)>,
    programs: BTreeMap<&'static str, Running>,
    peers: BTreeMap<&'static str, Native>,
    origin: Origin,
    token: String,
    issuer: Issuer,
    google: Google,
    folder: TempDir,
}

impl Field {
    /// Starts the gateway alone, before the origin, with one token that is remembered.
    ///
    /// # Errors
    /// If something cannot be built or started.
    pub async fn gateway_alone(build: Build) -> anyhow::Result<Self> {
        let issuer = Issuer::new("okta", ISSUER, AUDIENCE)?;
        let token = issuer.token().scope(SCOPE).expires_in(TOKEN_S).build()?;
        let folder = tempfile::Builder::new().prefix("tollgate-versus-").tempdir()?;
        let mut field = Self {
            cases: Vec::new(),
            missing: Vec::new(),
            natives: Vec::new(),
            programs: BTreeMap::new(),
            peers: BTreeMap::new(),
            origin: Origin::start().await?,
            token,
            issuer,
            google: Google::start().await?,
            folder,
        };
        field.add_gateway(build, "gateway", "1h").await?;
        Ok(field)
    }

    /// Starts everything.
    ///
    /// # Errors
    /// If something cannot be built or started.
    pub async fn whole(build: Build) -> anyhow::Result<Self> {
        let mut field = Self::gateway_alone(build).await?;
        field.add_gateway(build, "gateway-verifying", "0s").await?;
        let origin_url = field.origin.url();
        let origin_entry = BTreeMap::from([("origin".to_owned(), origin_url.clone())]);
        field.add_comparison(build, "empty", "empty", &BTreeMap::new()).await?;
        field
            .add_comparison(build, "empty-reused", "empty-reused", &BTreeMap::new())
            .await?;
        field
            .add_comparison(build, "pass-through", "pass-through", &origin_entry)
            .await?;
        let jwks = field.issuer.jwks();
        for (server, routes) in [("naive", ROUTES), ("naive-1000", 1_000)] {
            let store = policies::plain(&origin_url, &jwks, routes)?;
            field.add_comparison(build, "naive", server, &store).await?;
        }
        field.add_peers().await?;
        field.add_cases();
        Ok(field)
    }

    /// The gateway that remembers.
    ///
    /// # Errors
    /// If it does not run.
    pub fn gateway(&self) -> anyhow::Result<&Viceroy> {
        self.viceroy("gateway").context("the gateway does not run")
    }

    /// A request to the gateway that remembers, with the token.
    ///
    /// # Errors
    /// If it does not run.
    pub fn gateway_target(&self, path: &str) -> anyhow::Result<Target> {
        Ok(self.target(&self.gateway()?.url(), path, true))
    }

    /// The Viceroy of a server, if it has one.
    #[must_use]
    pub fn viceroy(&self, server: &str) -> Option<&Viceroy> {
        self.programs.get(server).map(|running| &running.viceroy)
    }

    /// The Viceroy of a case, if it runs the gateway.
    #[must_use]
    pub fn gateway_of(&self, case: &Case) -> Option<&Viceroy> {
        self.viceroy(case.server).filter(|_| case.server.starts_with("gateway"))
    }

    /// The process of a server, unless it is in this one.
    #[must_use]
    pub fn pid(&self, server: &str) -> Option<u32> {
        let of_program = self.viceroy(server).and_then(Viceroy::pid);
        of_program.or_else(|| self.peers.get(server).and_then(Native::pid))
    }

    async fn add_gateway(&mut self, build: Build, server: &'static str, remember: &str) -> anyhow::Result<()> {
        let wasm = build_program(build, "tollgate", "tollgate-edge").await?;
        let policy = policies::gateway(&self.origin.url(), ROUTES, remember);
        say(&format!("starting {server}"));
        let running = programs::gateway(wasm, &policy, &self.issuer, &self.google).await?;
        self.programs.insert(server, running);
        Ok(())
    }

    async fn add_comparison(
        &mut self,
        build: Build,
        program: &'static str,
        server: &'static str,
        entries: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        let wasm = build_program(build, "tollgate-comparisons", program).await?;
        say(&format!("starting {server}"));
        self.programs.insert(server, programs::comparison(wasm, entries).await?);
        Ok(())
    }

    async fn add_peers(&mut self) -> anyhow::Result<()> {
        let key = self.folder.path().join("key.pem");
        std::fs::write(&key, self.issuer.key(Algorithm::Rs256).public_pem())?;
        for name in ["haproxy", "nginx"] {
            let Some(program) = natives::find(name) else {
                self.missing.push(format!("{name} is {}", natives::INSTALL));
                continue;
            };
            say(&format!("starting {name}"));
            let fill = Fill {
                origin: self.origin.addr(),
                issuer: ISSUER,
                audience: AUDIENCE,
                key: &key,
                folder: self.folder.path(),
                threads: std::thread::available_parallelism().map_or(1, usize::from),
            };
            let peer = match name {
                "haproxy" => Native::haproxy(&program, &fill).await?,
                _ => Native::nginx(&program, &fill).await?,
            };
            self.peers.insert(name, peer);
            self.natives.push((name, program));
        }
        Ok(())
    }

    fn add_cases(&mut self) {
        self.cases = ROWS.into_iter().filter_map(|row| self.case(row)).collect();
    }

    /// The case of a row; `None` if its server is not there.
    fn case(&self, (name, group, server, path, with_token, claims): Row) -> Option<Case> {
        let sandboxed = self.viceroy(server).map(|viceroy| (viceroy.url(), Substrate::Sandbox));
        let native = || {
            let url = match server {
                "origin" => self.origin.url(),
                _ => self.peers.get(server)?.url(),
            };
            Some((url, Substrate::Native))
        };
        let (base, substrate) = sandboxed.or_else(native)?;
        Some(Case {
            name,
            group,
            substrate,
            server,
            target: self.target(&base, path, with_token),
            body: match group {
                Group::Edge => "ok",
                Group::Forwarded => origin::BODY,
            },
            claims,
            verifies: with_token && !NOT_VERIFYING.contains(&server),
        })
    }

    fn target(&self, base: &str, path: &str, with_token: bool) -> Target {
        Target {
            url: format!("{base}{path}"),
            bearer: with_token.then(|| self.token.clone()),
        }
    }
}

/// The servers that get a token and don't look at it.
const NOT_VERIFYING: [&str; 2] = ["pass-through", "nginx"];

/// Name, group, server, path, whether with the token, and where the gateway's claims come from.
type Row = (&'static str, Group, &'static str, &'static str, bool, Claims);

const ROWS: [Row; 14] = [
    (
        "empty, a sandbox a request",
        Group::Edge,
        "empty",
        "/",
        false,
        Claims::None,
    ),
    (
        "empty, sandbox reused",
        Group::Edge,
        "empty-reused",
        "/",
        false,
        Claims::None,
    ),
    ("gateway, public", Group::Edge, "gateway", PUBLIC, false, Claims::None),
    (
        "gateway, remembered",
        Group::Edge,
        "gateway",
        WHOAMI,
        true,
        Claims::Remembered,
    ),
    (
        "gateway, verified",
        Group::Edge,
        "gateway-verifying",
        WHOAMI,
        true,
        Claims::Verified,
    ),
    ("naive", Group::Edge, "naive", WHOAMI, true, Claims::None),
    (
        "naive, 1,000 routes",
        Group::Edge,
        "naive-1000",
        WHOAMI,
        true,
        Claims::None,
    ),
    ("HAProxy, verified", Group::Edge, "haproxy", WHOAMI, true, Claims::None),
    ("origin alone", Group::Forwarded, "origin", ORDER, false, Claims::None),
    (
        "pass-through",
        Group::Forwarded,
        "pass-through",
        ORDER,
        true,
        Claims::None,
    ),
    (
        "gateway, forwarded",
        Group::Forwarded,
        "gateway",
        ORDER,
        true,
        Claims::Remembered,
    ),
    ("naive, forwarded", Group::Forwarded, "naive", ORDER, true, Claims::None),
    ("nginx, forwarded", Group::Forwarded, "nginx", ORDER, true, Claims::None),
    (
        "HAProxy, forwarded",
        Group::Forwarded,
        "haproxy",
        ORDER,
        true,
        Claims::None,
    ),
];

/// The names of all cases, measured or not.
#[cfg(test)]
pub(super) fn case_names() -> Vec<&'static str> {
    ROWS.map(|(name, ..)| name).to_vec()
}
