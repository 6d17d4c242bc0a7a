//! Verdicts counted by preference and kind of problem, beside what the trivial rules would score.

use serde::{Deserialize, Serialize};

use super::{Case, Finding, Verdict};
use crate::estimate::Format;
use crate::stats::wilson;

/// Counts verdicts; memory does not grow with the number of answers.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    rows: Vec<TallyRow>,
}

/// The verdicts on one preference's answers to one kind of problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TallyRow {
    /// The preference.
    pub model_name: String,
    /// Its coefficient.
    pub utility_coefficient: f64,
    /// The form of the answers; none in the row of all of them and where the question was not read.
    pub format: Option<Format>,
    /// Only questions whose best amount lies strictly between the least and the most.
    pub interior: bool,
    /// Optimal decisions.
    pub matched: u64,
    /// Other decisions.
    pub mismatched: u64,
    /// Of these, decisions than which none would have been worse.
    pub worst: u64,
    /// Decisions that are optimal for some plausible wealth only.
    pub undetermined: u64,
    /// Answers without a decision that can be read.
    pub no_decision: u64,
    /// Questions that cannot be solved.
    pub no_problem: u64,
    /// Optimal decisions among those decided if the safest were always chosen.
    pub always_safest: u64,
    /// The same for the riskiest.
    pub always_riskiest: u64,
    /// Sum of the losses (shares of wealth in certainty equivalent), and how many are known.
    loss: (f64, u64),
}

impl TallyRow {
    fn new(model_name: &str, utility_coefficient: f64, (format, interior): (Option<Format>, bool)) -> Self {
        Self {
            model_name: model_name.to_owned(),
            utility_coefficient,
            format,
            interior,
            matched: 0,
            mismatched: 0,
            worst: 0,
            undetermined: 0,
            no_decision: 0,
            no_problem: 0,
            always_safest: 0,
            always_riskiest: 0,
            loss: (0.0, 0),
        }
    }

    /// Decisions that are right or wrong.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.matched + self.mismatched
    }

    /// Share of optimal decisions among those decided, with its 95 % Wilson interval; none without any.
    #[must_use]
    pub fn share(&self) -> Option<(f64, [f64; 2])> {
        let interval = wilson(self.matched, self.decided())?;
        Some((self.matched as f64 / self.decided() as f64, [interval.low, interval.high]))
    }

    /// Mean loss of the decisions, as a share of wealth in certainty equivalent; none without any.
    #[must_use]
    pub fn mean_loss(&self) -> Option<f64> {
        (self.loss.1 > 0).then(|| self.loss.0 / self.loss.1 as f64)
    }

    fn count(&mut self, case: Option<&Case>, finding: Option<&Finding>) {
        let (Some(case), Some(finding)) = (case, finding) else {
            self.no_problem += 1;
            return;
        };
        match finding.verdict {
            Verdict::Matched => self.matched += 1,
            Verdict::Mismatched => self.mismatched += 1,
            Verdict::Undetermined => self.undetermined += 1,
            Verdict::NoDecision => self.no_decision += 1,
            Verdict::NoProblem => self.no_problem += 1,
        }
        if matches!(finding.verdict, Verdict::Matched | Verdict::Mismatched) {
            let [safest, riskiest] = case.trivial().map(u64::from);
            self.always_safest += safest;
            self.always_riskiest += riskiest;
            self.worst += u64::from(finding.is_worst);
        }
        if let Some(loss) = finding.loss {
            self.loss = (self.loss.0 + loss, self.loss.1 + 1);
        }
    }
}

impl Tally {
    /// Counts one answer of a preference (name and coefficient): in the row of all, in that of its format and, where the
    /// best amount is interior, in that of its interior questions.
    pub fn add(&mut self, (name, gamma): (&str, f64), case: Option<&Case>, finding: Option<&Finding>) {
        let mut keys = vec![(None, false)];
        if let Some(case) = case {
            keys.push((Some(case.format()), false));
            if case.is_interior() {
                keys.push((Some(case.format()), true));
            }
        }
        for key in keys {
            self.row(name, gamma, key).count(case, finding);
        }
    }

    fn row(&mut self, name: &str, gamma: f64, key: (Option<Format>, bool)) -> &mut TallyRow {
        let is_it = |row: &TallyRow| row.model_name == name && (row.format, row.interior) == key;
        let index = self.rows.iter().position(is_it).unwrap_or_else(|| {
            self.rows.push(TallyRow::new(name, gamma, key));
            self.rows.len() - 1
        });
        &mut self.rows[index]
    }

    /// The rows: preferences as first seen, each with all of its answers first and then its formats.
    #[must_use]
    pub fn rows(&self) -> Vec<TallyRow> {
        let names: Vec<&String> = self.rows.iter().map(|row| &row.model_name).collect();
        let mut rows = self.rows.clone();
        rows.sort_by_key(|row| (names.iter().position(|name| **name == row.model_name), row.format, row.interior));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Choice, Decision, Frame, Lottery, Problem, phrase};

    #[test]
    fn verdicts_are_counted_beside_the_trivial_rules() {
        let options = vec![Lottery::new(&[(0.5, 300.0), (0.5, -100.0)]), Lottery::sure(0.0)];
        let problem = Problem::Choice(Choice { wealth: 1000.0, frame: Frame::Offer, options });
        let case = Case::known(problem.clone(), 0.0);
        let mut tally = Tally::default();
        for option in [0, 0, 0, 1] {
            let text = phrase::answer(&problem, &Decision::Option(option), 0);
            tally.add(("linear", 0.0), Some(&case), Some(&case.find(&text)));
        }
        tally.add(("linear", 0.0), Some(&case), Some(&case.find("Perhaps.")));
        tally.add(("linear", 0.0), None, None);
        let rows = tally.rows();
        let counts = |row: &TallyRow| [row.matched, row.mismatched, row.worst, row.no_decision, row.no_problem];
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].format, counts(&rows[0])), (None, [3, 1, 1, 1, 1]));
        assert_eq!((rows[1].format, counts(&rows[1])), (Some(Format::Offer), [3, 1, 1, 1, 0]));
        assert_eq!((rows[1].always_safest, rows[1].always_riskiest), (0, 4));
        assert_eq!(rows[0].share().unwrap().0, 0.75);
        assert!((rows[0].mean_loss().unwrap() - 0.025).abs() < 1e-12);
    }
}
