//! The error body, and the other shapes in which servers state an error.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient;

/// What a failed request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What went wrong. All four fields are always written; only the message is needed for reading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// For people.
    pub message: String,
    /// Class, such as `invalid_request_error`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
    /// The request's field at fault.
    #[serde(default, deserialize_with = "lenient::text_or_none")]
    pub param: Option<String>,
    /// For programs, such as `model_not_found`. A number is read as its digits.
    #[serde(default, deserialize_with = "lenient::text_or_none")]
    pub code: Option<String>,
}

impl ErrorBody {
    /// Reads an error answer: the official shape, the error as a plain string (Ollama), its fields at
    /// the top (vLLM), or `detail` (FastAPI). None when the body is none of these.
    pub fn read(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let error = match &value["error"] {
            Value::String(message) => plain(message),
            Value::Object(_) => ErrorDetail::deserialize(&value["error"]).ok()?,
            _ => match &value["detail"] {
                Value::String(message) => plain(message),
                Value::Array(_) => plain(&value["detail"].to_string()),
                _ => ErrorDetail::deserialize(&value).ok()?,
            },
        };
        Some(Self { error: ErrorDetail { message: cut(error.message), ..error } })
    }
}

/// The most characters of a message that is shown.
const LONGEST: usize = 2000;

/// The start of a text that is as long as its writer liked.
pub fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn plain(message: &str) -> ErrorDetail {
    ErrorDetail { message: message.to_owned(), ..ErrorDetail::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> ErrorDetail {
        ErrorBody::read(body.as_bytes()).unwrap().error
    }

    #[test]
    fn a_long_message_is_cut() {
        let message = read(&format!("{{\"error\": \"{}\"}}", "é".repeat(5000))).message;
        assert_eq!((message.chars().count(), message.ends_with("é…")), (2001, true));
    }

    #[test]
    fn the_shapes_of_several_servers() {
        let official = read(r#"{"error":{"message":"no","type":"t","param":null,"code":"c"}}"#);
        assert_eq!((official.kind.as_str(), official.code.as_deref()), ("t", Some("c")));
        assert_eq!(read(r#"{"error":{"message":"no","code":404}}"#).code.as_deref(), Some("404"));
        assert_eq!(read(r#"{"error":"model not found"}"#).message, "model not found");
        let vllm = read(r#"{"object":"error","message":"bad","type":"BadRequest","code":400}"#);
        assert_eq!((vllm.message.as_str(), vllm.code.as_deref()), ("bad", Some("400")));
        assert_eq!(read(r#"{"detail":"Not Found"}"#).message, "Not Found");
        assert!(read(r#"{"detail":[{"msg":"missing"}]}"#).message.contains("missing"));
    }

    #[test]
    fn other_bodies_are_not_errors() {
        for body in ["<html>502</html>", "{}", "[1]", r#"{"choices":[]}"#, ""] {
            assert_eq!(ErrorBody::read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn all_four_fields_are_written() {
        let body = ErrorBody { error: plain("no") };
        let json = serde_json::to_string(&body).unwrap();
        assert_eq!(json, r#"{"error":{"message":"no","type":"","param":null,"code":null}}"#);
    }
}
