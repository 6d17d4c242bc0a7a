//! The tokenizer in the metadata of a GGUF file.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow, bail};
use candle_core::quantized::gguf_file::Value;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence as Steps;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, PreTokenizerWrapper, Tokenizer};

use super::{Template, Tokens};

/// What a control token is in GGUF's list of token types.
const CONTROL: i64 = 3;
/// What a token of the user's is there: found in any text too, but no control token.
const USER_DEFINED: i64 = 4;
/// How Qwen2's tokenizer cuts texts, from its `tokenizer.json`.
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

type Metadata = HashMap<String, Value>;

impl Tokens {
    /// From the metadata of a GGUF file: byte-level BPE that cuts texts as GPT-2, SmolLM or Qwen2 do.
    ///
    /// # Errors
    /// When the metadata lack something or the tokenizer is of another kind.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let kind = get(metadata, "tokenizer.ggml.model")?.to_string()?;
        if kind != "gpt2" {
            bail!(
                "the tokenizer is of the kind {kind}; from a GGUF file only byte-level BPE (gpt2) can be read. Name the model's \
                 folder with safetensors files and tokenizer.json instead"
            );
        }
        let texts = words(metadata, "tokenizer.ggml.tokens")?;
        let mut tokenizer = Tokenizer::new(model(metadata, &texts)?);
        let cut =
            metadata.get("tokenizer.ggml.pre").map_or(Ok("gpt-2"), |value| value.to_string().map(String::as_str))?;
        tokenizer.with_pre_tokenizer(Some(Steps::new(steps(cut)?)));
        if cut == "qwen2" {
            let done = tokenizer.with_normalizer(Some(NFC));
            done.map_err(|error| anyhow!("the tokenizer is not one: {error}"))?;
        }
        tokenizer.with_decoder(Some(ByteLevel::default()));
        let kinds = get(metadata, "tokenizer.ggml.token_type")?.to_vec()?;
        for (wanted, special) in [(CONTROL, true), (USER_DEFINED, false)] {
            let added = texts.iter().zip(kinds).filter(|(_, kind)| integer(kind) == Some(wanted));
            let added: Vec<AddedToken> =
                added.map(|(text, _)| AddedToken::from(text.clone(), special).normalized(false)).collect();
            let done = if special { tokenizer.add_special_tokens(added) } else { tokenizer.add_tokens(added) };
            done.map_err(|error| anyhow!("the tokenizer is not one: {error}"))?;
        }
        let text = |key: &str| -> Result<String> {
            let id = get(metadata, key)?.to_u32()?;
            texts.get(id as usize).cloned().with_context(|| format!("{key} is {id}, of {} tokens", texts.len()))
        };
        let template = metadata.get("tokenizer.chat_template").context(
            "the file has no chat template (tokenizer.chat_template); a model that was tuned to conversations is needed",
        )?;
        let begin = metadata.contains_key("tokenizer.ggml.bos_token_id").then(|| text("tokenizer.ggml.bos_token_id"));
        Self::new(
            tokenizer,
            Template {
                source: template.to_string()?.clone(),
                end_of_turn: text("tokenizer.ggml.eos_token_id")?,
                begin: begin.transpose()?.unwrap_or_default(),
            },
        )
    }
}

fn get<'a>(metadata: &'a Metadata, key: &str) -> Result<&'a Value> {
    metadata.get(key).with_context(|| format!("the file has no {key}"))
}

fn words(metadata: &Metadata, key: &str) -> Result<Vec<String>> {
    get(metadata, key)?.to_vec()?.iter().map(|value| Ok(value.to_string()?.clone())).collect()
}

fn model(metadata: &Metadata, texts: &[String]) -> Result<BPE> {
    let pair = |line: &String| {
        let (left, right) = line.split_once(' ').with_context(|| format!("the merge {line:?} is none"))?;
        Ok((left.to_owned(), right.to_owned()))
    };
    let merges = words(metadata, "tokenizer.ggml.merges")?.iter().map(pair).collect::<Result<Vec<_>>>()?;
    let vocabulary = texts.iter().cloned().zip(0..).collect::<HashMap<String, u32>>();
    let model = BPE::builder().vocab_and_merges(vocabulary.into_iter().collect::<HashMap<_, _, _>>(), merges);
    model.build().map_err(|error| anyhow!("the tokenizer is not one: {error}"))
}

/// How texts are cut before anything is merged.
fn steps(cut: &str) -> Result<Vec<PreTokenizerWrapper>> {
    let bytes = |regex| ByteLevel::new(false, true, regex);
    match cut {
        "gpt-2" | "default" => Ok(vec![bytes(true).into()]),
        "smollm" => Ok(vec![Digits::new(true).into(), bytes(true).into()]),
        "qwen2" => {
            let pattern = SplitPattern::Regex(QWEN2.to_owned());
            let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
            let split = split.map_err(|error| anyhow!("the tokenizer is not one: {error}"))?;
            Ok(vec![split.into(), bytes(false).into()])
        }
        _ => bail!(
            "the tokenizer cuts texts by the way {cut}; from a GGUF file only gpt-2, smollm and qwen2 can be read. Name the model's \
             folder with safetensors files and tokenizer.json instead"
        ),
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.to_i32().map(i64::from).or_else(|_| value.to_u32().map(i64::from)).ok()
}
