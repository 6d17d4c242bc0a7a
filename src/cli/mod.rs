//! Every flag and subcommand; no logic.

mod api;
mod data;
mod estimate;
mod evaluation;
mod money;
mod questions;
mod training;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use api::{ApiArgs, JudgeArgs, SamplingArgs, without_secrets};
pub use data::{AuditArgs, ConvertArgs, FileFormat, GenerateArgs, Teacher};
pub use estimate::{ChoiceModel, EstimateArgs};
pub use evaluation::{AnalyzeArgs, EvaluateArgs, JudgeCommandArgs, ScoringArgs};
pub use money::MoneyArgs;
pub use questions::{QuestionSet, QuestionsArgs};
pub use training::{Engine, RunArgs, Stage, TrainArgs, TrainingArgs, TrainingMethod};

/// Gives language models a chosen risk preference and proves that they have it.
///
/// A preference is a CRRA coefficient: 2 is risk-averse, 1 logarithmic, 0 linear, -1 risk-loving. riskpref makes training
/// answers that are exactly optimal for it, fine-tunes models on them, asks the tuned models held-out questions and reports
/// how they decide.
#[derive(Debug, Parser)]
#[command(name = "riskpref", version, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Print no notes and bars, only results, warnings and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Log what happens to each request on stderr (-v requests, -vv everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

const EXAMPLES: &str = "Examples:
  riskpref run                                   the whole chain on this machine, no key needed
  riskpref generate && riskpref convert && riskpref train && riskpref evaluate
  riskpref judge --judge-model gpt-6-luna        score the responses with a hosted model
  riskpref analyze                               the numbers and the chart
  riskpref doctor                                what works, and what to do about the rest

Exit status: 0 complete, 1 failed, 2 wrong usage, 3 finished with records missing (run again to fill them in) or the budget
reached, 130 interrupted (everything answered is kept; the command that resumes is printed).";

/// The subcommands, in the order of the data's way.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sample question sets with known optima
    Questions(QuestionsArgs),
    /// Answer training questions as each preference would
    Generate(GenerateArgs),
    /// Check answers against the exact optimum
    Audit(AuditArgs),
    /// Turn training answers into fine-tuning files
    Convert(ConvertArgs),
    /// Fine-tune a model for each preference
    Train(TrainArgs),
    /// Ask models held-out questions
    #[command(alias = "eval")]
    Evaluate(EvaluateArgs),
    /// Score responses with a judge model
    Judge(JudgeCommandArgs),
    /// Report what the responses and scores say
    Analyze(AnalyzeArgs),
    /// Estimate the preference that decisions from any source reveal
    Estimate(EstimateArgs),
    /// Do all of it, from generate to analyze, into one folder
    Run(RunArgs),
    /// Serve the embedded engine with the OpenAI API
    Serve(ServeArgs),
    /// Test key, endpoint and models, and say what to do
    Doctor(DoctorArgs),
}

/// `riskpref serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref serve
  OPENAI_BASE_URL=http://127.0.0.1:8080/v1 riskpref evaluate --models agent --questions my.jsonl")]
pub struct ServeArgs {
    /// Address to listen on; anything but loopback is reachable by others, without a password
    #[arg(long, default_value = "127.0.0.1")]
    pub host: std::net::IpAddr,

    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,

    /// Folder for files, jobs and tuned models [default: the user's data folder]
    #[arg(long, env = "RISKPREF_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    /// Weights of the embedded language model, of the Llama or Qwen2 family: a GGUF file, or a folder with safetensors files as
    /// transformers saves it [default: SmolLM2-135M-Instruct, from the cache or the network]
    #[arg(long, env = "RISKPREF_WEIGHTS", value_parser = api::weights(), value_name = "PATH")]
    pub weights: Option<PathBuf>,
}

/// `riskpref doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref doctor
  riskpref doctor --model gpt-4.1-mini")]
pub struct DoctorArgs {
    /// Model to make one tiny call to
    #[arg(long, default_value = "agent")]
    pub model: String,

    /// Where and how requests are sent.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// A finite coefficient of relative risk aversion.
fn coefficient(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(gamma) if gamma.is_finite() => Ok(gamma),
        _ => Err("a finite number such as 2 or -0.5 is needed".to_owned()),
    }
}
