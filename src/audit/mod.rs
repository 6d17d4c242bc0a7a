//! Answers against the exact optimum: what was decided, what would have been best, and what the difference costs.
//!
//! Pure. Invariant: an answer counts as matched or mismatched only if question and decision were read and every reading of
//! the question gives the same verdict.

mod rationale;
mod tally;

use serde::{Deserialize, Serialize};

pub use rationale::{unexplained_numbers, utility_words};
pub use tally::{Tally, TallyRow};

use crate::decision::optimum::{Optimum, certainty_equivalent, loss, optimum};
use crate::decision::read::{self, Asked, Unread};
use crate::decision::{Decision, Problem, risk};
use crate::estimate::Format;

/// Amounts between which the worst and the best decision are looked for.
const GRID: u32 = 100;
/// Certainty equivalents this close, as a share of wealth, are the same.
const SAME: f64 = 1e-9;

/// What an answer is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The decision is optimal (an amount: within 5 % of the optimum).
    Matched,
    /// It is not.
    Mismatched,
    /// It is optimal for some plausible wealth and not for others, and the question states none.
    Undetermined,
    /// The answer states no decision, or none that can be read.
    NoDecision,
    /// The question is not one whose optimum can be computed.
    NoProblem,
}

/// A question with its optimum for one coefficient; worked out once for all its answers.
#[derive(Debug, Clone)]
pub struct Case {
    /// The readings of the question; the first one stands for all in tables.
    problems: Vec<Problem>,
    optima: Vec<Optimum>,
    /// Whether the text states the wealth.
    stated: bool,
    gamma: f64,
}

/// What was found out about one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// The decision, if one was read.
    pub decision: Option<Decision>,
    /// Why no decision was read.
    pub unread: Option<Unread>,
    /// What the decision costs, as a share of wealth in certainty equivalent; only where the wealth is stated.
    pub loss: Option<f64>,
    /// Whether no other decision would have been worse.
    pub is_worst: bool,
}

impl Case {
    /// Reads a question and solves it for `gamma`; none if it cannot be read.
    #[must_use]
    pub fn read(question: &str, gamma: f64) -> Option<Self> {
        let (problems, stated) = match read::asked(question)? {
            Asked::Stated(problem) => (vec![problem], true),
            Asked::AnyWealth(problems) => (problems, false),
        };
        Some(Self::of(problems, stated, gamma))
    }

    /// The case of a problem that is known, whatever its text.
    #[must_use]
    pub fn known(problem: Problem, gamma: f64) -> Self {
        Self::of(vec![problem], true, gamma)
    }

    fn of(problems: Vec<Problem>, stated: bool, gamma: f64) -> Self {
        let optima = problems.iter().map(|problem| optimum(problem, gamma)).collect();
        Self { problems, optima, stated, gamma }
    }

    /// The problem; where no wealth is stated, at the first of the plausible ones.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problems[0]
    }

    /// Whether the question states the wealth.
    #[must_use]
    pub fn is_stated(&self) -> bool {
        self.stated
    }

    /// The best decision, if every plausible wealth has the same one.
    #[must_use]
    pub fn optimum(&self) -> Option<Decision> {
        let best = self.optima[0].decision();
        self.optima.iter().all(|optimum| optimum.accepts(&best)).then_some(best)
    }

    /// Whether the one best decision is an amount strictly between the least and the most.
    #[must_use]
    pub fn is_interior(&self) -> bool {
        match (self.optimum(), self.problem().range()) {
            (Some(Decision::Amount(amount)), Some([low, high])) => amount > low && amount < high,
            _ => false,
        }
    }

    /// In what form the question is answered.
    #[must_use]
    pub fn format(&self) -> Format {
        Format::of(self.problem())
    }

    /// What an answer's text decides, and what that is worth. Where no wealth is stated, "all of it" is another amount at
    /// each wealth; amounts beyond a wealth are left out there.
    #[must_use]
    pub fn find(&self, answer: &str) -> Finding {
        let (problem, gamma) = (self.problem(), self.gamma);
        let decisions: Vec<_> = self.problems.iter().map(|problem| read::decision(problem, answer)).collect();
        let Some(decision) = decisions.iter().flatten().next().copied() else {
            let unread = Some(read::why_unread(problem, answer));
            return Finding { verdict: Verdict::NoDecision, decision: None, unread, loss: None, is_worst: false };
        };
        Finding {
            verdict: self.verdict(&decisions),
            decision: Some(decision),
            unread: None,
            loss: self.stated.then(|| loss(problem, &decision, gamma)),
            is_worst: self.stated && is_worst(problem, &decision, gamma),
        }
    }

    /// The verdict on a decision at each wealth where there is one.
    fn verdict(&self, decisions: &[Option<Decision>]) -> Verdict {
        let pairs = self.optima.iter().zip(decisions).filter_map(|(optimum, decision)| Some((optimum, (*decision)?)));
        let right: Vec<bool> = pairs.map(|(optimum, decision)| optimum.accepts(&decision)).collect();
        match (right.iter().all(|right| *right), right.iter().any(|right| *right)) {
            (true, _) => Verdict::Matched,
            (false, false) => Verdict::Mismatched,
            (false, true) => Verdict::Undetermined,
        }
    }

    /// Whether the trivial rules are right: always the safest decision, always the riskiest.
    #[must_use]
    pub fn trivial(&self) -> [bool; 2] {
        let of = |riskiest: bool| {
            let extreme = |problem| extremes(problem)[usize::from(riskiest)];
            let decisions: Vec<_> = self.problems.iter().map(|problem| Some(extreme(problem))).collect();
            self.verdict(&decisions) == Verdict::Matched
        };
        [of(false), of(true)]
    }
}

/// The safest and the riskiest decision.
pub(crate) fn extremes(problem: &Problem) -> [Decision; 2] {
    let mut decisions = decisions(problem);
    decisions.sort_by(|a, b| risk(problem, a).total_cmp(&risk(problem, b)));
    [decisions[0], decisions[decisions.len() - 1]]
}

/// Every option, or a grid of amounts from the least to the most.
fn decisions(problem: &Problem) -> Vec<Decision> {
    match (problem, problem.range()) {
        (_, Some([low, high])) => {
            let amount = |step: u32| Decision::Amount(low + (high - low) * (f64::from(step) / f64::from(GRID)));
            let mut grid: Vec<Decision> = (0..=GRID).map(|step| amount(step).rounded(problem)).collect();
            grid.retain(|decision| problem.allows(decision));
            grid
        }
        (Problem::Choice(choice), None) => (0..choice.options.len()).map(Decision::Option).collect(),
        (_, None) => Vec::new(),
    }
}

/// Whether a decision is as bad as the worst one. The amount that minimises expected utility is the trap of convex
/// preferences: there the first-order condition holds at a minimum.
fn is_worst(problem: &Problem, decision: &Decision, gamma: f64) -> bool {
    let value = |decision: &Decision| certainty_equivalent(problem, decision, gamma);
    let values: Vec<f64> = decisions(problem).iter().map(value).collect();
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (v.min(l), v.max(h)));
    // Near the minimum the certainty equivalent is flat: within 5 % of the amount it differs by a few thousandths of its range.
    let margin = if problem.range().is_some() { 0.005 * (high - low) } else { 0.0 };
    high - low > SAME * problem.scale() && value(decision) <= low + margin
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Return, Stake, phrase};

    /// A bet with wealth 1000 of which any part may be staked.
    fn bet(p: f64, odds: f64) -> Problem {
        let returns = vec![Return { probability: p, multiple: odds }, Return { probability: 1.0 - p, multiple: -1.0 }];
        Problem::Stake(Stake { wealth: 1000.0, cap: 1000.0, returns, unit: None })
    }

    #[test]
    fn a_decision_is_measured_against_the_optimum() {
        let case = Case::known(bet(0.6, 1.0), 1.0);
        assert!((case.optimum().unwrap().amount().unwrap() - 200.0).abs() < 1e-9);
        assert!(case.is_interior() && case.is_stated());
        let finding = case.find("I stake $205 of the $1,000.");
        assert_eq!((finding.verdict, finding.is_worst), (Verdict::Matched, false));
        let finding = case.find("I stake all of the $1,000.");
        assert_eq!((finding.verdict, finding.is_worst), (Verdict::Mismatched, true));
        assert!((finding.loss.unwrap() - 1.02).abs() < 0.01, "{finding:?}");
        let finding = case.find("It depends.");
        assert_eq!((finding.verdict, finding.loss), (Verdict::NoDecision, None));
        assert_eq!(case.trivial(), [false, false]);
        assert_eq!(extremes(case.problem()), [Decision::Amount(0.0), Decision::Amount(1000.0)]);
    }

    #[test]
    fn the_stake_that_minimises_is_called_worst_for_convex_preferences() {
        // At gamma -1 with p = .4 and odds 1: expected utility falls until x = W (q - p b) / (p b^2 + q) = 200.
        let case = Case::known(bet(0.4, 1.0), -1.0);
        assert!(case.find("I stake $200 of the $1,000.").is_worst);
        assert!(!case.find("I stake nothing of the $1,000.").is_worst);
    }

    #[test]
    fn a_question_is_read_once_for_all_its_answers() {
        let problem = bet(0.6, 1.0);
        let case = Case::read(&phrase::question(&problem, 0), 2.0).unwrap();
        assert_eq!(case.problem(), &problem);
        assert_eq!(case.format(), Format::Stake);
        assert!(Case::read("How are you?", 2.0).is_none());
    }
}
