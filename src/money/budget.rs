//! The most that may be spent. A call is dispatched only when what is spent, the worst case of everything in flight and
//! the worst case of the call itself stay within it.

/// What is spent and what may still be charged, in USD.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    limit: Option<f64>,
    spent: f64,
    reserved: f64,
    /// How many calls that is reserved for.
    in_flight: u64,
}

/// Whether a call may be dispatched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its worst case is reserved.
    Granted,
    /// Not yet: calls in flight may cost less than is reserved for them.
    Wait,
    /// No: nothing is in flight that could make room.
    Over,
}

impl Budget {
    /// Sets the limit.
    pub fn limit(&mut self, usd: f64) {
        self.limit = Some(usd);
    }

    /// Asks to dispatch a call that may cost so much.
    pub fn reserve(&mut self, worst: f64) -> Verdict {
        let Some(limit) = self.limit else { return Verdict::Granted };
        // Sums of many small numbers err by a little, and a call that costs nothing is always within.
        let fits = worst <= 0.0 || self.spent + self.reserved + worst <= limit * (1.0 + 1e-9);
        match (fits, self.in_flight > 0) {
            (true, _) => {
                self.hold(worst);
                Verdict::Granted
            }
            (false, true) => Verdict::Wait,
            (false, false) => Verdict::Over,
        }
    }

    /// Reserves the worst case of a call that is in flight already.
    pub fn hold(&mut self, worst: f64) {
        self.reserved += worst;
        self.in_flight += u64::from(worst > 0.0);
    }

    /// Puts what was charged in place of what was reserved.
    pub fn settle(&mut self, reserved: f64, charged: f64) {
        self.spent += charged;
        self.reserved -= reserved;
        self.in_flight -= u64::from(reserved > 0.0);
        if self.in_flight == 0 {
            // Sums of many small numbers leave a little.
            self.reserved = 0.0;
        }
    }

    /// USD spent so far.
    #[must_use]
    pub fn spent(&self) -> f64 {
        self.spent
    }

    /// The limit, or infinity.
    #[must_use]
    pub fn most(&self) -> f64 {
        self.limit.unwrap_or(f64::INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn calls_wait_for_those_in_flight_and_end_at_the_limit() {
        let mut budget = Budget::default();
        assert_eq!(budget.reserve(1e9), Verdict::Granted, "no limit");
        budget = Budget::default();
        budget.limit(1.0);
        assert_eq!(budget.reserve(0.6), Verdict::Granted);
        assert_eq!(budget.reserve(0.6), Verdict::Wait);
        budget.settle(0.6, 0.1);
        assert_eq!(budget.reserve(0.6), Verdict::Granted);
        budget.settle(0.6, 0.6);
        assert_eq!((budget.reserve(0.6), budget.reserve(0.0)), (Verdict::Over, Verdict::Granted));
        approx::assert_relative_eq!(budget.spent(), 0.7);
    }

    #[test]
    fn a_call_that_costs_next_to_nothing_is_in_flight_too() {
        let mut budget = Budget::default();
        budget.limit(1.0);
        assert_eq!((budget.reserve(0.9), budget.reserve(1e-13)), (Verdict::Granted, Verdict::Granted));
        budget.settle(0.9, 0.9);
        assert_eq!(budget.reserve(0.9), Verdict::Wait);
        budget.settle(1e-13, 0.0);
        assert_eq!(budget.reserve(0.9), Verdict::Over);
    }

    proptest! {
        #[test]
        fn the_limit_is_never_passed(calls in proptest::collection::vec((0.0..0.3f64, 0.0..1.0f64), 1..60)) {
            let mut budget = Budget::default();
            budget.limit(1.0);
            let mut flying: Vec<(f64, f64)> = Vec::new();
            for (worst, share) in calls {
                while budget.reserve(worst) != Verdict::Granted {
                    let Some((reserved, charged)) = flying.pop() else { return Ok(()) };
                    budget.settle(reserved, charged);
                }
                flying.push((worst, worst * share));
                prop_assert!(budget.spent() <= 1.0 + 1e-6);
            }
            for (reserved, charged) in flying {
                budget.settle(reserved, charged);
            }
            prop_assert!(budget.spent() <= 1.0 + 1e-6);
        }
    }
}
