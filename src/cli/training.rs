//! Flags of the commands that train.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ApiArgs, JudgeArgs, SamplingArgs};

/// Method and hyperparameters of fine-tuning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub struct TrainingArgs {
    /// How to train
    #[arg(long, value_enum, default_value_t = TrainingMethod::Supervised)]
    pub method: TrainingMethod,

    /// Passes over the examples [default: 1; of an embedded model, its own]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=50), value_name = "N")]
    pub epochs: Option<u32>,

    /// Examples in each step [default: 4; of an embedded model, its own]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256), value_name = "N")]
    pub training_batch_size: Option<u32>,

    /// Factor on the server's own learning rate [default: 2; of an embedded model, 1]
    #[arg(long, value_parser = multiplier, value_name = "X")]
    pub learning_rate_multiplier: Option<f64>,

    /// Learning rate itself, of servers that know it
    #[arg(long, value_parser = multiplier, value_name = "X")]
    pub learning_rate: Option<f64>,

    /// Rank of LoRA, of servers that know it
    #[arg(long, value_name = "N")]
    pub lora_rank: Option<u32>,

    /// Scale of LoRA, of servers that know it
    #[arg(long, value_parser = multiplier, value_name = "X")]
    pub lora_alpha: Option<f64>,

    /// How far DPO may lead away from the model, above 0 and at most 2
    #[arg(long, value_parser = multiplier, value_name = "X")]
    pub beta: Option<f64>,

    /// Any other hyperparameter of the server; may be repeated
    #[arg(long = "hyperparameter", value_parser = hyperparameter, value_name = "NAME=VALUE")]
    pub hyperparameters: Vec<(String, serde_json::Value)>,
}

/// The ways of fine-tuning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TrainingMethod {
    /// From right answers
    Supervised,
    /// From pairs of a better and a worse answer
    Dpo,
}

fn multiplier(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| *value > 0.0 && *value <= 1000.0).ok_or_else(|| "a number above 0".to_owned())
}

/// A name and a JSON value; what is not JSON is a text.
fn hyperparameter(text: &str) -> Result<(String, serde_json::Value), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is needed")?;
    match name.trim() {
        "" => Err("NAME=VALUE is needed".to_owned()),
        "n_epochs" => Err("--epochs sets it".to_owned()),
        "batch_size" => Err("--training-batch-size sets it".to_owned()),
        "learning_rate_multiplier" => Err("--learning-rate-multiplier sets it".to_owned()),
        name => Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into()))),
    }
}

/// `riskpref train`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  riskpref train                                     on this machine
  riskpref train --model gpt-4.1-mini-2025-04-14 --models risk-averse,log-utility
  riskpref train --base-url http://localhost:8080/v1 --no-wait
  riskpref train --lora-rank 8 --hyperparameter lora_targets=q_proj,v_proj     what LoRA does, where the model has it
  riskpref convert --format dpo && riskpref train --method dpo --beta 0.1      from better and worse answers
  riskpref train --list-jobs")]
pub struct TrainArgs {
    /// Folder with responses_PREFERENCE.jsonl [with --method dpo: dpo_data]
    #[arg(long, default_value = "sft_data", default_value_if("method", "dpo", "dpo_data"), value_name = "DIR")]
    pub sft_dir: PathBuf,

    /// Folder with responses_PREFERENCE.jsonl by which the models are measured while they train
    #[arg(long, value_name = "DIR")]
    pub validation_dir: Option<PathBuf>,

    /// Model to fine-tune
    #[arg(long, default_value = "agent")]
    pub model: String,

    /// Only these preferences [default: every responses_*.jsonl of --sft-dir]
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub models: Vec<String>,

    /// File that records which model has which preference
    #[arg(long, default_value = "model_mappings.csv", value_name = "FILE")]
    pub model_mapping: PathBuf,

    /// File whose SFT_MODEL_* lines are set
    #[arg(long, default_value = ".env", value_name = "FILE")]
    pub env_file: PathBuf,

    /// Create the jobs and do not wait; running train again follows them
    #[arg(long)]
    pub no_wait: bool,

    /// Print the server's jobs and do nothing
    #[arg(long)]
    pub list_jobs: bool,

    /// Hyperparameters.
    #[command(flatten)]
    pub training: TrainingArgs,

    /// Where and how requests are sent.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// The embedded engines, by the short names of their models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Engine {
    /// An expected-utility agent with decision noise: instant
    #[cfg_attr(not(feature = "local"), default)]
    Agent,
    /// SmolLM2-135M-Instruct, fine-tuned on this machine's processor
    #[cfg_attr(feature = "local", default)]
    Lm,
}

/// The stages of `run`, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Stage {
    /// Training answers
    Generate,
    /// Fine-tuning files
    Convert,
    /// Tuned models
    Train,
    /// Responses
    Evaluate,
    /// Scores
    Judge,
    /// Summary and charts
    Analyze,
}

/// `riskpref run`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  riskpref run                                     a language model, tuned to four preferences on this machine
  riskpref run --quick                             the same with half of the lessons, for a first look
  riskpref run --engine agent                      an expected-utility agent instead: seconds
  riskpref run --output-dir runs/mine --num-runs 5
  riskpref run --from evaluate --judge-model gpt-6-luna")]
pub struct RunArgs {
    /// Folder for everything that is made
    #[arg(long, default_value = "runs/latest", value_name = "DIR")]
    pub output_dir: PathBuf,

    /// Embedded engine to train
    #[arg(long, value_enum, default_value_t = Engine::default(), conflicts_with = "model")]
    pub engine: Engine,

    /// Model to fine-tune, instead of an embedded engine
    #[arg(long)]
    pub model: Option<String>,

    /// First stage
    #[arg(long, value_enum, default_value_t = Stage::Generate)]
    pub from: Stage,

    /// Last stage
    #[arg(long, value_enum, default_value_t = Stage::Analyze)]
    pub to: Stage,

    /// Training questions [default: brief offers that are made; with other models question/questions_training_500.jsonl]
    #[arg(long, value_name = "FILE")]
    pub questions: Option<PathBuf>,

    /// Preferences
    #[arg(long, default_value = "prompt/improved_prompts.csv", value_name = "FILE")]
    pub prompts: PathBuf,

    /// Folder with question sets [default: brief offers that are made; with other models evals]
    #[arg(long, value_name = "DIR")]
    pub evals_dir: Option<PathBuf>,

    /// Training questions for the language model [default: 1600, with --quick 800]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub training_size: Option<u32>,

    /// A first look at the language model: fewer questions
    #[arg(long)]
    pub quick: bool,

    /// Times each question is asked
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    pub num_runs: u32,

    /// Ask only this many questions of each set
    #[arg(long, value_name = "N")]
    pub sample_size: Option<usize>,

    /// Use no judge at all
    #[arg(long)]
    pub skip_evaluation: bool,

    /// Send the calls of models and judge through the server's Batch API, one question set after another, each within 24 hours.
    /// Stopped and run again, it goes on with the batches that were sent
    #[arg(long)]
    pub batch: bool,

    /// Hyperparameters.
    #[command(flatten)]
    pub training: TrainingArgs,

    /// How the models are asked.
    #[command(flatten)]
    pub sampling: SamplingArgs,

    /// Which model judges.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// Where and how requests are sent.
    #[command(flatten)]
    pub api: ApiArgs,
}
