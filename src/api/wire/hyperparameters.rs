//! How a fine-tuning job trains: its method and hyperparameters, each of which may be left to the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::lenient;
use super::word::open_words;

open_words! {
    /// A way of training.
    MethodKind {
        /// From answers to be imitated.
        Supervised = "supervised",
        /// From pairs of better and worse answers.
        Dpo = "dpo",
        /// From graded answers.
        Reinforcement = "reinforcement",
    }
}

/// A way of training with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// Which way.
    #[serde(rename = "type")]
    pub kind: MethodKind,
    /// Settings of the supervised way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervised: Option<MethodSettings>,
    /// Settings of the way from pairs of answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpo: Option<MethodSettings>,
}

impl Method {
    /// This way with these hyperparameters, which only the supervised way and DPO have a place for.
    pub fn new(kind: MethodKind, hyperparameters: Hyperparameters) -> Self {
        let settings = Some(MethodSettings { hyperparameters });
        match kind {
            MethodKind::Supervised => Self { kind, supervised: settings, dpo: None },
            MethodKind::Dpo => Self { kind, supervised: None, dpo: settings },
            other => Self { kind: other, supervised: None, dpo: None },
        }
    }

    /// The hyperparameters of the way that was chosen.
    pub fn hyperparameters(&self) -> Option<&Hyperparameters> {
        let settings = match self.kind {
            MethodKind::Supervised => self.supervised.as_ref(),
            MethodKind::Dpo => self.dpo.as_ref(),
            _ => None,
        };
        settings.map(|settings| &settings.hyperparameters)
    }
}

/// Settings of a way of training.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MethodSettings {
    /// The hyperparameters.
    #[serde(deserialize_with = "lenient::or_default")]
    pub hyperparameters: Hyperparameters,
}

/// Hyperparameters of training.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hyperparameters {
    /// Passes over the training examples, 1 to 50.
    #[serde(deserialize_with = "lenient::or_default")]
    pub n_epochs: AutoOr<u32>,
    /// Examples in a step, 1 to 256.
    #[serde(deserialize_with = "lenient::or_default")]
    pub batch_size: AutoOr<u32>,
    /// Factor on the server's learning rate, above 0.
    #[serde(deserialize_with = "lenient::or_default")]
    pub learning_rate_multiplier: AutoOr<f64>,
    /// Those that not every server has, by their names: DPO's `beta`, `lora_rank` and their like.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// A value, or the word "auto", which leaves it to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AutoOr<T> {
    /// Left to the server.
    #[default]
    Auto,
    /// Given.
    Value(T),
}

impl<T> AutoOr<T> {
    /// The value, or another for "auto".
    pub fn unwrap_or(self, automatic: T) -> T {
        match self {
            Self::Auto => automatic,
            Self::Value(value) => value,
        }
    }
}

impl<T: Serialize> Serialize for AutoOr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AutoOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected \"auto\" or a number")]
        enum Either<T> {
            Value(T),
            Word(Auto),
        }
        #[derive(Deserialize)]
        enum Auto {
            #[serde(rename = "auto")]
            Auto,
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Value(value) => Self::Value(value),
            Either::Word(Auto::Auto) => Self::Auto,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_null_and_absent_are_the_same() {
        let read: Hyperparameters = serde_json::from_str(r#"{"n_epochs":"auto","batch_size":null}"#).unwrap();
        assert_eq!(read, Hyperparameters::default());
    }

    #[test]
    fn given_values_survive_a_round_trip() {
        let given = Hyperparameters {
            n_epochs: AutoOr::Value(3),
            batch_size: AutoOr::Auto,
            learning_rate_multiplier: AutoOr::Value(2.0),
            others: BTreeMap::from([("beta".to_owned(), Value::from(0.5))]),
        };
        for kind in [MethodKind::Supervised, MethodKind::Dpo] {
            let method = Method::new(kind.clone(), given.clone());
            let json = serde_json::to_string(&method).unwrap();
            let expected = r#"{"type":"KIND","KIND":{"hyperparameters":{"n_epochs":3,"batch_size":"auto","learning_rate_multiplier":2.0,"beta":0.5}}}"#;
            assert_eq!(json, expected.replace("KIND", kind.as_str()));
            let read: Method = serde_json::from_str(&json).unwrap();
            assert_eq!((read.hyperparameters(), &read), (Some(&given), &method));
        }
    }

    #[test]
    fn other_words_and_negative_numbers_are_errors() {
        for bad in [r#"{"n_epochs":"many"}"#, r#"{"n_epochs":-1}"#, r#"{"batch_size":1.5}"#] {
            assert!(serde_json::from_str::<Hyperparameters>(bad).is_err(), "{bad}");
        }
    }
}
