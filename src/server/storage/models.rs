//! Tuned models in the data folder, and their names.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::api::wire::model::Model;
use crate::store::replace;

use super::{MODELS, Storage, UNFINISHED, is_id, read_if_there, sync_folder};

const MODEL: &str = "model.json";
const ORGANIZATION: &str = "riskpref";
const CHECKPOINT: &str = "ckpt-step-";

/// The name of a tuned model, `ft:<base>:riskpref:<suffix>:<id>`, or of one of its checkpoints, which have
/// `:ckpt-step-<step>` at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ModelName {
    /// The base model.
    pub(in super::super) base: String,
    /// What the job's request chose, possibly nothing.
    pub(in super::super) suffix: String,
    /// Hexadecimal digits, unique in the data folder.
    pub(in super::super) id: String,
    /// The step, for a checkpoint.
    pub(in super::super) step: Option<u64>,
}

impl ModelName {
    /// Reads a name; none when it is not one that this server gives.
    pub(in super::super) fn read(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split(':').collect();
        let (base, suffix, id, step) = match parts[..] {
            ["ft", base, ORGANIZATION, suffix, id] => (base, suffix, id, None),
            ["ft", base, ORGANIZATION, suffix, id, step] => {
                (base, suffix, id, Some(step.strip_prefix(CHECKPOINT)?.parse().ok()?))
            }
            _ => return None,
        };
        let read = Self { base: base.to_owned(), suffix: suffix.to_owned(), id: id.to_owned(), step };
        // Reading and writing are inverse, so "+7" or "007" are not other names for step 7.
        (is_id(id, "") && read.to_string() == name).then_some(read)
    }

    /// The name of the state at a step.
    pub(in super::super) fn at_step(&self, step: u64) -> Self {
        Self { step: Some(step), ..self.clone() }
    }

    fn folder_name(&self) -> String {
        match self.step {
            None => self.id.clone(),
            Some(step) => format!("{}-{CHECKPOINT}{step}", self.id),
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ft:{}:{ORGANIZATION}:{}:{}", self.base, self.suffix, self.id)?;
        self.step.map_or(Ok(()), |step| write!(formatter, ":{CHECKPOINT}{step}"))
    }
}

impl Storage {
    /// The tuned model of this name.
    pub(in super::super) fn model(&self, name: &ModelName) -> Result<Option<Model>> {
        let model = self.read_model(&name.folder_name())?;
        Ok(model.filter(|model| model.id == name.to_string()))
    }

    /// All tuned models, newest first. Checkpoints are listed with their jobs instead.
    pub(in super::super) fn models(&self) -> Result<Vec<Model>> {
        let mut found = Vec::new();
        for folder in self.names(MODELS)? {
            if is_id(&folder, "") {
                found.extend(self.read_model(&folder)?);
            }
        }
        found.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        Ok(found)
    }

    /// Where the files of a model are.
    pub(in super::super) fn model_folder(&self, name: &ModelName) -> PathBuf {
        self.root.join(MODELS).join(name.folder_name())
    }

    /// Puts a model in its place, in place of an earlier one of the same name; `save` writes the engine's files.
    pub(in super::super) fn put_model(
        &self,
        name: &ModelName,
        model: &Model,
        save: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<()> {
        let folder = self.unfinished(MODELS)?;
        save(folder.path())?;
        replace(&folder.path().join(MODEL), serde_json::to_vec(model)?)?;
        for entry in fs::read_dir(folder.path())? {
            let path = entry?.path();
            if path.is_file() {
                File::open(&path)?.sync_all()?;
            }
        }
        self.remove_folder(&name.folder_name())?;
        fs::rename(folder.keep(), self.model_folder(name))
            .with_context(|| format!("cannot put {name} in its place"))?;
        sync_folder(&self.root.join(MODELS))
    }

    /// Deletes a model, with its checkpoints if it is not one itself, and returns whether it was there.
    pub(in super::super) fn delete_model(&self, name: &ModelName) -> Result<bool> {
        if self.model(name)?.is_none() {
            return Ok(false);
        }
        let checkpoints = format!("{}-{CHECKPOINT}", name.id);
        for folder in self.names(MODELS)? {
            if name.step.is_none() && folder.starts_with(&checkpoints) {
                self.remove_folder(&folder)?;
            }
        }
        self.remove_folder(&name.folder_name())?;
        Ok(true)
    }

    /// Makes a folder disappear at once, whole, and then deletes what was in it.
    fn remove_folder(&self, name: &str) -> Result<()> {
        let folder = self.root.join(MODELS).join(name);
        if folder.exists() {
            let grave = self.root.join(MODELS).join(format!("{UNFINISHED}{name}"));
            fs::rename(&folder, &grave)?;
            fs::remove_dir_all(&grave)?;
        }
        Ok(())
    }

    fn read_model(&self, folder: &str) -> Result<Option<Model>> {
        let path = self.root.join(MODELS).join(folder).join(MODEL);
        let bytes = read_if_there(&path)?;
        let read = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        read.with_context(|| format!("{} is damaged", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        for text in ["ft:agent:riskpref::0a", "ft:agent:riskpref:risk-averse:0a9", "ft:a:riskpref:x:0a:ckpt-step-12"] {
            assert_eq!(ModelName::read(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_not_names() {
        let others = [
            "agent",
            "ft:agent:riskpref:x:../..",
            "ft:agent:acme:x:0a",
            "ft:agent:riskpref:x:0a:ckpt-step-+1",
            "ft:agent:riskpref:x:0a:ckpt-step-01",
            "ft:agent:riskpref:x:0a:y",
            "ft:agent:riskpref:x:",
        ];
        for text in others {
            assert_eq!(ModelName::read(text), None, "{text}");
        }
    }
}
