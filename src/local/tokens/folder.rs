//! The tokenizer beside safetensors files: `tokenizer.json`, `tokenizer_config.json` and the chat template, in it or in a file
//! of its own.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use tokenizers::Tokenizer;

use super::{Template, Tokens};

/// The part of `tokenizer_config.json` that counts.
#[derive(Debug, Deserialize)]
struct Described {
    bos_token: Option<Named>,
    eos_token: Option<Named>,
    chat_template: Option<Source>,
}

/// A token, by its text or with what else is known of it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Named {
    Text(String),
    Described { content: String },
}

impl Named {
    fn text(self) -> String {
        match self {
            Self::Text(text) | Self::Described { content: text } => text,
        }
    }
}

/// A chat template, or several for different purposes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Source {
    One(String),
    Several(Vec<Purpose>),
}

#[derive(Debug, Deserialize)]
struct Purpose {
    name: String,
    template: String,
}

impl Tokens {
    /// From a folder as `transformers` saves it.
    ///
    /// # Errors
    /// When a file is missing or damaged, or there is no chat template.
    pub fn from_folder(folder: &Path) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        if !path.is_file() {
            bail!(
                "{} has no tokenizer.json; save it there with transformers (AutoTokenizer ... save_pretrained), which makes it of \
                 tokenizer.model too",
                folder.display()
            );
        }
        let mut tokenizer =
            Tokenizer::from_file(&path).map_err(|error| anyhow!("{} is no tokenizer: {error}", path.display()))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| anyhow!("{}: {error}", path.display()))?;
        let path = folder.join("tokenizer_config.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let described: Described =
            serde_json::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))?;
        let own = folder.join("chat_template.jinja");
        let source = match std::fs::read_to_string(&own) {
            Ok(source) => Some(source),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => described.chat_template.and_then(usual),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", own.display())),
        };
        let source = source.with_context(|| {
            format!(
                "{} has no chat template (chat_template in tokenizer_config.json, or chat_template.jinja); a model that was tuned to \
                 conversations is needed",
                folder.display()
            )
        })?;
        let end = described.eos_token.with_context(|| format!("{} has no eos_token", path.display()))?;
        let begin = described.bos_token.map_or_else(String::new, Named::text);
        Self::new(tokenizer, Template { source, end_of_turn: end.text(), begin })
    }
}

/// The template for plain conversations.
fn usual(source: Source) -> Option<String> {
    match source {
        Source::One(source) => Some(source),
        Source::Several(all) => all.into_iter().find(|one| one.name == "default").map(|one| one.template),
    }
}
