//! Flags of the commands that ask, score and report.

use std::path::PathBuf;

use clap::Args;

use super::{ApiArgs, JudgeArgs, SamplingArgs};

/// `riskpref evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref evaluate                                              every model of the mapping on every set of evals/
  riskpref evaluate --questions evals/questions_finance.jsonl --num-runs 10
  riskpref evaluate --models risk-averse,agent --num-runs 1      names of the mapping, or model ids
  riskpref evaluate --forced-choice --baselines --evals-dir evals/measurement
  riskpref evaluate --models gpt-6-luna --dry-run                calls, tokens, USD and time; nothing is sent
  riskpref evaluate --models gpt-6-luna --batch --budget-usd 2   through the Batch API, for 2 USD at the most
  riskpref evaluate --list-models")]
pub struct EvaluateArgs {
    /// One question file [default: every questions_*.jsonl and question_*.jsonl of --evals-dir]
    #[arg(long, value_name = "FILE")]
    pub questions: Option<PathBuf>,

    /// Folder with question sets; a set's responses go to results_SET
    #[arg(long, default_value = "evals", value_name = "DIR")]
    pub evals_dir: PathBuf,

    /// Folder for the results_SET folders
    #[arg(long, default_value = "evals/results", value_name = "DIR")]
    pub output_dir: PathBuf,

    /// Names of the mapping or model ids [default: every trained model of the mapping]
    #[arg(long, value_delimiter = ',', value_name = "MODEL")]
    pub models: Vec<String>,

    /// Names and ids of models: columns model_name, openai_model_id
    #[arg(long, default_value = "model_mappings.csv", value_name = "FILE")]
    pub model_mapping: PathBuf,

    /// Times each question is asked, each with a seed of its own
    #[arg(long, alias = "repeat", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    pub num_runs: u32,

    /// Ask only this many questions of each set, the same ones for every model
    #[arg(long, value_name = "N")]
    pub sample_size: Option<usize>,

    /// Print the models of the mapping and ask nothing
    #[arg(long)]
    pub list_models: bool,

    /// File with a system prompt to ask under, for comparing; tuned models are meant to need none
    #[arg(long, value_name = "FILE")]
    pub system_prompt: Option<PathBuf>,

    /// Decide choices by the probabilities of the options' tokens after "I choose option", for servers that continue a message
    /// (the embedded language model, vLLM)
    #[arg(long)]
    pub forced_choice: bool,

    /// Ask the untuned model too, as it is and under each tuned preference's system prompt
    #[arg(long)]
    pub baselines: bool,

    /// Preferences with their system prompts, for --baselines
    #[arg(long, default_value = "prompt/improved_prompts.csv", value_name = "FILE")]
    pub prompts: PathBuf,

    /// Go on without the bad rows of input files, and say how many
    #[arg(long)]
    pub skip_invalid: bool,

    /// Send the calls through the server's Batch API, at half the price at OpenAI: within 24 hours. Stopped and run again, it
    /// goes on with the batches that were sent
    #[arg(long)]
    pub batch: bool,

    /// How the models are asked.
    #[command(flatten)]
    pub sampling: SamplingArgs,

    /// Where and how requests are sent.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// `riskpref judge`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref judge --judge-model gpt-6-luna --results-dir evals/results/results_finance
  riskpref judge --judge-model agent --metrics risk_seeking
  riskpref judge --judge-model my-judge --judge-base-url http://localhost:8000/v1")]
pub struct JudgeCommandArgs {
    /// What is scored and by whom.
    #[command(flatten)]
    pub scoring: ScoringArgs,
}

/// What is scored, by whom, and where the scores go: the same for `judge` and for `analyze`.
#[derive(Debug, Clone, Args)]
pub struct ScoringArgs {
    /// Folder with all_model_responses.csv or detailed_evaluation_results.csv
    #[arg(long, default_value = "evals/results/results_finance", value_name = "DIR")]
    pub results_dir: PathBuf,

    /// Folder for what is made [default: analysis_SET beside results_SET]
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,

    /// Score only this many responses of each model, chosen by the seed
    #[arg(long, value_name = "N")]
    pub sample_size: Option<usize>,

    /// Go on without the bad rows of input files, and say how many
    #[arg(long)]
    pub skip_invalid: bool,

    /// Send the judge's calls through the server's Batch API, at half the price at OpenAI: within 24 hours. Stopped and run
    /// again, it goes on with the batches that were sent
    #[arg(long)]
    pub batch: bool,

    /// Which model judges.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// Where and how requests are sent.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// `riskpref analyze`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref analyze --results-dir evals/results/results_finance
  riskpref analyze --results-dir evals/results/analysis_finance --skip-evaluation
  riskpref analyze --judge-model gpt-6-luna          score first what has no score yet")]
pub struct AnalyzeArgs {
    /// Use the scores that are there and ask no judge
    #[arg(long)]
    pub skip_evaluation: bool,

    /// Preferences, for the coefficient that each model is meant to have [default: prompt/improved_prompts.csv]
    #[arg(long, value_name = "FILE")]
    pub prompts: Option<PathBuf>,

    /// Print the summary as JSON instead of a table
    #[arg(long)]
    pub json: bool,

    /// What is scored and by whom.
    #[command(flatten)]
    pub scoring: ScoringArgs,
}
