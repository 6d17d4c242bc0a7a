//! The models: those of the engines, and those tuned from them, read from the data folder when they are first asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::{Context, Result, bail};

use crate::api::wire::model::Model;

use super::engine::{Adapter, Engine};
use super::storage::{ModelName, Storage, now};

/// Tuned models kept in memory; beyond it they are read again from disk.
const LOADED_MODELS: usize = 32;
/// When the base models came to be: 2026-11-01, the month of the first release.
const BASE_CREATED: i64 = 1_793_491_200;

/// A model ready to answer.
pub(super) struct Served {
    /// What answers.
    pub(super) engine: Arc<dyn Engine>,
    /// What it learned; none for a base model.
    pub(super) adapter: Option<Adapter>,
}

/// All models of the server.
pub(super) struct Registry {
    engines: Vec<Arc<dyn Engine>>,
    storage: Arc<Storage>,
    loaded: RwLock<HashMap<String, Arc<Served>>>,
    /// Held while a model is read, so that requests that come together read it once and share it.
    loading: Mutex<()>,
}

impl Registry {
    /// The models of these engines and this data folder.
    pub(super) fn new(engines: Vec<Arc<dyn Engine>>, storage: Arc<Storage>) -> Self {
        let base = |engine: &Arc<dyn Engine>| {
            (engine.base_model().to_owned(), Arc::new(Served { engine: engine.clone(), adapter: None }))
        };
        let loaded = RwLock::new(engines.iter().map(base).collect());
        Self { engines, storage, loaded, loading: Mutex::new(()) }
    }

    /// The model of this name if it is in memory.
    pub(super) fn loaded(&self, name: &str) -> Option<Arc<Served>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The model of this name, read from disk if need be; none when there is no such model.
    pub(super) fn find(&self, name: &str) -> Result<Option<Arc<Served>>> {
        if let Some(served) = self.loaded(name) {
            return Ok(Some(served));
        }
        let _one_at_a_time = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(served) = self.loaded(name) {
            return Ok(Some(served));
        }
        let Some(tuned) = ModelName::read(name) else { return Ok(None) };
        let Some(engine) = self.engine(&tuned.base) else { return Ok(None) };
        if self.storage.model(&tuned)?.is_none() {
            return Ok(None);
        }
        let adapter = engine.load(&self.storage.model_folder(&tuned)).with_context(|| format!("cannot load {name}"))?;
        Ok(Some(self.keep(name, Served { engine: engine.clone(), adapter: Some(adapter) })))
    }

    /// Keeps a tuned model on disk, and in memory unless it is a checkpoint. `parent` is the model that it was tuned from.
    pub(super) fn put(&self, name: &ModelName, parent: &str, adapter: Adapter) -> Result<()> {
        let Some(engine) = self.engine(&name.base) else { bail!("no engine serves {name}") };
        let model = Model {
            parent: Some(parent.to_owned()),
            root: Some(name.base.clone()),
            ..described(&name.to_string(), now())
        };
        self.storage.put_model(name, &model, |folder| Ok(engine.save(&adapter, folder)?))?;
        if name.step.is_some() {
            return Ok(());
        }
        self.keep(&model.id, Served { engine: engine.clone(), adapter: Some(adapter) });
        Ok(())
    }

    /// What is known about the model of this name; none when there is no such model.
    pub(super) fn describe(&self, name: &str) -> Result<Option<Model>> {
        if self.engine(name).is_some() {
            return Ok(Some(described(name, BASE_CREATED)));
        }
        let tuned = ModelName::read(name).filter(|tuned| self.engine(&tuned.base).is_some());
        Ok(tuned.map(|tuned| self.storage.model(&tuned)).transpose()?.flatten())
    }

    /// All models: the base models, then the tuned ones, newest first.
    pub(super) fn list(&self) -> Result<Vec<Model>> {
        let base = self.engines.iter().map(|engine| described(engine.base_model(), BASE_CREATED));
        let is_served = |model: &Model| model.root.as_deref().is_some_and(|root| self.engine(root).is_some());
        let tuned = self.storage.models()?.into_iter().filter(is_served);
        Ok(base.chain(tuned).collect())
    }

    /// Deletes a tuned model and returns whether it was there.
    pub(super) fn delete(&self, name: &ModelName) -> Result<bool> {
        let deleted = self.storage.delete_model(name)?;
        let whole = name.to_string();
        let checkpoints = format!("{whole}:");
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|name, _| *name != whole && !name.starts_with(&checkpoints));
        Ok(deleted)
    }

    /// Names of the models that can be tuned, for messages.
    pub(super) fn base_names(&self) -> String {
        self.engines.iter().map(|engine| engine.base_model()).collect::<Vec<_>>().join(", ")
    }

    /// The engine of the model of this name, whether or not there is such a model.
    pub(super) fn engine_of(&self, name: &str) -> Option<&Arc<dyn Engine>> {
        let tuned = ModelName::read(name);
        self.engine(tuned.as_ref().map_or(name, |tuned| &tuned.base))
    }

    fn engine(&self, base: &str) -> Option<&Arc<dyn Engine>> {
        self.engines.iter().find(|engine| engine.base_model() == base)
    }

    fn keep(&self, name: &str, served: Served) -> Arc<Served> {
        let served = Arc::new(served);
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        if loaded.len() >= LOADED_MODELS + self.engines.len() {
            loaded.retain(|_, served| served.adapter.is_none());
        }
        loaded.insert(name.to_owned(), served.clone());
        served
    }
}

fn described(name: &str, created: i64) -> Model {
    Model {
        id: name.to_owned(),
        object: "model".to_owned(),
        created,
        owned_by: "riskpref".to_owned(),
        parent: None,
        root: None,
        shutdown_date: None,
    }
}
