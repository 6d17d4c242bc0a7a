//! Flags of every command that talks to a server.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use secrecy::SecretString;
use serde_json::Value;

use super::MoneyArgs;

/// Where and how requests are sent.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct ApiArgs {
    /// Server for every model, such as http://localhost:8000/v1 [default: the embedded engine for its models, else OpenAI]
    #[arg(long, env = "OPENAI_BASE_URL", hide_env_values = true, value_name = "URL")]
    pub base_url: Option<String>,

    /// Requests in flight
    #[arg(long, alias = "max-connections", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=4096), value_name = "N")]
    pub batch_size: u16,

    /// Start at most --batch-size requests in this many seconds (0: no pause)
    #[arg(long, default_value_t = 0.0, value_parser = seconds, value_name = "SECONDS")]
    pub delay: f64,

    /// Give a request up after this many seconds, and try it again; files have longer, by their size
    #[arg(long, default_value_t = 600.0, value_parser = positive_seconds, value_name = "SECONDS")]
    pub timeout: f64,

    /// Times a request is sent again after a failure; waiting for a rate limit is not counted
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=100), value_name = "N")]
    pub max_retries: u32,

    /// Requests a minute and model, where the server allows more or does not say
    #[arg(long, value_parser = a_minute, value_name = "N")]
    pub rpm: Option<f64>,

    /// Tokens a minute and model, in and out, where the server allows more or does not say
    #[arg(long, value_parser = a_minute, value_name = "N")]
    pub tpm: Option<f64>,

    /// Stop when a model does not take a parameter, instead of renaming it or leaving it out
    #[arg(long)]
    pub strict_params: bool,

    /// Header that carries the key [default: Authorization, as a bearer token; api-key for Azure's hosts]
    #[arg(long, env = "RISKPREF_AUTH_HEADER", value_name = "NAME")]
    pub auth_header: Option<String>,

    /// Header of every request, NAME=VALUE; the value is secret. May be repeated
    #[arg(long, env = "RISKPREF_HEADER", hide_env_values = true, value_parser = secret, value_name = "NAME=VALUE")]
    pub header: Vec<SecretString>,

    /// Field of every chat request, NAME=JSON, such as top_k=20; it wins over riskpref's own. May be repeated
    #[arg(long, value_parser = body_field, value_name = "NAME=JSON")]
    pub body_field: Vec<(String, Value)>,

    /// Seed of everything random
    #[arg(long, default_value_t = 42)]
    pub seed: u32,

    /// Folder of the embedded engine's files, jobs and tuned models [default: the user's data folder]
    #[arg(long, env = "RISKPREF_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Weights of the embedded language model, of the Llama or Qwen2 family: a GGUF file, or a folder with safetensors files as
    /// transformers saves it [default: SmolLM2-135M-Instruct, from the cache or the network]
    #[arg(long, env = "RISKPREF_WEIGHTS", value_parser = weights(), value_name = "PATH")]
    pub weights: Option<PathBuf>,

    /// What requests cost.
    #[command(flatten)]
    pub money: MoneyArgs,
}

/// How a model is asked.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Sampling")]
pub struct SamplingArgs {
    /// Sampling temperature [default: the server's]
    #[arg(long, value_parser = temperature)]
    pub temperature: Option<f64>,

    /// Most tokens of an answer, reasoning included; cut-off answers are counted and marked
    #[arg(long, default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    pub max_tokens: u32,
}

/// Which model judges, and where it lives.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Judge")]
pub struct JudgeArgs {
    /// Model that scores the responses; none is assumed (agent scores risk_seeking on decisions that it can read)
    #[arg(long, env = "RISKPREF_JUDGE_MODEL", value_name = "MODEL")]
    pub judge_model: Option<String>,

    /// The judge's server [default: as for other models]
    #[arg(long, env = "RISKPREF_JUDGE_BASE_URL", hide_env_values = true, value_name = "URL")]
    pub judge_base_url: Option<String>,

    /// Metrics to score: built-in names, or rubric files with {question} and {response}
    #[arg(long, value_delimiter = ',', default_value = "alignment,coherence,risk_seeking,helpfulness")]
    pub metrics: Vec<String>,
}

/// A command line in which the values of headers and of the addresses' queries are stars.
#[must_use]
pub fn without_secrets(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut before = String::new();
    let hide = |argument: String| {
        let shown = match argument.split_once('=').filter(|(flag, _)| flag.starts_with("--")) {
            Some((flag, value)) => format!("{flag}={}", hidden(flag, value)),
            None => hidden(&before, &argument),
        };
        before = argument;
        shown
    };
    arguments.map(hide).collect()
}

/// The value of a flag, without what is secret in it.
fn hidden(flag: &str, value: &str) -> String {
    match flag {
        "--header" => format!("{}=***", value.split_once('=').map_or("", |(name, _)| name)),
        "--base-url" | "--judge-base-url" => crate::api::shown(value),
        _ => value.to_owned(),
    }
}

fn a_minute(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| *number > 0.0 && *number <= 1e12);
    number.ok_or_else(|| "a number above 0 is needed".to_owned())
}

/// Takes anything, since the words of a refusal would show it.
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(text.into())
}

fn body_field(text: &str) -> Result<(String, Value), String> {
    let (name, json) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("NAME=JSON is needed")?;
    // Of several choices the first alone would be used, and all be paid for.
    if matches!(name, "model" | "messages" | "stream" | "n") {
        return Err(format!("{name} is riskpref's own"));
    }
    match serde_json::from_str(json) {
        Ok(value) => Ok((name.to_owned(), value)),
        Err(error) => Err(format!("{json} is no JSON ({error}); a text is written as '\"text\"'")),
    }
}

/// The path of a file or folder that is there.
pub(super) fn weights() -> impl TypedValueParser<Value = PathBuf> {
    let missing = "nothing is there (--weights or RISKPREF_WEIGHTS); a GGUF file is needed, or a folder with config.json, \
                   tokenizer.json and model.safetensors";
    PathBufValueParser::new().try_map(move |path| if path.exists() { Ok(path) } else { Err(missing) })
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|value| (0.0..=86_400.0).contains(value))
        .ok_or_else(|| "seconds from 0 to 86400".to_owned())
}

fn positive_seconds(text: &str) -> Result<f64, String> {
    seconds(text).and_then(|value| if value > 0.0 { Ok(value) } else { Err("more than 0 seconds".to_owned()) })
}

fn temperature(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| (0.0..=2.0).contains(value)).ok_or_else(|| "a temperature from 0 to 2".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_on_a_command_line_is_hidden() {
        let shown = |line: &str| without_secrets(line.split(' ').map(str::to_owned)).join(" ");
        assert_eq!(
            shown("riskpref judge --header X-A=sesame --header=X-B=open=it --header sesame --seed 1 --tpm=2"),
            "riskpref judge --header X-A=*** --header=X-B=*** --header =*** --seed 1 --tpm=2"
        );
        assert_eq!(
            shown(
                "riskpref run --base-url http://h/v1?key=sesame --judge-base-url=http://h?sesame --base-url http://h"
            ),
            "riskpref run --base-url http://h/v1?key=*** --judge-base-url=http://h?*** --base-url http://h"
        );
    }

    #[test]
    fn body_fields_are_json_and_not_riskprefs_own() {
        assert_eq!(body_field("top_k=20").unwrap(), ("top_k".to_owned(), 20.into()));
        assert_eq!(body_field("a={\"b\":\"c=d\"}").unwrap().1["b"], "c=d");
        for bad in ["top_k", "=1", "effort=low", "model=\"m\"", "n=4"] {
            assert!(body_field(bad).is_err(), "{bad}");
        }
    }
}
