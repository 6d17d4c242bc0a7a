//! Packing the missing calls of a plan into parcels of one model each, as far as the budget goes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;

use super::super::meter::Ticket;
use super::super::{Filled, Task};
use super::Office;
use super::parcel::Draft;
use super::post::Sent;
use crate::api::wire::batch::{MAXIMUM_BYTES, MAXIMUM_LINES};
use crate::store::Journal;

/// Room that a line's frame takes beside its body, with some to spare.
const FRAME: u64 = 256;

pub(super) struct Packer<'a, I> {
    journal: &'a Arc<Journal>,
    tasks: I,
    /// The call for which there was no money.
    refused: Option<Task>,
    /// Calls of the plan that are in parcels.
    planned: HashSet<u64>,
    /// Calls of earlier parcels.
    earlier: HashSet<u64>,
    present: u64,
    /// The most lines and bytes of a parcel.
    bounds: (u64, u64),
}

type Drafts = HashMap<Arc<str>, (Draft, HashMap<u64, Ticket>)>;

impl<'a, I: Iterator<Item = Result<Task>>> Packer<'a, I> {
    pub(super) fn new(journal: &'a Arc<Journal>, tasks: I, earlier: &[Sent]) -> Result<Self> {
        let earlier = earlier.iter().flat_map(|sent| sent.tickets.keys().copied()).collect();
        let bounds = (MAXIMUM_LINES as u64, MAXIMUM_BYTES);
        Ok(Self { journal, tasks, refused: None, planned: HashSet::new(), earlier, present: 0, bounds })
    }

    /// Packs as many calls as the budget admits now.
    pub(super) fn pack(&mut self, office: &Office, filled: &mut Filled) -> Result<Vec<Sent>> {
        let mut drafts = Drafts::new();
        let mut parcels = Vec::new();
        while let Some(task) = self.next(filled)? {
            let post = office.post(&task.model_id)?;
            let Some(ticket) = post.meter.try_admit(task.request.size()) else {
                self.refused = Some(task);
                break;
            };
            let full = drafts.get(&task.model_id).is_some_and(|(draft, _)| {
                let bytes = draft.bytes + task.request.body.len() as u64 + FRAME;
                draft.lines() >= self.bounds.0 || bytes > self.bounds.1
            });
            if full && let Some(draft) = drafts.remove(&task.model_id) {
                parcels.push(finished(draft)?);
            }
            if !drafts.contains_key(&task.model_id) {
                let draft = Draft::new(self.journal.folder(), (&task.model_id, &post.place), 1)?;
                drafts.insert(Arc::clone(&task.model_id), (draft, HashMap::new()));
            }
            if let Some((draft, tickets)) = drafts.get_mut(&task.model_id) {
                draft.add(&task)?;
                tickets.insert(task.key, ticket);
            }
            self.planned.insert(task.key);
        }
        for draft in drafts.into_values() {
            parcels.push(finished(draft)?);
        }
        Ok(parcels)
    }

    /// The next task that is neither done nor in a parcel.
    fn next(&mut self, filled: &mut Filled) -> Result<Option<Task>> {
        if let Some(task) = self.refused.take() {
            return Ok(Some(task));
        }
        while let Some(task) = self.tasks.next().transpose()? {
            if task.is_done(self.journal) {
                self.present += 1;
                filled.present += 1;
            } else if self.earlier.contains(&task.key) {
                self.planned.insert(task.key);
            } else {
                return Ok(Some(task));
            }
        }
        Ok(None)
    }

    /// Calls that were found to be done since this was last asked.
    pub(super) fn took_present(&mut self) -> u64 {
        std::mem::take(&mut self.present)
    }

    /// The calls of the plan that are or were in parcels.
    pub(super) fn planned(&self) -> &HashSet<u64> {
        &self.planned
    }

    /// Counts the tasks that were done before among those that are not looked at any more, after a stop.
    pub(super) fn count_rest(&mut self) -> u64 {
        self.tasks.by_ref().flatten().filter(|task| task.is_done(self.journal)).count() as u64
    }

    /// Says that calls are left for which there was no money.
    pub(super) fn explain(&self, filled: &mut Filled) {
        if let Some(task) = self.refused.as_ref().filter(|_| filled.stopped.is_none() && !filled.interrupted) {
            filled.over_budget = task.request.meter.refusal(task.request.size()).or(filled.over_budget.take());
        }
    }
}

fn finished((draft, tickets): (Draft, HashMap<u64, Ticket>)) -> Result<Sent> {
    Ok(Sent::new(draft.finish()?, tickets))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Post;
    use super::*;
    use crate::api::retry::Policy;
    use crate::api::wire::chat::{ChatRequest, Message};
    use crate::api::{Client, Gate, Limits, Server};
    use crate::batch::Meter;
    use crate::interrupt::Interrupt;
    use crate::store::Slot;

    /// Lines and bytes of the parcels of 100 calls of about 1,000 bytes.
    fn packed(bounds: (u64, u64)) -> Vec<(u64, u64)> {
        let gate = Arc::new(Gate::new(Limits::connections(1), Interrupt::never()));
        let server = Server { base_url: "http://127.0.0.1:9/v1".into(), ..Server::default() };
        let client = Arc::new(Client::new(server, gate, Policy::default(), Duration::from_secs(1)).unwrap());
        let tasks = (1..=100u32).map(|number| {
            let slot = Slot { name: "a".into(), question_id: number.into(), run_id: 1, metric: String::new() };
            let text: Arc<str> = "Bet? ".repeat(200).into();
            Task::new(slot, &text, &client, &ChatRequest::new("m", vec![Message::user(&*text)]))
        });
        let post = Post { client: Arc::clone(&client), place: String::new(), meter: Meter::default() };
        let office = Office { posts: HashMap::from([("m".to_owned(), post)]), rounds: 1 };
        let folder = tempfile::tempdir().unwrap();
        let journal = Arc::new(Journal::open(folder.path()).unwrap());
        let mut packer = Packer::new(&journal, tasks, &[]).unwrap();
        packer.bounds = bounds;
        let parcels = packer.pack(&office, &mut Filled::default()).unwrap();
        let size = |sent: &Sent| std::fs::metadata(sent.parcel.requests()).unwrap().len();
        parcels.iter().map(|sent| (sent.parcel.lines, size(sent))).collect()
    }

    #[test]
    fn a_parcel_has_no_more_lines_and_bytes_than_a_batch_may_have() {
        let lines: Vec<u64> = packed((30, u64::MAX)).into_iter().map(|(lines, _)| lines).collect();
        assert_eq!(lines, [30, 30, 30, 10]);
        let parcels = packed((u64::MAX, 20_000));
        assert_eq!(parcels.iter().map(|(lines, _)| lines).sum::<u64>(), 100);
        let (last, full) = parcels.split_last().unwrap();
        assert!(full.iter().all(|(_, bytes)| (18_000..=20_000).contains(bytes)) && last.1 <= 20_000, "{parcels:?}");
    }
}
