//! Making the missing calls of a plan: one by one, or through the Batch API.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;

use super::Session;
use super::connect::Connections;
use crate::batch::remote::{self, Office, Post};
use crate::batch::{self, Filled, Task};
use crate::cli::ApiArgs;
use crate::store::Journal;

/// The missing calls of a journal.
pub(super) struct Work<'a> {
    pub(super) journal: &'a Arc<Journal>,
    pub(super) connections: &'a Connections,
    /// The models that are asked, and what for.
    pub(super) models: Vec<&'a str>,
    pub(super) role: &'static str,
    pub(super) args: &'a ApiArgs,
    /// Whether the calls go through the Batch API.
    pub(super) batch: bool,
    /// How many calls the plan has.
    pub(super) total: u64,
}

impl Work<'_> {
    /// Makes the calls of `tasks` that are missing. What an earlier run sent in batches is fetched first.
    pub(super) async fn done<I>(&self, label: &str, tasks: I, session: &Session) -> Result<Filled>
    where
        I: Iterator<Item = Result<Task>> + Send + 'static,
    {
        let bar = session.terminal.bar(label, self.total);
        let watched = || (bar.clone(), session.interrupt.clone());
        let filled = match (self.batch, remote::models(self.journal)?) {
            (true, earlier) => remote::fill(self.journal, tasks, &self.office(earlier).await?, watched()).await,
            (false, earlier) => {
                if !earlier.is_empty() {
                    remote::withdraw(self.journal, &self.office(earlier).await?, watched()).await?;
                }
                let workers = usize::from(self.args.batch_size);
                batch::fill(self.journal, tasks, workers, watched()).await
            }
        };
        bar.finish();
        filled
    }

    async fn office(&self, earlier: Vec<String>) -> Result<Office> {
        let mut posts = HashMap::new();
        for model in self.models.iter().map(|model| (*model).to_owned()).chain(earlier) {
            let client = self.connections.client(&model).await?;
            let meter = self.connections.tariff().meter(&model, self.role, true)?;
            let place = match self.connections.is_embedded(&model) {
                // Its address differs from one run to the next.
                true => "the embedded engine".to_owned(),
                false => client.base_url().to_owned(),
            };
            posts.insert(model, Post { client, place, meter });
        }
        Ok(Office { posts, rounds: self.args.max_retries + 1 })
    }
}
