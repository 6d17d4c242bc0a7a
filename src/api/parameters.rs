//! What a model does not take: parameters are renamed or left out once a server has refused them, and never silently.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::wire::error::ErrorDetail;

/// Parameters without which a question is still the same question.
const DISPENSABLE: [&str; 8] = [
    "temperature",
    "top_p",
    "seed",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "max_tokens",
    "max_completion_tokens",
];
const EFFORT: &str = "reasoning_effort";

/// The difference between the requests that are asked for and those that a model takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    renamed: BTreeMap<String, String>,
    dropped: BTreeSet<String>,
    added: BTreeMap<String, Value>,
}

impl Changes {
    /// What is known of a model beforehand: reasoning models that can do without reasoning are asked to, since
    /// temperature and log probabilities are refused otherwise (gpt-5.1 and later, but for gpt-6-astra and gpt-6.1-sol).
    #[must_use]
    pub fn known(model: &str) -> Self {
        let mut changes = Self::default();
        if reasons_on_demand(model) {
            changes.added.insert(EFFORT.to_owned(), "none".into());
        }
        changes
    }

    /// Whether requests are sent as they are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.renamed.len() + self.dropped.len() + self.added.len()
    }

    /// Makes a request one that the model takes.
    pub fn apply(&self, request: &mut Map<String, Value>) {
        for (name, value) in &self.added {
            request.entry(name.clone()).or_insert_with(|| value.clone());
        }
        for name in &self.dropped {
            request.remove(name);
        }
        for (old, new) in &self.renamed {
            if let Some(value) = request.remove(old) {
                request.entry(new.clone()).or_insert(value);
            }
        }
    }

    /// Whether this parameter is left out.
    #[must_use]
    pub fn drops(&self, name: &str) -> bool {
        self.dropped.contains(name)
    }

    /// Whether requests go without a limit on the answer.
    #[must_use]
    pub fn drops_limit(&self) -> bool {
        self.drops("max_tokens") && self.drops("max_completion_tokens")
    }

    /// The changes after `request`, to which these were applied, was refused with status 400 and `error`; none where the
    /// refusal is about something else, and where the request needs what was refused.
    #[must_use]
    pub fn after(&self, request: &Map<String, Value>, error: &ErrorDetail) -> Option<Self> {
        let name = unsupported(request, error)?;
        let mut next = self.clone();
        let twin = match name {
            "max_tokens" => Some("max_completion_tokens"),
            "max_completion_tokens" => Some("max_tokens"),
            _ => None,
        };
        match twin {
            // The other name was refused before.
            Some(twin) if self.renamed.contains_key(twin) => {
                next.renamed.clear();
                next.dropped.extend([name.to_owned(), twin.to_owned()]);
            }
            Some(twin) => drop(next.renamed.insert(name.to_owned(), twin.to_owned())),
            None => drop(next.dropped.insert(name.to_owned())),
        }
        if name == "logprobs" {
            next.dropped.insert("top_logprobs".to_owned());
        }
        next.added.retain(|added, _| added != name);
        Some(next)
    }

    /// One sentence a change.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let renamed = self.renamed.iter().map(|(old, new)| format!("{old} is sent as {new}"));
        let dropped = self.dropped.iter().map(|name| format!("{name} is left out"));
        let added = self.added.iter().map(|(name, value)| format!("{name} is {value}"));
        renamed.chain(dropped).chain(added).collect()
    }
}

/// What a request asks for beside model and messages; the seed, which differs between runs, is recorded elsewhere.
#[must_use]
pub fn parameters(request: &Map<String, Value>) -> Value {
    let kept = request.iter().filter(|(name, _)| !matches!(name.as_str(), "model" | "messages" | "seed"));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
}

/// The parameter of `request` that `error` says the model does not take. `param` names it, whatever the code is; a server
/// that leaves `param` out has to name it in the message.
#[must_use]
pub fn unsupported(request: &Map<String, Value>, error: &ErrorDetail) -> Option<&'static str> {
    const CODES: [&str; 5] =
        ["unsupported_parameter", "unsupported_value", "unknown_parameter", "unrecognized_parameter", "unsupported"];
    const REFUSED: [&str; 8] = [
        "unsupported",
        "not support",
        "unknown",
        "unrecognized",
        "unexpected",
        "not allowed",
        "not permitted",
        "deprecated",
    ];
    const RANGE: [&str; 8] =
        ["at most", "at least", "too large", "too small", "between", "less than", "greater than", "out of range"];
    let message = error.message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    // Some servers send the HTTP status as the code.
    let code = error.code.as_deref().filter(|code| !code.is_empty() && code.parse::<u16>().is_err());
    let sent = |name: &&&str| request.contains_key(**name);
    let named = |param: &str| DISPENSABLE.iter().find(|name| **name == param.rsplit('.').next().unwrap_or(param));
    match (error.param.as_deref().filter(|param| !param.is_empty()), code) {
        (Some(param), Some(code)) if CODES.contains(&code) => named(param).filter(sent).copied(),
        (Some(param), None) if says(&REFUSED) || !says(&RANGE) => named(param).filter(sent).copied(),
        (Some(_), _) => None,
        (None, code) if says(&REFUSED) || code.is_some_and(|code| CODES.contains(&code)) => {
            // The first one named: "unsupported 'max_tokens', use 'max_completion_tokens'".
            let place = |name: &&&str| words(&message).position(|word| word == **name);
            DISPENSABLE.iter().filter(sent).filter(|name| place(name).is_some()).min_by_key(place).copied()
        }
        _ => None,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// Whether a model reasons by default and can be asked not to, by its name.
fn reasons_on_demand(model: &str) -> bool {
    let name = model.strip_prefix("ft:").unwrap_or(model).rsplit('/').next().unwrap_or(model);
    let Some(version) = name.strip_prefix("gpt-") else { return false };
    let digits: &str = &version[..version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len())];
    let (major, minor) = digits.split_once('.').unwrap_or((digits, "0"));
    let (Ok(major), Ok(minor)) = (major.parse::<u32>(), minor.parse::<u32>()) else { return false };
    let never = name.starts_with("gpt-6-astra") || name.starts_with("gpt-6.1-sol");
    (major, minor) >= (5, 1) && !never
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> Map<String, Value> {
        let body = json!({"model": "m", "messages": [], "temperature": 0.0, "max_completion_tokens": 9, "seed": 1,
            "logprobs": true, "top_logprobs": 20});
        body.as_object().unwrap().clone()
    }

    fn error(message: &str, param: Option<&str>, code: Option<&str>) -> ErrorDetail {
        let text = |text: Option<&str>| text.map(str::to_owned);
        ErrorDetail { message: message.into(), kind: String::new(), param: text(param), code: text(code) }
    }

    #[test]
    fn a_refused_parameter_is_recognised_by_its_name_whatever_the_code() {
        for (message, param, code, expected) in [
            ("no", Some("temperature"), Some("unsupported_value"), Some("temperature")),
            ("no", Some("temperature"), None, Some("temperature")),
            ("no", Some("body.seed"), Some("400"), Some("seed")),
            ("Must be at most 2", Some("temperature"), None, None),
            ("no", Some("temperature"), Some("decimal_above_max_value"), None),
            ("no", Some("messages"), None, None),
            ("no", Some("top_p"), None, None),
            (
                "Unsupported parameter: 'max_completion_tokens'; use 'max_tokens'",
                None,
                None,
                Some("max_completion_tokens"),
            ),
            ("logprobs are not supported", None, Some("400"), Some("logprobs")),
            ("The temperature is too hot", None, None, None),
        ] {
            assert_eq!(unsupported(&request(), &error(message, param, code)), expected, "{message} {param:?} {code:?}");
        }
    }

    #[test]
    fn limits_on_tokens_change_their_name_and_others_are_left_out() {
        let mut sent = request();
        let refusal = |param| error("no", Some(param), None);
        let changes = Changes::default().after(&sent, &refusal("max_completion_tokens")).unwrap();
        changes.apply(&mut sent);
        assert_eq!((sent.get("max_tokens"), sent.get("max_completion_tokens")), (Some(&json!(9)), None));
        let changes = changes.after(&sent, &refusal("logprobs")).unwrap();
        changes.apply(&mut sent);
        assert!(!sent.contains_key("logprobs") && !sent.contains_key("top_logprobs"));
        assert_eq!(parameters(&sent), json!({"temperature": 0.0, "max_tokens": 9}));
        let changes = changes.after(&sent, &refusal("max_tokens")).unwrap();
        changes.apply(&mut sent);
        assert_eq!(parameters(&sent), json!({"temperature": 0.0}), "both names are refused");
        assert_eq!(changes.after(&sent, &refusal("max_tokens")), None, "it was not sent");
    }

    #[test]
    fn models_that_can_do_without_reasoning_are_asked_to_until_they_refuse() {
        for (model, expected) in [
            ("gpt-6-luna", true),
            ("gpt-5.1", true),
            ("openai/gpt-5.4-mini", true),
            ("gpt-5", false),
            ("gpt-5-mini", false),
            ("gpt-6-astra", false),
            ("gpt-6.1-sol", false),
            ("ft:gpt-4.1-mini:org::1", false),
            ("gpt-4o", false),
            ("agent", false),
        ] {
            assert_eq!(!Changes::known(model).is_empty(), expected, "{model}");
        }
        let changes = Changes::known("gpt-6-luna");
        let mut sent = request();
        changes.apply(&mut sent);
        assert_eq!(sent[EFFORT], "none");
        let changes = changes.after(&sent, &error("no", Some(EFFORT), Some("unsupported_value"))).unwrap();
        changes.apply(&mut sent);
        assert!(!sent.contains_key(EFFORT));
        let mut own = request();
        own.insert(EFFORT.to_owned(), "low".into());
        Changes::known("gpt-6-luna").apply(&mut own);
        assert_eq!(own[EFFORT], "low", "what is asked for stays");
    }
}
