//! Which server a model is asked at: the one place where flags, environment and model names meet.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::Session;
use super::money::Tariff;
use crate::api::retry::Policy;
use crate::api::{self, Client, Gate, Limits, Server};
use crate::cli::ApiArgs;
use crate::server;

const OPENAI: &str = "https://api.openai.com/v1";
const KEY: &str = "OPENAI_API_KEY";
const JUDGE_KEY: &str = "RISKPREF_JUDGE_API_KEY";
/// The variables of --auth-header and --header.
const AUTH_HEADER: &str = "RISKPREF_AUTH_HEADER";
const HEADER: &str = "RISKPREF_HEADER";
/// Stands for the embedded server where none is started.
const EMBEDDED: &str = "http://embedded.invalid/v1";

/// The clients of a command; all share one gate.
pub(super) struct Connections {
    session: Session,
    gate: Arc<Gate>,
    policy: Policy,
    timeout: Duration,
    base_url: Option<String>,
    key: Option<SecretString>,
    key_variable: &'static str,
    auth_header: Option<String>,
    headers: Vec<(String, SecretString)>,
    body_fields: Map<String, Value>,
    data_dir: PathBuf,
    weights: Option<PathBuf>,
    tariff: Tariff,
    dry_run: bool,
    /// Base URL of the embedded server, once it is started.
    embedded: Mutex<Option<String>>,
    clients: Mutex<HashMap<String, Arc<Client>>>,
}

impl Connections {
    pub(super) fn new(args: &ApiArgs, session: &Session) -> Result<Self> {
        let limits = Limits {
            connections: usize::from(args.batch_size),
            pace: Duration::from_secs_f64(args.delay),
            requests: args.rpm,
            tokens: args.tpm,
        };
        let policy = Policy { attempts: args.max_retries + 1, strict: args.strict_params, ..Policy::default() };
        let base_url = args.base_url.as_deref().map(checked_url).transpose()?;
        Ok(Self {
            tariff: Tariff::new(args, session, base_url.as_deref())?,
            dry_run: args.money.dry_run,
            session: session.clone(),
            gate: Arc::new(Gate::new(limits, session.interrupt.clone())),
            policy,
            timeout: Duration::from_secs_f64(args.timeout),
            base_url,
            key: secret(KEY),
            key_variable: KEY,
            auth_header: args.auth_header.clone(),
            headers: args.header.iter().map(header).collect::<Result<_>>()?,
            body_fields: args.body_field.iter().cloned().collect(),
            data_dir: data_dir(args.data_dir.clone())?,
            weights: args.weights.clone(),
            embedded: Mutex::default(),
            clients: Mutex::default(),
        })
    }

    /// The same gate and time-outs for the judge, which may live on a server of its own with a key of its own. Options that
    /// were typed are for it; what is secret of another server, in the environment, is not shown to it.
    pub(super) fn for_judge(mut self, base_url: Option<&str>) -> Result<Self> {
        if let Some(url) = base_url {
            let own = checked_url(url)?;
            if self.base_url.as_deref().unwrap_or(OPENAI) != own {
                (self.key, self.key_variable) = (None, JUDGE_KEY);
                self.forget_environment(&own)?;
            }
            self.tariff.moved_to(&own);
            self.base_url = Some(own);
        }
        if let Some(key) = secret(JUDGE_KEY) {
            (self.key, self.key_variable) = (Some(key), JUDGE_KEY);
        }
        Ok(self)
    }

    /// Leaves out the headers that the environment has for another server than `url`.
    fn forget_environment(&mut self, url: &str) -> Result<()> {
        let mut left_out = Vec::new();
        if self.auth_header.is_some() && self.auth_header == std::env::var(AUTH_HEADER).ok() {
            self.auth_header = None;
            left_out.push(AUTH_HEADER);
        }
        if let Some(text) = secret(HEADER) {
            let (name, value) = header(&text)?;
            let before = self.headers.len();
            self.headers.retain(|(other, known)| *other != name || known.expose_secret() != value.expose_secret());
            if self.headers.len() < before {
                left_out.push(HEADER);
            }
        }
        if !left_out.is_empty() {
            self.session.terminal.note(format!(
                "{} of the environment is not sent to the judge's own server {}; give --auth-header and --header for it",
                left_out.join(" and "),
                api::shown(url)
            ));
        }
        Ok(())
    }

    /// What the models cost.
    pub(super) fn tariff(&self) -> &Tariff {
        &self.tariff
    }

    /// Whether nothing is to be sent. Clients are made all the same, for the plan that names them.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Says on stderr which models are used for what, and where.
    pub(super) async fn announce(&self, purpose: &str, models: &[&str], client: &Client) {
        let url = client.base_url();
        let embedded = url == EMBEDDED || self.embedded.lock().await.as_deref() == Some(url);
        let place = if embedded { "the embedded engine" } else { url };
        self.session.terminal.note(format!("{purpose}: {} at {place}", models.join(", ")));
    }

    /// The client for `model`, announced as what it is used for.
    pub(super) async fn announced(&self, model: &str, purpose: &str) -> Result<Arc<Client>> {
        let client = self.client(model).await?;
        self.announce(purpose, &[model], &client).await;
        Ok(client)
    }

    /// The client of the server that has `model`.
    pub(super) async fn client(&self, model: &str) -> Result<Arc<Client>> {
        let (url, key) = match &self.base_url {
            None if self.dry_run && server::is_embedded(model) => (EMBEDDED.to_owned(), None),
            Some(url) => (url.clone(), self.key.clone()),
            None if server::is_embedded(model) => (self.embedded_url().await?, None),
            None if self.key.is_none() && !self.dry_run => bail!(
                "{model} is asked at OpenAI, and OPENAI_API_KEY is not set. Set it (also in .env), name another server with \
                 --base-url, or use an embedded model (agent, smollm2-135m), which needs no key"
            ),
            None => (OPENAI.to_owned(), self.key.clone()),
        };
        let mut clients = self.clients.lock().await;
        if let Some(client) = clients.get(&url) {
            return Ok(Arc::clone(client));
        }
        let server = Server {
            base_url: url.clone(),
            key,
            key_variable: self.key_variable,
            auth_header: self.auth_header.clone(),
            headers: self.headers.clone(),
            body_fields: self.body_fields.clone(),
        };
        let client = Arc::new(Client::new(server, Arc::clone(&self.gate), self.policy, self.timeout)?);
        clients.insert(url, Arc::clone(&client));
        Ok(client)
    }

    /// Whether `model` is served by this process and dies with it.
    pub(super) fn is_embedded(&self, model: &str) -> bool {
        self.base_url.is_none() && server::is_embedded(model)
    }

    async fn embedded_url(&self) -> Result<String> {
        let mut embedded = self.embedded.lock().await;
        if let Some(url) = &*embedded {
            return Ok(url.clone());
        }
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on 127.0.0.1")?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let state = server::Server::open(&self.data_dir, super::engines::all(self.weights.clone(), &self.session))?;
        let terminal = self.session.terminal.clone();
        tokio::spawn(async move {
            if let Err(error) = server::serve(listener, state, std::future::pending()).await {
                terminal.warn(format!("the embedded engine stopped: {error}"));
            }
        });
        *embedded = Some(url.clone());
        Ok(url)
    }
}

/// The folder of the embedded engine: `given`, else the user's data folder.
pub(super) fn data_dir(given: Option<PathBuf>) -> Result<PathBuf> {
    given
        .or_else(|| Some(dirs::data_dir()?.join("riskpref")))
        .context("this system has no data folder for the user; name one with --data-dir")
}

fn secret(variable: &str) -> Option<SecretString> {
    std::env::var(variable).ok().filter(|key| !key.trim().is_empty()).map(|key| key.trim().into())
}

fn checked_url(url: &str) -> Result<String> {
    let parsed = reqwest::Url::parse(url).ok().filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
    let Some(parsed) = parsed else { bail!("the server's address is not one like http://localhost:8000/v1") };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        bail!("the server's address must not hold a password; set OPENAI_API_KEY instead");
    }
    Ok(api::base_url(&parsed))
}

/// Whether `url` is another server than `base_url`, or than OpenAI where that is none.
pub(super) fn is_elsewhere(url: &str, base_url: Option<&str>) -> bool {
    // An address that is none fails where it is used.
    let known = |url: &str| checked_url(url).ok();
    known(url) != known(base_url.unwrap_or(OPENAI))
}

/// The two halves of `--header`; the value is not told.
fn header(text: &SecretString) -> Result<(String, SecretString)> {
    match text.expose_secret().split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.into())),
        _ => bail!("--header is not of the form NAME=VALUE"),
    }
}
