//! Hyperparameters: what an engine declares, what a job asks for, and what is in force.
//!
//! Invariant: settings in force have every hyperparameter that the engine declares, in its range, and no others.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::api::wire::fine_tuning::{AutoOr, Hyperparameters, MethodKind};

use super::engine::{Engine, EngineError};

/// The hyperparameters of every engine.
const COMMON: [&str; 3] = ["n_epochs", "batch_size", "learning_rate_multiplier"];
/// The largest factor on a learning rate.
const LARGEST_MULTIPLIER: f64 = 1_000.0;

/// A hyperparameter that an engine knows beside those of every engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperparameter {
    /// Its name in requests.
    pub name: &'static str,
    /// What it can be.
    pub range: Range,
    /// What it is when it is left out or "auto"; of the range's kind.
    pub default: Value,
}

/// What a hyperparameter can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Range {
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// A number from the first to the second.
    Number(f64, f64),
    /// A number above 0 and at most this.
    Positive(f64),
    /// Some of these words, at least one.
    Words(&'static [&'static str]),
    /// Yes or no.
    Truth,
}

/// Hyperparameters in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Passes over the examples, 1 to 50.
    pub epochs: u32,
    /// Examples in a step, 1 to 256.
    pub batch_size: u32,
    /// Factor on the engine's learning rate, above 0 and at most 1000.
    pub learning_rate_multiplier: f64,
    /// Those that the engine declares, by name.
    pub declared: BTreeMap<String, Value>,
}

/// A hyperparameter or a method that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The field.
    pub(super) param: String,
    /// For people.
    pub(super) message: String,
}

impl Settings {
    /// A declared whole number.
    ///
    /// # Errors
    /// [`EngineError::Internal`] when the engine declares no whole number of this name.
    pub fn whole(&self, name: &str) -> Result<u64, EngineError> {
        self.declared.get(name).and_then(Value::as_u64).ok_or_else(|| undeclared(name))
    }

    /// A declared number.
    ///
    /// # Errors
    /// [`EngineError::Internal`] when the engine declares no number of this name.
    pub fn number(&self, name: &str) -> Result<f64, EngineError> {
        self.declared.get(name).and_then(Value::as_f64).ok_or_else(|| undeclared(name))
    }

    /// A declared yes or no.
    ///
    /// # Errors
    /// [`EngineError::Internal`] when the engine declares no yes or no of this name.
    pub fn truth(&self, name: &str) -> Result<bool, EngineError> {
        self.declared.get(name).and_then(Value::as_bool).ok_or_else(|| undeclared(name))
    }

    /// Declared words, in the order of the declaration.
    ///
    /// # Errors
    /// [`EngineError::Internal`] when the engine declares no words of this name.
    pub fn words(&self, name: &str) -> Result<Vec<&str>, EngineError> {
        let words = self.declared.get(name).and_then(Value::as_array).ok_or_else(|| undeclared(name))?;
        Ok(words.iter().filter_map(Value::as_str).collect())
    }

    /// The settings as the API shows them.
    pub(super) fn shown(&self) -> Hyperparameters {
        Hyperparameters {
            n_epochs: AutoOr::Value(self.epochs),
            batch_size: AutoOr::Value(self.batch_size),
            learning_rate_multiplier: AutoOr::Value(self.learning_rate_multiplier),
            others: self.declared.clone(),
        }
    }
}

fn undeclared(name: &str) -> EngineError {
    EngineError::Internal(format!("the engine has not declared the hyperparameter {name}"))
}

/// The settings of a job for this engine, with what was left open filled in for so many examples.
pub(super) fn in_force(
    engine: &dyn Engine,
    method: &MethodKind,
    given: &Hyperparameters,
    examples: usize,
) -> Result<Settings, Refusal> {
    let Some(declared) = engine.hyperparameters(method) else { return Err(unknown_method(engine, method)) };
    if let Some(name) = given.others.keys().find(|name| declared.iter().all(|known| known.name != **name)) {
        let known: Vec<&str> = COMMON.into_iter().chain(declared.iter().map(|known| known.name)).collect();
        let model = engine.base_model();
        let known = known.join(", ");
        let message =
            format!("Unknown hyperparameter '{name}': {model} trained by the method '{method}' knows {known}.");
        return Err(Refusal { param: name.clone(), message });
    }
    let schedule = engine.schedule(examples);
    let mut settings = Settings {
        epochs: given.n_epochs.unwrap_or(schedule.epochs),
        batch_size: given.batch_size.unwrap_or(schedule.batch_size),
        learning_rate_multiplier: given.learning_rate_multiplier.unwrap_or(1.0),
        declared: BTreeMap::new(),
    };
    Range::Whole(1, 50).check("n_epochs", &settings.epochs.into())?;
    Range::Whole(1, 256).check("batch_size", &settings.batch_size.into())?;
    Range::Positive(LARGEST_MULTIPLIER).check("learning_rate_multiplier", &settings.learning_rate_multiplier.into())?;
    for known in declared {
        let value = match given.others.get(known.name) {
            None | Some(Value::Null) => known.default,
            Some(Value::String(word)) if word == "auto" => known.default,
            Some(value) => known.range.check(known.name, value)?,
        };
        settings.declared.insert(known.name.to_owned(), value);
    }
    Ok(settings)
}

fn unknown_method(engine: &dyn Engine, method: &MethodKind) -> Refusal {
    let all = [MethodKind::Supervised, MethodKind::Dpo, MethodKind::Reinforcement];
    let known: Vec<&str> =
        all.iter().filter(|kind| engine.hyperparameters(kind).is_some()).map(MethodKind::as_str).collect();
    let message =
        format!("{} is not trained by the method '{method}', only by {}.", engine.base_model(), known.join(" and "));
    Refusal { param: "method".to_owned(), message }
}

impl Range {
    /// The value in the form in which it is kept.
    fn check(&self, param: &str, value: &Value) -> Result<Value, Refusal> {
        self.read(value).ok_or_else(|| Refusal {
            param: param.to_owned(),
            message: format!("Invalid '{param}': expected \"auto\" or {self}, got {value}."),
        })
    }

    fn read(&self, value: &Value) -> Option<Value> {
        match self {
            Self::Whole(least, most) => {
                // Some clients send every number with a fraction.
                let fraction = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0);
                let whole = value.as_u64().or(fraction.map(|number| number as u64));
                whole.filter(|whole| (least..=most).contains(&whole)).map(Value::from)
            }
            Self::Number(least, most) => {
                value.as_f64().filter(|number| (least..=most).contains(&number)).map(Value::from)
            }
            Self::Positive(most) => value.as_f64().filter(|number| 0.0 < *number && number <= most).map(Value::from),
            Self::Words(all) => chosen(value, all).map(Value::from),
            Self::Truth => value.as_bool().map(Value::from),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(least, most) => write!(formatter, "a whole number from {least} to {most}"),
            Self::Number(least, most) => write!(formatter, "a number from {least} to {most}"),
            Self::Positive(most) => write!(formatter, "a number above 0 and at most {most}"),
            Self::Words(all) => write!(formatter, "a list of some of {}", all.join(", ")),
            Self::Truth => formatter.write_str("true or false"),
        }
    }
}

/// Words given as a list, or as one text with commas, in the order of `all`; none when there are others or no words.
fn chosen(value: &Value, all: &[&'static str]) -> Option<Vec<&'static str>> {
    let given: Vec<&str> = match value {
        Value::String(text) => text.split(',').map(str::trim).collect(),
        Value::Array(words) => words.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    let is_known = !given.is_empty() && given.iter().all(|word| all.contains(word));
    is_known.then(|| all.iter().filter(|word| given.contains(word)).copied().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::AgentEngine;
    use super::super::toy::Toy;
    use super::*;

    fn read(given: &Value) -> Result<Settings, Refusal> {
        let toy = Toy { name: "toy", ..Toy::default() };
        in_force(&toy, &MethodKind::Dpo, &serde_json::from_value(given.clone()).unwrap(), 1_000)
    }

    #[test]
    fn what_is_left_open_is_filled_in() {
        let settings = read(&json!({ "beta": null, "lora_rank": "auto", "n_epochs": 2 })).unwrap();
        assert_eq!((settings.epochs, settings.batch_size, settings.learning_rate_multiplier), (2, 2, 1.0));
        assert_eq!((settings.number("beta").unwrap(), settings.whole("lora_rank").unwrap()), (0.1, 8));
        assert_eq!(settings.words("lora_targets").unwrap(), ["query", "value"]);
        assert!(settings.whole("beta").is_err() && settings.number("absent").is_err());
        let shown = serde_json::to_value(settings.shown()).unwrap();
        assert_eq!(
            shown,
            json!({ "n_epochs": 2, "batch_size": 2, "learning_rate_multiplier": 1.0, "beta": 0.1, "lora_rank": 8,
                "lora_targets": ["query", "value"] })
        );
        assert_eq!(read(&shown).unwrap(), settings, "what is shown is what was asked");
    }

    #[test]
    fn ranges() {
        for (name, good, bad) in [
            ("n_epochs", json!(50), json!(51)),
            ("batch_size", json!("auto"), json!(0)),
            ("batch_size", json!(256), json!(257)),
            ("learning_rate_multiplier", json!(1_000), json!(0)),
            ("lora_rank", json!(64.0), json!(65)),
            ("lora_rank", json!(1), json!(1.5)),
            ("beta", json!(2), json!(0)),
            ("beta", json!(1e-9), json!(2.1)),
            ("lora_targets", json!("value, query"), json!("value,")),
            ("lora_targets", json!(["value"]), json!([])),
            ("lora_targets", json!(["value", "value"]), json!(["value", 1])),
        ] {
            assert!(read(&json!({ name: good })).is_ok(), "{name} {good}");
            let refusal = read(&json!({ name: bad })).unwrap_err();
            assert_eq!(refusal.param, name, "{refusal:?}");
        }
    }

    #[test]
    fn unknown_names_are_listed_with_the_known() {
        let refusal = read(&json!({ "lora_rnak": 8 })).unwrap_err();
        assert_eq!(refusal.param, "lora_rnak");
        let known = "knows n_epochs, batch_size, learning_rate_multiplier, lora_rank, lora_targets, beta.";
        assert!(refusal.message.ends_with(known), "{}", refusal.message);
    }

    #[test]
    fn the_agent_takes_neither_lora_nor_pairs() {
        let given =
            Hyperparameters { others: BTreeMap::from([("lora_rank".to_owned(), json!(8))]), ..Default::default() };
        assert_eq!(in_force(&AgentEngine, &MethodKind::Supervised, &given, 10).unwrap_err().param, "lora_rank");
        let refusal = in_force(&AgentEngine, &MethodKind::Dpo, &Hyperparameters::default(), 10).unwrap_err();
        assert_eq!(refusal.message, "agent is not trained by the method 'dpo', only by supervised.");
    }
}
