//! The training flags as the method of a fine-tuning job.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::wire::fine_tuning::{AutoOr, Hyperparameters, Method, MethodKind};
use crate::cli::{TrainingArgs, TrainingMethod};
use crate::record::Format;
use crate::server;

/// The method that the flags ask for. What they leave open is left to an embedded model; other servers are asked for what
/// the earlier project asked OpenAI for.
pub(super) fn method(args: &TrainingArgs, model: &str) -> Method {
    let is_embedded = server::is_embedded(model);
    let named = [
        ("learning_rate", args.learning_rate.map(Value::from)),
        ("lora_rank", args.lora_rank.map(Value::from)),
        ("lora_alpha", args.lora_alpha.map(Value::from)),
        ("beta", args.beta.map(Value::from)),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let hyperparameters = Hyperparameters {
        n_epochs: open(args.epochs, is_embedded, 1),
        batch_size: open(args.training_batch_size, is_embedded, 4),
        learning_rate_multiplier: open(args.learning_rate_multiplier, is_embedded, 2.0),
        others: named.chain(args.hyperparameters.iter().cloned()).collect::<BTreeMap<_, _>>(),
    };
    Method::new(kind(args.method), hyperparameters)
}

fn open<T>(given: Option<T>, is_embedded: bool, otherwise: T) -> AutoOr<T> {
    match given {
        None if is_embedded => AutoOr::Auto,
        given => AutoOr::Value(given.unwrap_or(otherwise)),
    }
}

fn kind(method: TrainingMethod) -> MethodKind {
    match method {
        TrainingMethod::Supervised => MethodKind::Supervised,
        TrainingMethod::Dpo => MethodKind::Dpo,
    }
}

/// The format of the files that a method learns from.
pub(super) fn format(method: TrainingMethod) -> Format {
    match method {
        TrainingMethod::Supervised => Format::OpenAi,
        TrainingMethod::Dpo => Format::Dpo,
    }
}
