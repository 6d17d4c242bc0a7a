//! Flags of `estimate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `riskpref estimate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref estimate holt_laury.csv --cluster subject --by female
  riskpref estimate holt_laury.csv --cluster subject --threshold-column threshold_published
  riskpref estimate choices.jsonl --by model,domain --json
  riskpref estimate evals/results/results_choices/all_model_responses.csv --by model_name

Input, one decision a row:
  .jsonl  {\"problem\": {...}, \"decision\": {\"option\": 0} or {\"amount\": 250}, \"cluster\": \"...\", any other fields}
          A problem is for instance {\"kind\": \"choice\", \"wealth\": 100, \"frame\": \"menu\", \"options\": [{\"outcomes\":
          [{\"probability\": 1, \"payoff\": 5}]}, ...]} or {\"kind\": \"stake\", \"wealth\": 100, \"cap\": 100, \"returns\":
          [{\"probability\": 0.5, \"multiple\": 2}, {\"probability\": 0.5, \"multiple\": -1}]}; the other kinds are coverage,
          portfolio, lognormal and price (see riskpref questions --with-problem).
  .csv    safe_high, safe_low, risky_high, risky_low, p_high, chose_safe (1 or 0), wealth (0 if there is none): two
          lotteries with the same chance of the high payoff
  .csv    question and response (or answer): decisions are read from the words

Missing decisions (null or empty) are left out and counted. Standard errors are clustered.")]
pub struct EstimateArgs {
    /// Decisions: .jsonl or .csv
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Fields that split the decisions into groups, each with an estimate of its own
    #[arg(long, value_delimiter = ',', value_name = "FIELD")]
    pub by: Vec<String>,

    /// Field whose values are the clusters of the standard errors: people, or items [default: the field cluster, or else the
    /// item, whatever its order, labels and unit]
    #[arg(long, value_name = "FIELD")]
    pub cluster: Option<String>,

    /// Field with indifference gammas to use instead of the computed ones
    #[arg(long, value_name = "FIELD")]
    pub threshold_column: Option<String>,

    /// How decisions between two options are modelled
    #[arg(long, value_enum, default_value_t = ChoiceModel::RandomParameter)]
    pub model: ChoiceModel,

    /// Leave out choices in which one option is better for everyone
    #[arg(long)]
    pub no_dominance: bool,

    /// Resamples of a bootstrap over clusters; 0 does none
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub bootstrap: u32,

    /// Seed of the bootstrap and of the folds of the comparison
    #[arg(long, default_value_t = 42)]
    pub seed: u64,

    /// Compare CRRA with CARA, probability weighting and trivial rules
    #[arg(long)]
    pub compare: bool,

    /// Print everything as JSON instead of tables
    #[arg(long)]
    pub json: bool,

    /// Go on without the bad rows of the file, and say how many
    #[arg(long)]
    pub skip_invalid: bool,
}

/// Models of a decision between two options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChoiceModel {
    /// Logistic in the distance of gamma from the indifference gamma (Apesteguia and Ballester 2018)
    RandomParameter,
    /// Logistic in the difference of expected utilities over their range (Wilcox 2011)
    Contextual,
}
