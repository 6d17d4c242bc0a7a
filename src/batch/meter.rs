//! Money in flight: every call has a ticket, for which its worst case is reserved before it is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use crate::api::wire::chat::Usage;
use crate::money::{Budget, Rates, Verdict, usd};

/// The budget of a command, which all its calls share.
#[derive(Debug, Default)]
pub struct Purse {
    /// Whether anything has to be counted at all: without a limit nothing is.
    limited: AtomicBool,
    budget: Mutex<Budget>,
    changed: Notify,
}

impl Purse {
    /// The most that may be spent, in USD.
    pub fn limit(&self, usd: f64) {
        self.budget().limit(usd);
        self.limited.store(true, Ordering::Relaxed);
    }

    /// Whether there is such a limit.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.limited.load(Ordering::Relaxed)
    }

    /// Counts what earlier runs spent.
    pub fn spent_before(&self, usd: f64) {
        self.budget().settle(0.0, usd);
    }

    /// Spends an amount at once, if that is within the limit; returns whether it was.
    #[must_use]
    pub fn pay(&self, usd: f64) -> bool {
        let granted = matches!(self.try_reserve(usd), Ok(Verdict::Granted));
        if granted {
            self.settle(usd, usd);
        }
        granted
    }

    /// Reserves an amount, as soon as calls in flight have made room for it.
    ///
    /// # Errors
    /// With the reason in words, when it would pass the limit.
    async fn reserve(&self, worst: f64) -> Result<(), String> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.try_reserve(worst) {
                Ok(Verdict::Granted) => return Ok(()),
                Ok(_) => changed.await,
                Err(reason) => return Err(reason),
            }
        }
    }

    fn try_reserve(&self, worst: f64) -> Result<Verdict, String> {
        let mut budget = self.budget();
        match budget.reserve(worst) {
            Verdict::Over => Err(format!(
                "the budget of {} is reached: {} are spent, and the next call may cost {}",
                usd(budget.most()),
                usd(budget.spent()),
                usd(worst)
            )),
            other => Ok(other),
        }
    }

    fn settle(&self, reserved: f64, charged: f64) {
        self.budget().settle(reserved, charged);
        self.changed.notify_waiters();
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().expect("no thread panics while it counts money")
    }
}

/// The prices of a model's calls, and the budget from which they are paid.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    /// Who pays.
    pub purse: Arc<Purse>,
    /// The prices; without them nothing is reserved, so a limited purse wants them.
    pub rates: Option<Rates>,
    /// What the model is asked for.
    pub role: &'static str,
    /// Whether the calls go through the Batch API.
    pub batch: bool,
}

/// What a call can be charged for at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Bytes of the request, than which it has no more tokens.
    pub bytes: u64,
    /// The most tokens of the answer.
    pub longest: u64,
}

impl Meter {
    /// Reserves the worst case of calls of these sizes.
    ///
    /// # Errors
    /// With the reason in words, when they would pass the budget.
    pub(super) async fn admit(&self, size: Size) -> Result<Ticket, String> {
        let worst = self.worst(size);
        if worst > 0.0 {
            self.purse.reserve(worst).await?;
        }
        Ok(self.ticket(worst))
    }

    /// As [`Meter::admit`], without waiting for calls in flight; none when they leave no room now.
    pub(super) fn try_admit(&self, size: Size) -> Option<Ticket> {
        let worst = self.worst(size);
        matches!(self.purse.try_reserve(worst), Ok(Verdict::Granted)).then(|| self.ticket(worst))
    }

    /// Reserves the worst case of a call that was sent before, whether or not the budget has room for it.
    pub(super) fn hold(&self, size: Size) -> Ticket {
        let worst = self.worst(size);
        self.purse.budget().hold(worst);
        self.ticket(worst)
    }

    /// Why such a call is not admitted now; none when it would be.
    pub(super) fn refusal(&self, size: Size) -> Option<String> {
        let worst = self.worst(size);
        match self.purse.try_reserve(worst) {
            Ok(Verdict::Granted) => {
                self.purse.settle(worst, 0.0);
                None
            }
            Ok(_) => Some("the budget has no room beside the calls in flight".to_owned()),
            Err(reason) => Some(reason),
        }
    }

    fn worst(&self, size: Size) -> f64 {
        let rates = self.rates.filter(|_| self.purse.is_limited());
        rates.map_or(0.0, |rates| rates.cost(size.bytes, 0, size.longest))
    }

    fn ticket(&self, worst: f64) -> Ticket {
        Ticket { meter: self.clone(), reserved: worst }
    }
}

/// What is reserved for one sending of a request; dropped, it is charged for nothing.
#[derive(Debug)]
pub(super) struct Ticket {
    meter: Meter,
    reserved: f64,
}

impl Ticket {
    /// The answer was lost on the way: it counts as charged at the most.
    pub(super) fn lose(self) {
        let most = self.reserved;
        self.charge(most);
    }

    /// The call was charged for these tokens, or for the most where the server did not count them.
    pub(super) fn settle(self, usage: Option<&Usage>) {
        let charged = match (usage, self.meter.rates) {
            (Some(usage), Some(rates)) => {
                let cached = usage.prompt_tokens_details.as_ref().map_or(0, |tokens| tokens.cached_tokens);
                rates.cost(usage.prompt_tokens, cached, usage.completion_tokens)
            }
            _ => self.reserved,
        };
        self.charge(charged);
    }

    fn charge(mut self, usd: f64) {
        let reserved = std::mem::take(&mut self.reserved);
        if reserved > 0.0 {
            self.meter.purse.settle(reserved, usd);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.reserved > 0.0 {
            self.meter.purse.settle(self.reserved, 0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(limit: f64) -> (Arc<Purse>, Meter) {
        let purse = Arc::new(Purse::default());
        purse.limit(limit);
        let rates = Rates { input: 0.0, cached: 0.0, output: 1e6 };
        (Arc::clone(&purse), Meter { purse, rates: Some(rates), role: "judge", batch: false })
    }

    /// A call that costs so many USD at the most.
    fn size(usd: u64) -> Size {
        Size { bytes: 100, longest: usd }
    }

    #[tokio::test]
    async fn a_call_waits_for_room_and_is_refused_when_there_will_be_none() {
        let (purse, meter) = meter(10.0);
        let first = meter.admit(size(8)).await.unwrap();
        let waiting = tokio::spawn({
            let meter = meter.clone();
            async move { meter.admit(size(8)).await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        first.settle(Some(&Usage { completion_tokens: 1, ..Usage::default() }));
        waiting.await.unwrap().unwrap();
        assert!(meter.try_admit(size(10)).is_none(), "1 is spent");
        let reason = meter.admit(size(10)).await.unwrap_err();
        assert_eq!(reason, "the budget of $10.00 is reached: $1.00 are spent, and the next call may cost $10.00");
        purse.spent_before(5.0);
        assert!(meter.admit(size(5)).await.is_err() && meter.admit(size(4)).await.is_ok());
    }

    #[tokio::test]
    async fn lost_answers_are_charged_at_the_most_and_those_that_were_not_sent_are_not() {
        let (_, meter) = meter(10.0);
        for _ in 0..2 {
            drop(meter.admit(size(5)).await.unwrap());
            meter.admit(size(4)).await.unwrap().lose();
        }
        assert!(meter.admit(size(3)).await.is_err() && meter.admit(size(2)).await.is_ok());
    }
}
