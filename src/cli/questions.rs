//! Flags of `questions`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::coefficient;
use crate::decision::phrase::Domain;

/// `riskpref questions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  riskpref questions --set training --count 200 --seed 7 > my_questions.jsonl
  riskpref questions --set choices --count 200 --thresholds 0..3 --domains own_money,points --output evals/questions_mine.jsonl
  riskpref questions --set choices --held-out-from my_training.jsonl
  riskpref questions --set stakes --optimum 0.2..0.5 --gamma 2
  riskpref questions --from-training sft_data > questions_again.jsonl
  riskpref questions --shipped .          make the shipped question sets and training files again

Every question of a measurement set (choices and all below it in the list) carries its problem. Choices and offers are asked in both orders, choices
with labels A/B, 1/2 and X/Y in turn.")]
#[command(group = clap::ArgGroup::new("source").required(true).args(["set", "from_training", "shipped"]))]
pub struct QuestionsArgs {
    /// Kind of set to make
    #[arg(long, value_enum)]
    pub set: Option<QuestionSet>,

    /// Turn fine-tuning files, or folders of them, back into questions, each once
    #[arg(long, value_name = "FILE|DIR", num_args = 1..)]
    pub from_training: Vec<PathBuf>,

    /// Write the shipped question sets and training files below this folder
    #[arg(long, value_name = "DIR")]
    pub shipped: Option<PathBuf>,

    /// Questions in the set, or items that are asked several times [default: as many as the shipped set has]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub count: Option<u32>,

    /// Seed of the sampling
    #[arg(long, default_value_t = 42)]
    pub seed: u64,

    /// What questions are about: own_money, firm, client, harvest, machine_hours, points
    #[arg(long, value_delimiter = ',', value_parser = domain, value_name = "DOMAIN")]
    pub domains: Vec<Domain>,

    /// Range of the indifference gammas of choices and offers, over which they are spread evenly [default: -3..4]
    #[arg(long, value_parser = range, allow_hyphen_values = true, value_name = "LOW..HIGH")]
    pub thresholds: Option<[f64; 2]>,

    /// Gammas that no threshold comes within 0.05 of
    #[arg(long, value_delimiter = ',', value_parser = coefficient, allow_hyphen_values = true, value_name = "GAMMA", default_value = "2,1,0,-1")]
    pub targets: Vec<f64>,

    /// Range of the best stake, as shares of wealth, for someone with --gamma
    #[arg(long, value_parser = range, value_name = "LOW..HIGH", requires = "gamma")]
    pub optimum: Option<[f64; 2]>,

    /// The gamma that --optimum is for
    #[arg(long, value_parser = coefficient, allow_negative_numbers = true, requires = "optimum")]
    pub gamma: Option<f64>,

    /// Question or fine-tuning files with which the set shares no wealth, no probability and no wording
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub held_out_from: Vec<PathBuf>,

    /// File for the questions [default: they are printed]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Write the problem that each question asks beside its text, also in sets that do not carry it
    #[arg(long)]
    pub with_problem: bool,

    /// Preferences for which training files are written with --shipped
    #[arg(long, default_value = "prompt/improved_prompts.csv", value_name = "FILE")]
    pub prompts: PathBuf,

    /// Go on without the bad lines of input files, and say how many
    #[arg(long)]
    pub skip_invalid: bool,
}

/// The kinds of question set that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QuestionSet {
    /// Lotteries, insurance and bets in the wordings of training
    Training,
    /// Questions on which the best choice is the one with the highest mean
    ExpectedValue,
    /// Investments, insurance and projects in the wordings of training
    Finance,
    /// Finance in wordings and numbers that training never shows
    EvaluationFinance,
    /// Abstract lotteries and bets in wordings and numbers that training never shows
    EvaluationQuantitative,
    /// Two lotteries, thresholds spread evenly
    Choices,
    /// Favourable bets with a best stake inside, and unfavourable ones that are all or nothing
    Stakes,
    /// Insurance to buy or not, and amounts of coverage
    Insurance,
    /// Selling and buying prices of lotteries
    Prices,
    /// A risky asset with two returns beside a safe one
    Portfolios,
    /// Four lotteries
    Menus,
    /// An even chance to double wealth or to cut it
    DoubleOrCut,
    /// The same lotteries in every domain
    Domains,
    /// The same lotteries at wealths from 100 to a billion
    Scale,
    /// Dominated options, repeats and published menus
    Controls,
    /// Brief offers of a gain or a loss out of $100, thresholds spread evenly
    Offers,
    /// Offers as brief, in wordings and numbers of training; each is asked once
    TrainingOffers,
}

fn domain(name: &str) -> Result<Domain, String> {
    let known = || Domain::ALL.iter().map(|domain| domain.name().replace([' ', '-'], "_"));
    let found = Domain::ALL.iter().zip(known()).find(|(_, known)| *known == name.replace([' ', '-'], "_"));
    found
        .map(|(domain, _)| *domain)
        .ok_or_else(|| format!("one of {} is needed", known().collect::<Vec<_>>().join(", ")))
}

fn range(text: &str) -> Result<[f64; 2], String> {
    let ends = text.split_once("..").and_then(|(low, high)| Some([low.parse().ok()?, high.parse().ok()?]));
    ends.filter(|[low, high]: &[f64; 2]| low.is_finite() && high.is_finite() && low < high)
        .ok_or_else(|| "two ascending numbers such as -3..4 are needed".to_owned())
}
