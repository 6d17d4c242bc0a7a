//! The files of a training command.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::super::inputs;
use crate::cli::TrainArgs;

/// The training files by preference.
pub(in super::super) fn training_files(args: &TrainArgs) -> Result<Vec<(String, PathBuf)>> {
    let is_training = |name: &str| name.starts_with("responses_") && name.ends_with(".jsonl");
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for path in inputs::files(&args.sft_dir, is_training)? {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        files.push((stem.trim_start_matches("responses_").to_owned(), path));
    }
    let known: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    if let Some(unknown) = args.models.iter().find(|name| !known.contains(name)) {
        bail!("--models {unknown}: {} has {}", args.sft_dir.display(), known.join(", "));
    }
    files.retain(|(name, _)| args.models.is_empty() || args.models.contains(name));
    if files.is_empty() {
        bail!("{} has no responses_*.jsonl; make some with riskpref convert", args.sft_dir.display());
    }
    Ok(files)
}

/// The file by which a preference's model is measured while it trains.
pub(super) fn validation_file(args: &TrainArgs, name: &str) -> Option<PathBuf> {
    args.validation_dir.as_ref().map(|folder| folder.join(format!("responses_{name}.jsonl")))
}
