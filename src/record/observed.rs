//! A decision from any source: a problem and what was decided, with whatever else the row says.

use std::collections::BTreeMap;

use csv::StringRecord;
use serde_json::Value;

use super::{Fault, Row};
use crate::decision::{Choice, Decision, Frame, Lottery, Problem, read};

/// The columns of a choice between two lotteries with the same chance of the high payoff.
const LOTTERIES: [&str; 6] = ["safe_high", "safe_low", "risky_high", "risky_low", "p_high", "chose_safe"];

/// One row of data on decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// What was asked; none if it stands in words that cannot be read.
    pub problem: Option<Problem>,
    /// What was decided; none where the answer is missing or states no decision.
    pub decision: Option<Decision>,
    /// The row's other fields, by name, as text.
    pub fields: BTreeMap<String, String>,
}

impl Observed {
    /// Reads a line of a JSONL file: `problem`, `decision` (null where it is missing) and any other fields.
    ///
    /// # Errors
    /// A [`Fault`] for a line that is not such an object, a problem that breaks a rule, or a decision that the problem does
    /// not allow.
    pub fn from_json(line: &str) -> Result<Self, Fault> {
        let value: Value = serde_json::from_str(line).map_err(|error| Fault::new(line, format!("JSON ({error})")))?;
        let Value::Object(mut object) = value else {
            return Err(Fault::new(line, "a JSON object with \"problem\" and \"decision\""));
        };
        let problem = part(&mut object, "problem")?.ok_or_else(|| Fault::new(line, "a \"problem\""))?;
        let decision = part(&mut object, "decision")?;
        let fields = object.into_iter().filter_map(|(name, value)| Some((name, text(&value)?))).collect();
        Self { problem: Some(problem), decision, fields }.checked()
    }

    fn checked(self) -> Result<Self, Fault> {
        let Some(problem) = &self.problem else {
            return Ok(self);
        };
        problem.validate().map_err(|error| Fault::new(json(problem), error.to_string()))?;
        match &self.decision {
            Some(decision) if !problem.allows(decision) => {
                Err(Fault::new(json(decision), "a decision that the problem allows"))
            }
            _ => Ok(self),
        }
    }

    /// A row of the columns [`LOTTERIES`], and `wealth` (0 if there is none).
    fn from_lotteries(fields: BTreeMap<String, String>) -> Result<Self, Fault> {
        let number = |name: &str| {
            let text = fields.get(name).map_or("", String::as_str).trim();
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            number.ok_or_else(|| Fault::new(text, format!("a finite number in {name}")))
        };
        let p = number("p_high")?;
        let lottery = |high: f64, low: f64| match p {
            1.0 => Lottery::sure(high),
            0.0 => Lottery::sure(low),
            _ => Lottery::new(&[(p, high), (1.0 - p, low)]),
        };
        let options = vec![
            lottery(number("safe_high")?, number("safe_low")?),
            lottery(number("risky_high")?, number("risky_low")?),
        ];
        let wealth = if fields.contains_key("wealth") { number("wealth")? } else { 0.0 };
        let chosen = fields.get("chose_safe").map_or("", String::as_str).trim();
        let decision = match chosen {
            "1" => Some(Decision::Option(0)),
            "0" => Some(Decision::Option(1)),
            "" => None,
            _ => return Err(Fault::new(chosen, "1 or 0 in chose_safe, or nothing where the choice is missing")),
        };
        let problem = Some(Problem::Choice(Choice { wealth, frame: Frame::Menu, options }));
        Self { problem, decision, fields }.checked()
    }

    /// A row of a question and an answer in words.
    fn from_words(question: &str, answer: &str, fields: BTreeMap<String, String>) -> Self {
        let problem = read::problem(question);
        let decision = problem.as_ref().and_then(|problem| read::decision(problem, answer));
        Self { problem, decision, fields }
    }
}

impl Row for Observed {
    /// Either kind of table is good; [`Row::from_record`] says what is missing.
    const COLUMNS: &'static [&'static str] = &[];

    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault> {
        let pairs = headers.iter().zip(record).map(|(name, value)| (name.trim().to_owned(), value.to_owned()));
        let fields: BTreeMap<String, String> = pairs.collect();
        if LOTTERIES.iter().all(|name| fields.contains_key(*name)) {
            return Self::from_lotteries(fields);
        }
        let answer = fields.get("response").or_else(|| fields.get("answer"));
        match (fields.get("question").cloned(), answer.cloned()) {
            (Some(question), Some(answer)) => Ok(Self::from_words(&question, &answer, fields)),
            _ => {
                let expected = format!("the columns {}; or question and response (or answer)", LOTTERIES.join(", "));
                Err(Fault::new(headers.iter().collect::<Vec<_>>().join(", "), expected))
            }
        }
    }

    fn check(&self) -> Result<(), Fault> {
        Ok(())
    }
}

fn part<T: serde::de::DeserializeOwned>(
    object: &mut serde_json::Map<String, Value>,
    name: &str,
) -> Result<Option<T>, Fault> {
    let value = object.remove(name).filter(|value| !value.is_null());
    let read = |value: Value| {
        serde_json::from_value(value.clone())
            .map_err(|error| Fault::new(value.to_string(), format!("a {name} ({error})")))
    };
    value.map(read).transpose()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BET: &str = r#"{"kind": "stake", "wealth": 100, "cap": 100, "returns": [{"probability": 0.5, "multiple": 2}, {"probability": 0.5, "multiple": -1}]}"#;

    fn row(headers: &[&str], values: &[&str]) -> Result<Observed, Fault> {
        Observed::from_record(&StringRecord::from(values.to_vec()), &StringRecord::from(headers.to_vec()))
    }

    #[test]
    fn json_lines_carry_problem_decision_and_fields() {
        let line = format!(r#"{{"problem": {BET}, "decision": {{"amount": 25}}, "who": 7, "set": "a"}}"#);
        let observed = Observed::from_json(&line).unwrap();
        assert_eq!(observed.decision, Some(Decision::Amount(25.0)));
        assert_eq!(observed.fields["who"], "7");
        let missing = Observed::from_json(&format!(r#"{{"problem": {BET}, "decision": null}}"#)).unwrap();
        assert_eq!(missing.decision, None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, said) in [
            ("[]".to_owned(), "a JSON object"),
            ("{}".to_owned(), "a \"problem\""),
            (format!(r#"{{"problem": {BET}, "decision": {{"amount": 125}}}}"#), "a decision that the problem allows"),
            (format!(r#"{{"problem": {}, "decision": null}}"#, BET.replace("0.5", "0.6")), "sum to 1"),
            (format!(r#"{{"problem": {}, "decision": null}}"#, BET.replace("100", "-1")), "wealth must be"),
            (format!(r#"{{"problem": {BET}, "decision": {{"stake": 1}}}}"#), "a decision ("),
        ] {
            let fault = Observed::from_json(&line).unwrap_err();
            assert!(fault.expected.contains(said), "{line}: {fault:?}");
        }
    }

    #[test]
    fn lotteries_in_columns_are_choices_without_other_wealth() {
        let columns = ["subject", "safe_high", "safe_low", "risky_high", "risky_low", "p_high", "chose_safe"];
        let observed = row(&columns, &["9", "2", "1.6", "3.85", "0.1", "0.3", "1"]).unwrap();
        let Some(Problem::Choice(choice)) = &observed.problem else { panic!("{observed:?}") };
        assert_eq!((choice.wealth, observed.decision), (0.0, Some(Decision::Option(0))));
        assert_eq!(observed.fields["subject"], "9");
        assert_eq!(
            row(&columns, &["9", "2", "1.6", "3.85", "0.1", "1", "0"]).unwrap().decision,
            Some(Decision::Option(1))
        );
        assert!(row(&columns, &["9", "2", "1.6", "3.85", "0.1", "1.3", "0"]).is_err());
        assert!(row(&columns, &["9", "NaN", "1.6", "3.85", "0.1", "0.3", "0"]).is_err());
        assert!(
            row(&columns, &["9", "2", "1.6", "3.85", "0.1", "0.3", "safe"])
                .unwrap_err()
                .expected
                .contains("chose_safe")
        );
        assert!(row(&["a"], &["1"]).unwrap_err().expected.contains("safe_high"));
    }
}
