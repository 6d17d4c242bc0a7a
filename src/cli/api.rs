//! Flags of every command that talks to a server.

use std::path::PathBuf;

use clap::Args;

use super::MoneyArgs;

/// Where and how requests are sent.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct ApiArgs {
    /// Server for every model, such as http://localhost:8000/v1 [default: the embedded engine for its models, else OpenAI]
    #[arg(long, env = "OPENAI_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,

    /// Requests in flight
    #[arg(long, alias = "max-connections", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=4096), value_name = "N")]
    pub batch_size: u16,

    /// Start at most --batch-size requests in this many seconds (0: no pause)
    #[arg(long, default_value_t = 0.0, value_parser = seconds, value_name = "SECONDS")]
    pub delay: f64,

    /// Give a request up after this many seconds, and try it again
    #[arg(long, default_value_t = 600.0, value_parser = positive_seconds, value_name = "SECONDS")]
    pub timeout: f64,

    /// Times a request is sent again after a failure; waiting for a rate limit is not counted
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=100), value_name = "N")]
    pub max_retries: u32,

    /// Seed of everything random
    #[arg(long, default_value_t = 42)]
    pub seed: u32,

    /// Folder of the embedded engine's files, jobs and tuned models [default: the user's data folder]
    #[arg(long, env = "RISKPREF_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Weights of the embedded language model, a GGUF file of the Llama family [default: SmolLM2-135M-Instruct, from the cache
    /// or the network]
    #[arg(long, env = "RISKPREF_WEIGHTS", value_name = "FILE")]
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
    #[arg(long, env = "RISKPREF_JUDGE_BASE_URL", value_name = "URL")]
    pub judge_base_url: Option<String>,

    /// Metrics to score: built-in names, or rubric files with {question} and {response}
    #[arg(long, value_delimiter = ',', default_value = "alignment,coherence,risk_seeking,helpfulness")]
    pub metrics: Vec<String>,
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
