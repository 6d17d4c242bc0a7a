//! A SentencePiece vocabulary, as GGUF files of Llama 2 or TinyLlama have it: pieces with scores instead of a list of merges.
//!
//! SentencePiece joins the neighbours whose piece has the highest score, again and again. Every way to put a piece together
//! from two others, by falling score, is the list of merges that does the same (`transformers` converts it so as well).

use std::collections::HashMap;

use anyhow::{Result, anyhow, bail, ensure};
use tokenizers::decoders::byte_fallback::ByteFallback;
use tokenizers::decoders::fuse::Fuse;
use tokenizers::decoders::sequence::Sequence as Decoders;
use tokenizers::decoders::strip::Strip;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::{Prepend, Replace, Sequence as Normalizers};
use tokenizers::{DecoderWrapper, NormalizerWrapper, Tokenizer};

/// What stands for a space.
const SPACE: &str = "\u{2581}";

/// Pieces by their numbers, with what is known of them.
pub(super) struct Pieces<'a> {
    pub(super) texts: &'a [String],
    /// One each.
    pub(super) scores: &'a [f32],
    /// The piece for what no other one can write.
    pub(super) unknown: Option<&'a str>,
    /// Whether a text begins as if a space were before it.
    pub(super) spaced: bool,
}

impl Pieces<'_> {
    /// A tokenizer that writes characters that are no piece as bytes, such as `<0x0A>`.
    ///
    /// # Errors
    /// When scores are missing or no numbers.
    pub(super) fn tokenizer(&self) -> Result<Tokenizer> {
        let (pieces, scores) = (self.texts.len(), self.scores.len());
        ensure!(pieces == scores, "the tokenizer has {pieces} tokens and {scores} scores");
        let vocabulary: HashMap<&str, u32> = self.texts.iter().map(String::as_str).zip(0..).collect();
        let owned = vocabulary.iter().map(|(text, id)| ((*text).to_owned(), *id));
        let mut model = BPE::builder()
            .vocab_and_merges(owned.collect::<HashMap<_, _, _>>(), self.merges(&vocabulary)?)
            .byte_fallback(true)
            .fuse_unk(true);
        if let Some(unknown) = self.unknown {
            model = model.unk_token(unknown.to_owned());
        }
        let mut tokenizer = Tokenizer::new(model.build().map_err(odd)?);
        let mut normalizers: Vec<NormalizerWrapper> = Vec::new();
        let mut decoders: Vec<DecoderWrapper> =
            vec![Replace::new(SPACE, " ").map_err(odd)?.into(), ByteFallback::new().into(), Fuse::new().into()];
        if self.spaced {
            normalizers.push(Prepend::new(SPACE.to_owned()).into());
            decoders.push(Strip::new(' ', 1, 0).into());
        }
        normalizers.push(Replace::new(" ", SPACE).map_err(odd)?.into());
        tokenizer.with_normalizer(Some(Normalizers::new(normalizers))).map_err(odd)?;
        tokenizer.with_decoder(Some(Decoders::new(decoders)));
        Ok(tokenizer)
    }

    /// Pairs of pieces that make another piece, highest score first.
    fn merges(&self, vocabulary: &HashMap<&str, u32>) -> Result<Vec<(String, String)>> {
        if let Some(at) = self.scores.iter().position(|score| score.is_nan()) {
            bail!("the score of token {at} is not a number");
        }
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        order.sort_by(|one, other| self.scores[*other].total_cmp(&self.scores[*one]));
        let pairs = order.into_iter().flat_map(|index| {
            let text = &self.texts[index][..];
            let places = text.char_indices().skip(1).map(move |(place, _)| text.split_at(place));
            places.filter(|(left, right)| vocabulary.contains_key(left) && vocabulary.contains_key(right))
        });
        Ok(pairs.map(|(left, right)| (left.to_owned(), right.to_owned())).collect())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn odd(error: tokenizers::Error) -> anyhow::Error {
    anyhow!("the tokenizer is not one: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(texts: &[&str], scores: &[f32], spaced: bool, text: &str) -> Vec<String> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let pieces = Pieces { texts: &texts, scores, unknown: Some("<unk>"), spaced };
        let tokenizer = pieces.tokenizer().unwrap();
        let encoded = tokenizer.encode_fast(text, false).unwrap();
        if encoded.get_ids().iter().all(|id| *id != 0) {
            assert_eq!(tokenizer.decode(encoded.get_ids(), true).unwrap(), text);
        }
        encoded.get_ids().iter().map(|id| texts[*id as usize].clone()).collect()
    }

    #[test]
    fn neighbours_with_the_highest_score_are_joined_first() {
        let texts = ["<unk>", "<0x0A>", "\u{2581}", "a", "b", "c", "ab", "bc", "\u{2581}a", "abc"];
        let scores = [0.0, 0.0, -9.0, -6.0, -7.0, -8.0, -2.0, -1.0, -3.0, -4.0];
        // "bc" before "ab"; then "▁a" before "abc", which would need "a" beside "bc".
        assert_eq!(split(&texts, &scores, true, "abc"), ["\u{2581}a", "bc"]);
        assert_eq!(split(&texts, &scores, false, "abc"), ["abc"]);
        assert_eq!(split(&texts, &scores, true, "ab a\nb"), ["\u{2581}", "ab", "\u{2581}a", "<0x0A>", "b"]);
        assert_eq!(split(&texts, &scores, false, "a??b"), ["a", "<unk>", "b"]);
    }

    #[test]
    fn odd_scores_are_refused() {
        let texts = ["a".to_owned(), "b".to_owned()];
        let with = |scores| Pieces { texts: &texts, scores, unknown: None, spaced: false }.tokenizer().map(|_| ());
        assert_eq!(with(&[1.0]).unwrap_err().to_string(), "the tokenizer has 2 tokens and 1 scores");
        assert_eq!(with(&[1.0, f32::NAN]).unwrap_err().to_string(), "the score of token 1 is not a number");
    }
}
