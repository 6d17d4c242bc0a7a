//! The models under test: names of the mapping or ids, resolved to the servers that have them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::connect::Connections;
use super::{Outcome, Session, inputs};
use crate::api::Client;
use crate::batch::Meter;
use crate::record::{Mapping, PROMPTED, Preference};

/// A model under test.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// Its name in tables.
    pub(super) name: String,
    /// Its id on its server.
    pub(super) id: String,
    /// The client of that server.
    pub(super) client: Arc<Client>,
    /// What it is told before each question; tuned models are meant to need nothing.
    pub(super) system_prompt: Option<Arc<str>>,
    /// What its calls cost.
    pub(super) meter: Meter,
}

/// What the models of this module are asked for.
pub(super) const ROLE: &str = "model under test";

/// The variable of `.env` that holds the model of a preference: `SFT_MODEL_RISK_AVERSE`.
pub(super) fn variable(name: &str) -> String {
    let upper = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    format!("SFT_MODEL_{}", upper.collect::<String>())
}

/// Resolves `wanted` (names of the mapping, or model ids), or else every trained model of the mapping.
pub(super) async fn subjects(
    wanted: &[String],
    mapping: &Path,
    (connections, session): (&Connections, &Session),
) -> Result<Vec<Subject>> {
    let mappings: Vec<Mapping> = inputs::mappings(mapping)?.into_iter().map(resolved).collect();
    let mut chosen = Vec::new();
    for (place, name) in wanted.iter().enumerate() {
        if wanted[..place].contains(name) {
            continue;
        }
        let known = mappings.iter().find(|row| row.model_name == *name);
        chosen.push(
            known.cloned().unwrap_or_else(|| Mapping { model_name: file_name(name), openai_model_id: name.clone() }),
        );
    }
    if wanted.is_empty() {
        chosen.clone_from(&mappings);
    }
    if chosen.is_empty() {
        bail!("{} names no models; train some with riskpref train, or name them with --models", mapping.display());
    }
    let mut subjects: Vec<Subject> = Vec::new();
    let mut untrained = Vec::new();
    for row in chosen {
        match subject(&row, connections).await? {
            Some(subject) => subjects.push(subject),
            None => untrained.push(row.model_name),
        }
    }
    for (place, subject) in subjects.iter().enumerate() {
        let here = |other: &&Subject| Arc::ptr_eq(&other.client, &subject.client);
        if let Some(twice) = subjects[..place].iter().find(|other| other.name == subject.name) {
            bail!(
                "{} and {} would share the name {} in the tables; name one of them",
                twice.id,
                subject.id,
                subject.name
            );
        }
        if !subjects[..place].iter().any(|other| here(&other)) {
            let ids: Vec<&str> = subjects.iter().filter(here).map(|other| other.id.as_str()).collect();
            connections.announce("models under test", &ids, &subject.client).await;
        }
    }
    if untrained.is_empty() {
        return Ok(subjects);
    }
    let names = untrained.join(",");
    let advice = format!("not trained yet: {names}; train with riskpref train --models {names}");
    if subjects.is_empty() || !wanted.is_empty() {
        bail!("{advice}");
    }
    session.terminal.warn(advice);
    Ok(subjects)
}

/// Name of the model that was not tuned.
const UNTUNED: &str = "untuned";

/// What tuned models are to be compared with: the model that they were tuned from, as it is and told each of the tuned
/// preferences by its system prompt (`NAME-prompted`). Models of several families have baselines of their own families'
/// names.
pub(super) async fn baselines(
    subjects: &[Subject],
    preferences: &[Preference],
    (connections, session): (&Connections, &Session),
) -> Result<Vec<Subject>> {
    let mut bases: Vec<&str> = subjects.iter().filter_map(|subject| base_of(&subject.id)).collect();
    bases.sort_unstable();
    bases.dedup();
    if bases.is_empty() {
        session.terminal.warn("--baselines: none of these models says what it was tuned from (ft:BASE:...)");
    }
    let mut found = Vec::new();
    for base in &bases {
        let client = connections.announced(base, "baselines").await?;
        let suffix = if bases.len() > 1 { format!("-{}", file_name(base)) } else { String::new() };
        let baseline = |name: String, system_prompt: Option<Arc<str>>| Subject {
            name: name + &suffix,
            id: (*base).to_owned(),
            client: Arc::clone(&client),
            system_prompt,
            meter: Meter::default(),
        };
        found.push(baseline(UNTUNED.to_owned(), None));
        let tuned =
            |name: &str| subjects.iter().any(|subject| subject.name == name && base_of(&subject.id) == Some(base));
        for preference in preferences.iter().filter(|preference| tuned(&preference.model_name)) {
            let prompt =
                Some(Arc::from(preference.system_prompt.as_str())).filter(|prompt: &Arc<str>| !prompt.is_empty());
            if prompt.is_some() {
                found.push(baseline(format!("{}{PROMPTED}", preference.model_name), prompt));
            }
        }
    }
    Ok(found)
}

/// The base model in the id of a tuned one.
fn base_of(id: &str) -> Option<&str> {
    id.strip_prefix("ft:")?.split(':').next().filter(|base| !base.is_empty())
}

/// The model of a row, or none when it is not trained.
async fn subject(row: &Mapping, connections: &Connections) -> Result<Option<Subject>> {
    if row.openai_model_id.is_empty() {
        return Ok(None);
    }
    let client = connections.client(&row.openai_model_id).await?;
    let (name, id) = (row.model_name.clone(), row.openai_model_id.clone());
    // Checkpoints can be asked and are not listed.
    let listed = id.split(":ckpt-").next().unwrap_or(&id);
    if connections.is_embedded(&id)
        && !connections.is_dry_run()
        && !client.models().await?.iter().any(|model| model.id == listed)
    {
        return Ok(None);
    }
    Ok(Some(Subject { name, id, client, system_prompt: None, meter: Meter::default() }))
}

/// A row without an id takes the one that `train` wrote to `.env`.
fn resolved(row: Mapping) -> Mapping {
    match std::env::var(variable(&row.model_name)) {
        Ok(id) if row.openai_model_id.is_empty() => Mapping { openai_model_id: id, ..row },
        _ => row,
    }
}

/// A model id as part of a file's name.
fn file_name(id: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = id.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    name.trim_start_matches('.').chars().take(64).collect()
}

/// Prints the mapping.
pub(super) fn list(mapping: &Path, session: &Session) -> Result<Outcome> {
    let mappings = inputs::mappings(mapping)?;
    if mappings.is_empty() {
        bail!("{} names no models; train some with riskpref train", mapping.display());
    }
    for row in mappings.into_iter().map(resolved) {
        let id = if row.openai_model_id.is_empty() { "not trained yet" } else { &row.openai_model_id };
        session.terminal.data(format!("{}\t{id}", row.model_name));
    }
    Ok(Outcome::Complete)
}
