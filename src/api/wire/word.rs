//! Enums over an open set of words: known words are variants, others are kept in `Other`, so that
//! reading never fails on a word that was added to the API later.

/// Defines an enum of known words with a fallback variant `Other(String)`, its text and its serde forms.
macro_rules! open_words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// Any other word, as it was read.
            Other(String),
        }

        impl $name {
            /// The word of the API.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(word.as_ref()))
            }
        }
    };
}

pub(super) use open_words;

#[cfg(test)]
mod tests {
    use crate::api::wire::fine_tuning::JobStatus;

    #[test]
    fn known_and_unknown_words_survive_a_round_trip() {
        let paused = JobStatus::Other("paused".to_owned());
        for (word, status) in [("queued", JobStatus::Queued), ("failed", JobStatus::Failed), ("paused", paused)] {
            let json = format!("\"{word}\"");
            assert_eq!(serde_json::from_str::<JobStatus>(&json).unwrap(), status);
            assert_eq!(serde_json::to_string(&status).unwrap(), json);
            assert_eq!(status.to_string(), word);
        }
        assert!(serde_json::from_str::<JobStatus>("3").is_err());
    }
}
