//! Readers for fields that servers fill differently: null for a default, numbers with a fraction for
//! whole numbers, message content as a string or as an array of parts.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// Null reads as the default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A Unix time in whole seconds: fractions are cut off, anything that is not a number reads as 0.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(whole(&Value::deserialize(deserializer)?).unwrap_or(0))
}

/// A Unix time that may be absent: anything that is not a number reads as none.
pub(super) fn seconds_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(whole(&Value::deserialize(deserializer)?))
}

/// A count: fractions are cut off; negative numbers and anything that is not a number read as 0.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = whole(&Value::deserialize(deserializer)?).unwrap_or(0);
    Ok(u64::try_from(number).unwrap_or(0))
}

fn whole(value: &Value) -> Option<i64> {
    // `as` saturates, and a count or time beyond i64 is nonsense anyway.
    value.as_i64().or_else(|| value.as_f64().map(|number| number as i64))
}

/// A string, or the text of any other scalar (some servers send numbers as codes), or none.
pub(super) fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// Message content: a string, or an array of text parts, which are joined; null reads as empty.
pub(super) fn content<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(content_or_none(deserializer)?.unwrap_or_default())
}

/// As [`content`], with null kept apart from the empty string.
pub(super) fn content_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Array(parts) => parts.iter().map(part).collect::<Result<_, _>>().map(Some).map_err(D::Error::custom),
        _ => Err(D::Error::custom("content must be a string or an array of text parts")),
    }
}

fn part(part: &Value) -> Result<&str, String> {
    let kind = part["type"].as_str().unwrap_or("without a type");
    let text = match kind {
        "text" => &part["text"],
        "refusal" => &part["refusal"],
        _ => return Err(format!("content part {kind} is not supported, only text is")),
    };
    text.as_str().ok_or_else(|| format!("content part {kind} has no text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_of_any_shape() {
        for (value, expected) in [(json!(7), 7), (json!(7.9), 7), (json!(null), 0), (json!("x"), 0)] {
            assert_eq!(seconds(value).unwrap(), expected);
        }
        assert_eq!(count(json!(-3)).unwrap(), 0);
        assert_eq!(seconds_or_none(json!(null)).unwrap(), None);
    }

    #[test]
    fn content_of_any_shape() {
        let parts = json!([{"type":"text","text":"a "},{"type":"text","text":"b"}]);
        assert_eq!(content(parts).unwrap(), "a b");
        assert_eq!(content(json!(null)).unwrap(), "");
        assert_eq!(content_or_none(json!(null)).unwrap(), None);
        assert_eq!(content(json!("plain")).unwrap(), "plain");
    }

    #[test]
    fn content_that_is_not_text_is_an_error() {
        let image = json!([{"type":"image_url","image_url":{"url":"x"}}]);
        assert!(content(image).unwrap_err().to_string().contains("image_url"));
        assert!(content(json!(3)).is_err());
        assert!(content(json!([{"type":"text"}])).is_err());
    }

    #[test]
    fn codes_of_any_shape() {
        assert_eq!(text_or_none(json!(400)).unwrap().as_deref(), Some("400"));
        assert_eq!(text_or_none(json!("x")).unwrap().as_deref(), Some("x"));
        assert_eq!(text_or_none(json!(null)).unwrap(), None);
    }
}
