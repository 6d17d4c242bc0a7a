//! Text to tokens and back, and conversations as the model's chat template writes them.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow, bail};
use candle_core::quantized::gguf_file::Value;
use minijinja::{Environment, context};
use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence as Steps;
use tokenizers::{AddedToken, Tokenizer};

use crate::api::wire::chat::{Message, Role};

/// What a control token is in GGUF's list of token types.
const CONTROL: i64 = 3;

/// A model's tokenizer with its chat template.
pub struct Tokens {
    tokenizer: Tokenizer,
    template: Environment<'static>,
    end_of_turn: u32,
    end_of_turn_text: String,
}

impl Tokens {
    /// From the metadata of a GGUF file: byte-level BPE, with every digit a token where the file says so (`smollm`).
    ///
    /// # Errors
    /// When the metadata lack something or the tokenizer is of another kind.
    pub fn from_gguf(metadata: &HashMap<String, Value>) -> Result<Self> {
        let get = |key: &str| metadata.get(key).with_context(|| format!("the file has no {key}"));
        let kind = get("tokenizer.ggml.model")?.to_string()?;
        if kind != "gpt2" {
            bail!("the tokenizer is of the kind {kind}; only byte-level BPE (gpt2) can be read");
        }
        let words = |key: &str| -> Result<Vec<String>> {
            get(key)?.to_vec()?.iter().map(|value| Ok(value.to_string()?.clone())).collect()
        };
        let texts = words("tokenizer.ggml.tokens")?;
        let pair = |line: &String| {
            let (left, right) = line.split_once(' ').with_context(|| format!("the merge {line:?} is none"))?;
            Ok((left.to_owned(), right.to_owned()))
        };
        let merges = words("tokenizer.ggml.merges")?.iter().map(pair).collect::<Result<Vec<_>>>()?;
        let vocabulary = texts.iter().cloned().zip(0..).collect::<HashMap<String, u32>>();
        let model = BPE::builder().vocab_and_merges(vocabulary.into_iter().collect::<HashMap<_, _, _>>(), merges);
        let mut tokenizer =
            Tokenizer::new(model.build().map_err(|error| anyhow!("the tokenizer is not one: {error}"))?);
        let split = metadata.get("tokenizer.ggml.pre").and_then(|value| value.to_string().ok());
        let bytes = ByteLevel::new(false, true, true);
        let digits = split.is_some_and(|split| split.contains("smollm"));
        let steps: Vec<tokenizers::PreTokenizerWrapper> =
            if digits { vec![Digits::new(true).into(), bytes.into()] } else { vec![bytes.into()] };
        tokenizer.with_pre_tokenizer(Some(Steps::new(steps)));
        tokenizer.with_decoder(Some(ByteLevel::default()));
        let kinds = get("tokenizer.ggml.token_type")?.to_vec()?;
        let special = texts.iter().zip(kinds).filter(|(_, kind)| integer(kind) == Some(CONTROL));
        let special: Vec<AddedToken> = special.map(|(text, _)| AddedToken::from(text.clone(), true)).collect();
        tokenizer.add_special_tokens(special).map_err(|error| anyhow!("the tokenizer is not one: {error}"))?;
        let end = get("tokenizer.ggml.eos_token_id")?.to_u32()?;
        let template = get("tokenizer.chat_template")?.to_string()?.clone();
        Self::new(tokenizer, template, end)
    }

    fn new(tokenizer: Tokenizer, source: String, end_of_turn: u32) -> Result<Self> {
        let mut template = Environment::new();
        template.set_trim_blocks(true);
        template.set_lstrip_blocks(true);
        template.add_template_owned("chat", source).context("the chat template is not one")?;
        let end_of_turn_text =
            tokenizer.id_to_token(end_of_turn).context("the end-of-turn token is not in the vocabulary")?;
        Ok(Self { tokenizer, template, end_of_turn, end_of_turn_text })
    }

    /// The token with which every turn ends.
    pub fn end_of_turn(&self) -> u32 {
        self.end_of_turn
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

    /// One token's text; bytes that are no text by themselves become the replacement character.
    pub fn piece(&self, id: u32) -> String {
        self.tokenizer.decode(&[id], false).unwrap_or_default()
    }

    /// Tokens of a conversation up to where the assistant's answer begins, or goes on when the last message is to be
    /// continued.
    ///
    /// # Errors
    /// When the chat template refuses the conversation.
    pub fn prompt(&self, messages: &[Message], continues: bool) -> Result<Vec<u32>> {
        match messages.split_last() {
            Some((last, before)) if continues => {
                let start = self.render(before, true)?;
                self.encode(&(start + &last.content))
            }
            _ => self.encode(&self.render(messages, true)?),
        }
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
        let mut ids = self.encode(&self.render(before, true)?)?;
        let mut is_answer = vec![false; ids.len()];
        ids.extend(self.encode(&format!("{}{}", last.content, self.end_of_turn_text))?);
        is_answer.resize(ids.len(), true);
        Ok((ids, is_answer))
    }

    fn render(&self, messages: &[Message], opens: bool) -> Result<String> {
        let messages: Vec<_> = messages
            .iter()
            .map(|message| context! { role => message.role.as_str(), content => message.content.as_str() })
            .collect();
        let template = self.template.get_template("chat")?;
        let values = context! { messages, add_generation_prompt => opens, eos_token => self.end_of_turn_text.as_str(), bos_token => "" };
        template.render(values).context("the chat template refuses the conversation")
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.to_i32().map(i64::from).or_else(|_| value.to_u32().map(i64::from)).ok()
}
