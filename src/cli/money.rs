//! Flags about what calls cost.

use std::path::PathBuf;

use clap::Args;

/// What calls cost, and what may be spent.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Money")]
pub struct MoneyArgs {
    /// Print the calls that are missing, their tokens, what they cost and how long they take; send and write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Send nothing that could bring the cost above this many USD. Whatever the output folder's earlier runs cost counts too;
    /// what was answered is kept (exit status 3)
    #[arg(long, value_parser = usd, value_name = "USD", conflicts_with = "dry_run")]
    pub budget_usd: Option<f64>,

    /// Prices that come before the built-in ones, USD for a million tokens: columns model, input, output, and where wanted tuned
    /// (true or false), cached_input, batch_input, batch_output, training, as_of, source
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
}

fn usd(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|usd| (0.0..=1e9).contains(usd)).ok_or_else(|| "USD from 0 to 1000000000".to_owned())
}
