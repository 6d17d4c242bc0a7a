//! What is written of finished jobs: the mapping, `.env` and the manifest.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::super::finish::{Provenance, write_manifest};
use super::super::money::Tariff;
use super::super::{Outcome, hyperparameters, inputs, models};
use super::Training;
use crate::batch::Filled;
use crate::record::Mapping;
use crate::store::{self, Replacement, Slot};

/// The name of this command in manifests.
const COMMAND: &str = "train";

/// Counts towards the budget what the jobs cost that made the models of a folder's mapping.
pub(in super::super) fn count_earlier(tariff: &Tariff, folder: &Path) -> Result<()> {
    for item in store::recorded_spending(folder, COMMAND)? {
        tariff.trained_before(&item.model, item.prompt_tokens)?;
    }
    Ok(())
}

impl Training<'_> {
    /// Writes the models to the mapping and to `.env`, and says which jobs failed.
    pub(super) fn record(
        &self,
        files: &[(String, PathBuf)],
        trained: Vec<(String, Result<Option<String>>)>,
    ) -> Result<Outcome> {
        let total = trained.len();
        let mut models: Vec<(String, String)> = Vec::new();
        let mut ended = Filled::default();
        for (name, result) in trained {
            match result {
                Ok(Some(model)) => {
                    ended.answered += 1;
                    models.push((name, model));
                }
                Ok(None) => {}
                Err(error) => {
                    self.session.terminal.warn(format!("{name}: {error:#}"));
                    let slot = Slot { name, question_id: 0, run_id: 0, metric: String::new() };
                    ended.fail(format!("{error:#}"), slot);
                }
            }
        }
        if !models.is_empty() {
            write_mapping(&self.args.model_mapping, &models)?;
            let variables: Vec<_> =
                models.iter().map(|(name, model)| (models::variable(name), model.clone())).collect();
            store::set_variables(&self.args.env_file, &variables)?;
        }
        for (name, model) in &models {
            self.session.terminal.data(format!("{name}\t{model}"));
        }
        if !self.args.no_wait {
            self.write_manifest(files, (&models, &ended))?;
        }
        let failed = ended.failed() as usize;
        if failed == total {
            bail!("every job failed");
        }
        if failed > 0 {
            self.session.terminal.warn(format!("{failed} of {total} jobs failed; run train again to try them again"));
            return Ok(Outcome::Missing);
        }
        self.session.terminal.note(match self.args.no_wait {
            true => "the jobs are created; run train again to follow them".to_owned(),
            false => format!("{total} models recorded in {}", self.args.model_mapping.display()),
        });
        Ok(Outcome::Complete)
    }

    /// Writes what the jobs were made of and what they cost beside the mapping.
    fn write_manifest(
        &self,
        files: &[(String, PathBuf)],
        (models, ended): (&[(String, String)], &Filled),
    ) -> Result<()> {
        let inputs: Vec<&Path> = files.iter().map(|(_, path)| path.as_path()).collect();
        let provenance = Provenance {
            command: COMMAND,
            seed: self.args.api.seed.into(),
            inputs: &inputs,
            models: models.iter().cloned().collect(),
            parameters: serde_json::to_value(hyperparameters::method(&self.args.training, &self.args.model))?,
        };
        let spent: Vec<_> = self.bill.item().into_iter().collect();
        let folder = self.args.model_mapping.parent().unwrap_or(Path::new(""));
        write_manifest(self.session, folder, &provenance, (ended, &spent))
    }
}

/// Sets the models of the named preferences; other rows stay.
fn write_mapping(path: &Path, models: &[(String, String)]) -> Result<()> {
    let mut rows = inputs::mappings(path)?;
    for (name, model) in models {
        match rows.iter_mut().find(|row| row.model_name == *name) {
            Some(row) => row.openai_model_id.clone_from(model),
            None => rows.push(Mapping { model_name: name.clone(), openai_model_id: model.clone() }),
        }
    }
    let mut table = csv::Writer::from_writer(Replacement::new(path)?);
    for row in rows {
        table.serialize(row)?;
    }
    store::finish(table)
}
