//! With the weights of the default model, where they are: `RISKPREF_WEIGHTS` (a GGUF file, or a folder with the same numbers), or
//! the cache; and with the tiny models of `tests/fixtures/tiny`, which are random.

use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::api::wire::chat::Message;
use crate::local::generate::Speaker;

fn loaded() -> Option<Arc<Loaded>> {
    let named = std::env::var("RISKPREF_WEIGHTS").ok().map(PathBuf::from);
    let path = named.or_else(|| fetch::cached().ok()).filter(|path| path.exists())?;
    Some(LanguageModel::found(Some(path), |_| {}).loaded().unwrap())
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn json(path: &std::path::Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Reference values of transformers: tokens of prompts, the five largest logits, and what is said greedily.
fn agrees(loaded: &Loaded, cases: &Value, limit: usize) {
    let cases = cases.as_array().unwrap();
    let ids = |case: &Value, name: &str| -> Vec<u32> {
        case[name].as_array().unwrap().iter().map(|id| u32::try_from(id.as_u64().unwrap()).unwrap()).collect()
    };
    let sampling = Sampling { temperature: 0.0, top_p: 1.0, seed: 0, top: Some(5) };
    let prompt = |case: &Value| {
        let found = loaded.tokens.prompt(&[Message::user(case["prompt"].as_str().unwrap())], false).unwrap();
        assert_eq!(found, ids(case, "ids"), "{}", case["prompt"]);
        found
    };
    let wanted: Vec<Wanted> =
        cases.iter().map(|case| Wanted { prompt: prompt(case), limit, sampling, endings: Vec::new() }).collect();
    let speaker = Speaker::new(&loaded.weights, None, &loaded.turns);
    for (case, said) in cases.iter().zip(speaker.speak(&wanted, loaded.tokens.end_of_turn(), |_, _| false)) {
        let tokens: Vec<u32> = said.tokens.iter().map(|chosen| chosen.token).collect();
        let mut expected = ids(case, "greedy");
        expected.retain(|id| *id != loaded.tokens.end_of_turn());
        assert_eq!(tokens, expected, "{}", case["prompt"]);
        let top = &said.tokens[0].top;
        for (found, expected) in top.iter().zip(case["top"].as_array().unwrap()) {
            assert_eq!(u64::from(found.0), expected[0].as_u64().unwrap());
            let [gap, wanted] =
                [found.1 - top[0].1, expected[1].as_f64().unwrap() - case["top"][0][1].as_f64().unwrap()];
            assert!((gap - wanted).abs() < 5e-5, "{gap} for {wanted}: {}", case["prompt"]);
        }
    }
}

/// `tests/fixtures/smollm2.py` made the values with transformers 5.23 and torch 2.15 in f32 from the same file.
#[test]
fn tokens_logits_and_greedy_words_are_those_of_transformers() {
    let Some(loaded) = loaded() else { return };
    agrees(&loaded, &json(&fixture("smollm2.json")), 32);
}

/// `tests/fixtures/tiny.py` made models and values, with transformers 5.24 and torch 2.15.
#[test]
fn so_are_those_of_both_families_and_both_kinds_of_files() {
    let expected = json(&fixture("tiny/expected.json"));
    for name in ["llama", "llama/model.safetensors", "llama.gguf", "qwen2", "qwen2.gguf"] {
        let loaded = LanguageModel::found(Some(fixture("tiny").join(name)), |_| {}).loaded().unwrap();
        let family = name.split(['.', '/']).next().unwrap();
        agrees(&loaded, &expected[family], 24);
        assert_eq!(loaded.weights.blocks[0].bias.is_some(), family == "qwen2");
        assert_eq!(loaded.weights.head.is_some(), family == "llama");
    }
}

#[test]
fn the_end_of_turn_and_only_the_answer_are_learned() {
    let Some(loaded) = loaded() else { return };
    let messages = [Message::user("Which one?"), Message::assistant("I choose option B. It is 10.")];
    let (ids, is_answer) = loaded.tokens.example(&messages).unwrap();
    let answer: Vec<u32> = ids.iter().zip(&is_answer).filter(|(_, answer)| **answer).map(|(id, _)| *id).collect();
    assert_eq!(answer.last(), Some(&loaded.tokens.end_of_turn()));
    assert_eq!(loaded.tokens.decode(&answer).unwrap(), "I choose option B. It is 10.");
    assert!(!is_answer[0]);
}
