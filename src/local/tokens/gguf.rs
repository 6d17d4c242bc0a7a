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

use super::pieces::Pieces;
use super::{Template, Tokens};

/// What the token for what no other one can write is in GGUF's list of token types.
const UNKNOWN: i64 = 2;
/// What a control token is there.
const CONTROL: i64 = 3;
/// What a token of the user's is there: found in any text too, but no control token.
const USER_DEFINED: i64 = 4;
/// How Qwen2's tokenizer cuts texts, from its `tokenizer.json`.
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

type Metadata = HashMap<String, Value>;

impl Tokens {
    /// From the metadata of a GGUF file: byte-level BPE that cuts texts as GPT-2, SmolLM or Qwen2 do, or SentencePiece's BPE.
    /// As with `transformers`, a conversation begins with the token for that only where the chat template writes it.
    ///
    /// # Errors
    /// When the metadata lack something or the tokenizer is of another kind.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let texts = words(metadata, "tokenizer.ggml.tokens")?;
        let mut tokenizer = match get(metadata, "tokenizer.ggml.model")?.to_string()?.as_str() {
            "gpt2" => byte_level(metadata, &texts)?,
            "llama" => sentence_piece(metadata, &texts)?,
            kind => bail!(
                "the tokenizer is of the kind {kind}; from a GGUF file only byte-level BPE (gpt2) and SentencePiece's (llama) can \
                 be read. Name the model's folder with safetensors files and tokenizer.json instead"
            ),
        };
        let kinds = get(metadata, "tokenizer.ggml.token_type")?.to_vec()?;
        for (wanted, special) in [(CONTROL, true), (UNKNOWN, true), (USER_DEFINED, false)] {
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

fn sentence_piece(metadata: &Metadata, texts: &[String]) -> Result<Tokenizer> {
    let scores = get(metadata, "tokenizer.ggml.scores")?.to_vec()?;
    let scores = scores.iter().map(Value::to_f32).collect::<Result<Vec<f32>, _>>()?;
    let unknown = metadata.get("tokenizer.ggml.unknown_token_id").map_or(Ok(0), Value::to_u32)?;
    let unknown = texts.get(unknown as usize).map(String::as_str);
    let spaced = metadata.get("tokenizer.ggml.add_space_prefix").map_or(Ok(true), Value::to_bool)?;
    Pieces { texts, scores: &scores, unknown, spaced }.tokenizer()
}

fn byte_level(metadata: &Metadata, texts: &[String]) -> Result<Tokenizer> {
    let mut tokenizer = Tokenizer::new(model(metadata, texts)?);
    let cut = metadata.get("tokenizer.ggml.pre").map_or(Ok("gpt-2"), |value| value.to_string().map(String::as_str))?;
    tokenizer.with_pre_tokenizer(Some(Steps::new(steps(cut)?)));
    if cut == "qwen2" {
        let done = tokenizer.with_normalizer(Some(NFC));
        done.map_err(|error| anyhow!("the tokenizer is not one: {error}"))?;
    }
    tokenizer.with_decoder(Some(ByteLevel::default()));
    Ok(tokenizer)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Metadata {
        let texts = ["<unk>", "<s>", "</s>", "<0x0A>", "\u{2581}", "a", "b", "\u{2581}a", "ab"];
        let scores = [0.0, 0.0, 0.0, 0.0, -4.0, -5.0, -6.0, -1.0, -2.0];
        let kinds = [2, 3, 3, 6, 1, 1, 1, 1, 1];
        let text = |text: &str| Value::String(text.to_owned());
        HashMap::from([
            ("tokenizer.ggml.model".to_owned(), text("llama")),
            ("tokenizer.ggml.tokens".to_owned(), Value::Array(texts.map(text).into())),
            ("tokenizer.ggml.scores".to_owned(), Value::Array(scores.map(Value::F32).into())),
            ("tokenizer.ggml.token_type".to_owned(), Value::Array(kinds.map(Value::I32).into())),
            ("tokenizer.ggml.bos_token_id".to_owned(), Value::U32(1)),
            ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(2)),
            ("tokenizer.chat_template".to_owned(), text("{{ messages[0].content }}")),
        ])
    }

    #[test]
    fn pieces_with_scores_are_read_with_a_space_behind_special_tokens() {
        let tokens = Tokens::from_gguf(&metadata()).unwrap();
        assert_eq!(tokens.encode("ab</s>a\nab").unwrap(), [7, 6, 2, 7, 3, 8]);
        assert_eq!(tokens.decode(&[7, 6, 2, 7, 0]).unwrap(), "ab a");
        assert_eq!([tokens.piece(7), tokens.piece(8), tokens.piece(3)], [" a", "ab", "\n"]);
        assert_eq!(tokens.end_of_turn(), 2);
        let mut plain = metadata();
        plain.insert("tokenizer.ggml.add_space_prefix".to_owned(), Value::Bool(false));
        assert_eq!(Tokens::from_gguf(&plain).unwrap().encode("ab</s>a").unwrap(), [8, 2, 5]);
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_named() {
        let error = |change: &dyn Fn(&mut Metadata)| {
            let mut metadata = metadata();
            change(&mut metadata);
            Tokens::from_gguf(&metadata).map(|_| ()).unwrap_err().to_string()
        };
        let missing = error(&|metadata| drop(metadata.remove("tokenizer.ggml.scores")));
        assert_eq!(missing, "the file has no tokenizer.ggml.scores");
        let kind = Value::String("bert".to_owned());
        let other = error(&|metadata| drop(metadata.insert("tokenizer.ggml.model".to_owned(), kind.clone())));
        assert!(other.starts_with("the tokenizer is of the kind bert; from a GGUF file only"), "{other}");
    }
}
