//! How the examples of a step are shared out to threads.

use super::TrainError;
use super::corpus::Corpus;
use crate::local::compute::layout::Pack;

/// Share of a row's work that one thread does, about, when several take part in one share (attention, norms, low ranks).
const ALONE: f64 = 0.2;

/// Examples or pairs, shared out.
pub(super) struct Shares {
    units: Vec<Vec<usize>>,
    /// Threads of each share.
    pub(super) threads: usize,
}

impl Shares {
    /// Shares examples or pairs out to the threads, as many tokens to each; those that begin alike stay together. All are one
    /// share where that saves so many rows that it is faster, and they are no more than `most_rows`.
    pub(super) fn of(corpus: &Corpus, units: &[usize], threads: usize, most_rows: usize) -> Self {
        let apart = by_tokens(corpus, units, threads);
        let rows = |units: &[usize]| Pack::new(&corpus.sequences(units)).ids.len();
        let all = apart.concat();
        let together = rows(&all);
        let cost = together as f64 * (ALONE + (1.0 - ALONE) / threads as f64);
        let longest = apart.iter().map(|units| rows(units)).max().unwrap_or(0);
        if threads > 1 && together <= most_rows && cost < longest as f64 {
            return Self { units: vec![all], threads };
        }
        Self { units: apart, threads: 1 }
    }

    /// Does the work of every share on its threads; the results are in the shares' order.
    ///
    /// # Errors
    /// The first of the work's, in that order.
    pub(super) fn each<T: Send>(
        &self,
        work: impl Fn(&[usize]) -> Result<T, TrainError> + Sync,
    ) -> Result<Vec<T>, TrainError> {
        if self.threads > 1 {
            // On one of the threads that take part in its products.
            return rayon::scope(|_| self.units.iter().map(|units| work(units)).collect());
        }
        std::thread::scope(|scope| {
            let started: Vec<_> = self.units.iter().map(|units| scope.spawn(|| work(units))).collect();
            let ended = started.into_iter().map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            ended.collect()
        })
    }
}

/// At most `count` shares of about as many tokens.
fn by_tokens(corpus: &Corpus, units: &[usize], count: usize) -> Vec<Vec<usize>> {
    let count = count.min(units.len());
    let mut shares = vec![Vec::new(); count];
    let total: usize = units.iter().map(|unit| corpus.size(*unit)).sum();
    let mut before = 0;
    for unit in corpus.neighbours(units) {
        let size = corpus.size(unit);
        // By the middle of its tokens, so that the last share is not the one that gets all remainders.
        shares[(before + size / 2) * count / total.max(1)].push(unit);
        before += size;
    }
    shares.retain(|share| !share.is_empty());
    shares
}
