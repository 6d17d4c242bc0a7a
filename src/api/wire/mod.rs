//! The request and response types of the OpenAI API that riskpref speaks, shared by client and server.
//!
//! Writing is complete: what the server sends has every field that the specification requires, null
//! where it allows null. Reading is lenient: fields that other servers leave out, or fill with null,
//! take a default; unknown fields are ignored; unknown words of an open set are kept as they are.

use serde::{Deserialize, Serialize};

pub mod batch;
mod batch_line;
pub mod chat;
mod checkpoint;
pub mod error;
mod example;
pub mod file;
pub mod fine_tuning;
mod hyperparameters;
mod lenient;
mod logprobs;
pub mod model;
mod usage;
mod word;

/// A page of objects, newest first unless the endpoint says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct List<T> {
    /// Always "list".
    #[serde(default = "list_word")]
    pub object: String,
    /// The objects of this page.
    pub data: Vec<T>,
    /// Whether more objects follow the last one of this page.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_more: bool,
    /// Id of the first object of this page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_id: Option<String>,
    /// Id of the last object of this page, to be sent as `after` for the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_id: Option<String>,
}

impl<T> List<T> {
    /// A page without ids.
    pub fn new(data: Vec<T>, has_more: bool) -> Self {
        Self { object: list_word(), data, has_more, first_id: None, last_id: None }
    }

    /// The same page with the ids of its first and last object.
    pub fn with_ids(mut self, id: impl Fn(&T) -> String) -> Self {
        self.first_id = self.data.first().map(&id);
        self.last_id = self.data.last().map(&id);
        self
    }
}

fn list_word() -> String {
    "list".to_owned()
}

/// The answer to a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Id of the deleted object.
    pub id: String,
    /// Kind of the deleted object: "file" or "model".
    #[serde(default)]
    pub object: String,
    /// Whether it was deleted.
    pub deleted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_needs_only_its_data() {
        let list: List<u32> = serde_json::from_str(r#"{"data":[1,2],"has_more":null}"#).unwrap();
        assert_eq!(list, List::new(vec![1, 2], false));
        assert!(serde_json::from_str::<List<u32>>("{}").is_err());
    }

    #[test]
    fn ids_are_those_of_the_ends() {
        let list = List::new(vec![7, 8, 9], true).with_ids(|n| n.to_string());
        assert_eq!((list.first_id.as_deref(), list.last_id.as_deref()), (Some("7"), Some("9")));
    }
}
