//! Text to tokens and back, and conversations as the model's chat template writes them.

mod folder;
mod gguf;
mod pieces;

use anyhow::{Context, Result, anyhow, bail};
use minijinja::{Environment, ErrorKind, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use tokenizers::Tokenizer;

use crate::api::wire::chat::{Message, Role};

/// A model's tokenizer with its chat template.
pub struct Tokens {
    tokenizer: Tokenizer,
    template: Environment<'static>,
    end_of_turn: u32,
    /// By name, as templates know it.
    end_of_turn_text: String,
    /// Before a conversation, where the template writes it; empty if there is none.
    begin_text: String,
}

/// The chat template, and the tokens that it names.
struct Template {
    source: String,
    end_of_turn: String,
    begin: String,
}

impl Tokens {
    fn new(tokenizer: Tokenizer, template: Template) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_function("raise_exception", |words: String| -> Result<String, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, words))
        });
        environment.add_template_owned("chat", template.source).context("the chat template is not one")?;
        let end_of_turn = tokenizer
            .token_to_id(&template.end_of_turn)
            .with_context(|| format!("the end-of-turn token {} is not in the vocabulary", template.end_of_turn))?;
        let (end_of_turn_text, begin_text) = (template.end_of_turn, template.begin);
        Ok(Self { tokenizer, template: environment, end_of_turn, end_of_turn_text, begin_text })
    }

    /// The token with which every turn ends.
    pub fn end_of_turn(&self) -> u32 {
        self.end_of_turn
    }

    /// One more than the largest token.
    pub(super) fn count(&self) -> usize {
        self.tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1)
    }

    /// Tokens of a text, special ones by their names.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoded =
            self.tokenizer.encode_fast(text, false).map_err(|error| anyhow!("cannot be tokenised: {error}"))?;
        Ok(encoded.get_ids().to_vec())
    }

    /// Text of tokens, without special ones.
    ///
    /// # Errors
    /// When a token is not in the vocabulary.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.tokenizer.decode(ids, true).map_err(|error| anyhow!("cannot be put into words: {error}"))
    }

    /// One token's text, with its space if it begins with one; bytes that are no text by themselves become the replacement
    /// character.
    pub fn piece(&self, id: u32) -> String {
        let text = |ids: &[u32]| self.tokenizer.decode(ids, false).unwrap_or_default();
        let (first, twice) = (text(&[id]), text(&[id, id]));
        // Some tokenizers leave out the space before a text's first word, but not that of its second.
        twice
            .strip_prefix(&first)
            .filter(|second| second.trim_start() == first.trim_start())
            .map_or(first.clone(), str::to_owned)
    }

    /// Tokens of a conversation up to where the assistant's answer begins, or goes on when the last message is to be
    /// continued.
    ///
    /// # Errors
    /// When the chat template refuses the conversation.
    pub fn prompt(&self, messages: &[Message], continues: bool) -> Result<Vec<u32>> {
        self.encode(&self.opened(messages, continues)?)
    }

    /// Tokens of each ending behind what [`Tokens::prompt`] gives.
    ///
    /// # Errors
    /// As [`Tokens::prompt`], or when an ending has no token.
    pub fn endings(&self, messages: &[Message], continues: bool, endings: &[String]) -> Result<Vec<Vec<u32>>> {
        let opened = self.opened(messages, continues)?;
        let prompt = self.encode(&opened)?;
        let ending = |text: &String| match self.behind((&opened, &prompt), text)? {
            ids if ids.is_empty() => bail!("the ending {text:?} has no token"),
            ids => Ok(ids),
        };
        endings.iter().map(ending).collect()
    }

    /// Tokens of a whole conversation, and which of them are the last answer's, its end of turn included.
    ///
    /// # Errors
    /// When the conversation does not end with an answer or the template refuses it.
    pub fn example(&self, messages: &[Message]) -> Result<(Vec<u32>, Vec<bool>)> {
        let (last, before) = messages.split_last().context("there is no message")?;
        if last.role != Role::Assistant {
            bail!("the last message is not the assistant's");
        }
        let opened = self.render(before)?;
        let mut ids = self.encode(&opened)?;
        let mut is_answer = vec![false; ids.len()];
        ids.extend(self.behind((&opened, &ids), &format!("{}{}", last.content, self.end_of_turn_text))?);
        is_answer.resize(ids.len(), true);
        Ok((ids, is_answer))
    }

    /// Tokens of a text behind another one. Some tokenizers begin a text as if a space were before it, which is not to be in
    /// the middle of one; where both texts are not split between them, the second is taken alone, as the model would have
    /// to say it.
    fn behind(&self, (before, ids): (&str, &[u32]), text: &str) -> Result<Vec<u32>> {
        let whole = self.encode(&format!("{before}{text}"))?;
        whole.strip_prefix(ids).map_or_else(|| self.encode(text), |rest| Ok(rest.to_vec()))
    }

    /// The conversation in words, up to where the answer begins or goes on.
    fn opened(&self, messages: &[Message], continues: bool) -> Result<String> {
        match messages.split_last() {
            Some((last, before)) if continues => Ok(self.render(before)? + &last.content),
            _ => self.render(messages),
        }
    }

    fn render(&self, messages: &[Message]) -> Result<String> {
        let messages: Vec<_> = messages
            .iter()
            .map(|message| context! { role => message.role.as_str(), content => message.content.as_str() })
            .collect();
        let values = context! {
            messages,
            add_generation_prompt => true,
            eos_token => self.end_of_turn_text.as_str(),
            bos_token => self.begin_text.as_str(),
        };
        self.template.get_template("chat")?.render(values).context("the chat template refuses the conversation")
    }
}
