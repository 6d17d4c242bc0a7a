//! Flags of the commands that make training data.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ApiArgs, SamplingArgs, coefficient};

/// `riskpref generate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref generate                                        exact answers, nothing is sent anywhere
  riskpref generate --teacher llm --model gpt-6-luna       a model answers under each preference's system prompt
  riskpref generate --teacher llm --model agent --questions my.jsonl --output-dir my_answers")]
pub struct GenerateArgs {
    /// Questions: .jsonl, .txt or .csv
    #[arg(long, default_value = "question/questions_training_500.jsonl", value_name = "FILE")]
    pub questions: PathBuf,

    /// Preferences: columns utility_coefficient, model_name, system_prompt
    #[arg(long, default_value = "prompt/improved_prompts.csv", value_name = "FILE")]
    pub prompts: PathBuf,

    /// Folder for responses_PREFERENCE.csv; answers that are there are kept
    #[arg(long, default_value = "train_dataset", value_name = "DIR")]
    pub output_dir: PathBuf,

    /// Who answers
    #[arg(long, value_enum, default_value_t = Teacher::Oracle)]
    pub teacher: Teacher,

    /// The teacher's model, with --teacher llm
    #[arg(long, required_if_eq("teacher", "llm"))]
    pub model: Option<String>,

    /// Only these preferences
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub models: Vec<String>,

    /// Go on without the bad rows of input files, and say how many
    #[arg(long)]
    pub skip_invalid: bool,

    /// Send the calls through the server's Batch API, at half the price at OpenAI: within 24 hours. Stopped and run again, it
    /// goes on with the batches that were sent
    #[arg(long)]
    pub batch: bool,

    /// How the teacher is asked.
    #[command(flatten)]
    pub sampling: SamplingArgs,

    /// Where and how requests are sent.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Who writes training answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Teacher {
    /// The exact optimum, computed here
    Oracle,
    /// A model that is told the preference
    Llm,
}

/// `riskpref audit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref audit train_dataset                                  every responses_*.csv of the folder
  riskpref audit train_dataset --keep-matching checked          write the rows that are right to checked/
  riskpref audit sft_data/responses_risk-averse.jsonl
  riskpref audit evals/results/results_finance/all_model_responses.csv --json
  riskpref audit my_answers.jsonl --gamma 0.5

Rows are matched (optimal; an amount within 5 % of the optimum), mismatched, undetermined (the question states no wealth, and the
optimum depends on it), no_decision or no_problem. The loss is the difference in certainty equivalent, as a share of wealth.")]
pub struct AuditArgs {
    /// Answers (.csv), responses (.csv) or fine-tuning examples (.jsonl), or folders of them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub inputs: Vec<PathBuf>,

    /// Preferences, for the coefficient that a name stands for
    #[arg(long, default_value = "prompt/improved_prompts.csv", value_name = "FILE")]
    pub prompts: PathBuf,

    /// Coefficient to measure every answer by, in place of that of its preference
    #[arg(long, allow_negative_numbers = true, value_parser = coefficient)]
    pub gamma: Option<f64>,

    /// Table with a row for each answer
    #[arg(long, default_value = "audit.csv", value_name = "FILE")]
    pub output: PathBuf,

    /// Folder for copies of the files with only the rows that matched
    #[arg(long, value_name = "DIR")]
    pub keep_matching: Option<PathBuf>,

    /// Print the summary as JSON instead of a table
    #[arg(long)]
    pub json: bool,

    /// Go on without the bad rows of input files, and say how many
    #[arg(long)]
    pub skip_invalid: bool,
}

/// `riskpref convert`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref convert
  riskpref convert --input-dir my_answers --combine-all --validate
  riskpref convert --validate-only --output-dir sft_data
  riskpref convert --show-samples --samples 2
  riskpref convert --format dpo --validate               pairs of a better and a worse answer, for train --method dpo
  riskpref convert --format trl --output-dir trl_data    for Hugging Face's TRL")]
pub struct ConvertArgs {
    /// Folder with responses_*.csv
    #[arg(long, default_value = "train_dataset", value_name = "DIR")]
    pub input_dir: PathBuf,

    /// Folder for responses_*.jsonl [with --format dpo, trl, trl-dpo: dpo_data, trl_data, trl_dpo_data]
    #[arg(long, default_value = "sft_data", default_value_ifs = [("format", "dpo", "dpo_data"), ("format", "trl", "trl_data"), ("format", "trl-dpo", "trl_dpo_data")], value_name = "DIR")]
    pub output_dir: PathBuf,

    /// What a line looks like
    #[arg(long, value_enum, default_value_t = FileFormat::Openai)]
    pub format: FileFormat,

    /// Preferences, among whose optima the worse answer of a pair is chosen
    #[arg(long, default_value = "prompt/improved_prompts.csv", value_name = "FILE")]
    pub prompts: PathBuf,

    /// Write the examples of all preferences to combined_training_data.jsonl too
    #[arg(long)]
    pub combine_all: bool,

    /// Check the written files for everything that fine-tuning would refuse
    #[arg(long)]
    pub validate: bool,

    /// Check the files of --output-dir and write nothing
    #[arg(long)]
    pub validate_only: bool,

    /// Print examples of the written files
    #[arg(long)]
    pub show_samples: bool,

    /// How many examples of each file --show-samples prints
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub samples: usize,

    /// Go on without the bad rows of input files, and say how many
    #[arg(long)]
    pub skip_invalid: bool,
}

/// The formats of a fine-tuning file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// Messages, as OpenAI's supervised fine-tuning reads them
    Openai,
    /// A better and a worse answer, as OpenAI's DPO reads them
    Dpo,
    /// Prompt and completion, as TRL reads them
    Trl,
    /// Prompt, chosen and rejected answer, as TRL's DPO reads them
    TrlDpo,
}
