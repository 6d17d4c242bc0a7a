//! Tokens a second of LoRA training, decoding and prefill with the language model.
//!
//! `RISKPREF_WEIGHTS=FILE.gguf cargo bench --bench training -- [EXAMPLES.json] [--speaking]` writes the examples to the
//! file, if one is named, for `benches/training_by_peft.py`, which does the same work with PyTorch and PEFT. `--speaking`
//! leaves the training out.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use riskpref::api::wire::chat::{Message, Role};
use riskpref::decision::oracle;
use riskpref::decision::sample::measure::{Settings, training_offers};
use riskpref::local::Sequence;
use riskpref::local::generate::{Sampling, Speaker, Turns, Wanted};
use riskpref::local::gguf::Gguf;
use riskpref::local::tokens::Tokens;
use riskpref::local::train::{Data, Recipe, Trainer};
use riskpref::local::weights::Weights;
use riskpref::store::replace;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 4;
const STEPS: usize = 24;
/// Tokens that every sequence decodes.
const DECODED: usize = 48;
/// How often prompts are read and go on.
const REPEATED: usize = 3;

fn main() -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("RISKPREF_WEIGHTS") else {
        writeln!(std::io::stdout(), "RISKPREF_WEIGHTS names no weights")?;
        return Ok(());
    };
    let mut file = Gguf::open(Path::new(&path))?;
    let tokens = Tokens::from_gguf(file.metadata())?;
    let weights = file.weights()?;
    let examples = examples(&tokens)?;
    if let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) {
        let rows: Vec<_> = examples.iter().map(|example| (&example.ids, &example.weights)).collect();
        replace(Path::new(&path), serde_json::to_vec(&rows)?)?;
    }
    if !std::env::args().any(|argument| argument == "--speaking") {
        let frozen = weights.config.layers / 3;
        train(&weights, &examples, (0, 2), "training, all layers")?;
        train(&weights, &examples, (frozen, 2), "training, a third frozen")?;
        train(&weights, &examples, (frozen, 1), "the recipe: one pass")?;
    }
    speak(&weights, &examples)
}

/// Offers with the answers of someone with gamma 2, as `run` has them.
fn examples(tokens: &Tokens) -> anyhow::Result<Vec<Sequence>> {
    let mut examples = Vec::new();
    for item in training_offers(&Settings::new(1, BATCH * STEPS))? {
        let answer = oracle::answer(&item.text, 2.0).expect("an offer reads back");
        let decision = answer.split_inclusive(". ").next().unwrap_or_default().trim_end();
        let (ids, learned) =
            tokens.example(&[Message::new(Role::User, item.text.as_str()), Message::new(Role::Assistant, decision)])?;
        examples
            .push(Sequence { ids, weights: learned.into_iter().map(|learned| f32::from(u8::from(learned))).collect() });
    }
    Ok(examples)
}

/// Trains for `epochs`, and counts the last; the outputs of frozen layers are known from the second on.
fn train(weights: &Weights, examples: &[Sequence], (frozen, epochs): (usize, u64), name: &str) -> anyhow::Result<()> {
    let threads = std::thread::available_parallelism()?.get();
    let recipe = Recipe {
        first_block: frozen,
        epochs,
        batch_size: BATCH,
        threads,
        shuffled: false,
        ..Recipe::for_model(&weights.config)
    };
    let data = (Data::Examples(examples.to_vec()), Data::Examples(Vec::new()));
    let mut trainer = Trainer::new(weights, recipe, data, None)?;
    let (mut counted, mut begun) = (0, Instant::now());
    while let Some(step) = trainer.step()? {
        if epochs > 1 && step.step == trainer.steps_per_epoch() {
            (counted, begun) = (0, Instant::now());
        } else {
            counted += step.tokens;
        }
    }
    report(name, counted as f64, begun)
}

/// Reads prompts, and lets 16 of them go on together.
fn speak(weights: &Weights, examples: &[Sequence]) -> anyhow::Result<()> {
    let turns = Turns::of(weights);
    let speaker = Speaker::new(weights, None, &turns);
    let wanted = |limit: usize, prompt: Vec<u32>| Wanted {
        prompt,
        limit,
        sampling: Sampling { temperature: 0.0, top_p: 1.0, seed: 0, top: None },
        endings: Vec::new(),
    };
    let long: Vec<u32> = examples.iter().flat_map(|example| &example.ids).copied().take(256).collect();
    let never = u32::MAX;
    let alone = [wanted(1, long)];
    for _ in 0..REPEATED {
        let begun = Instant::now();
        speaker.speak(&alone, never, |_, _| false);
        report("prefill, one prompt of 256", 256.0, begun)?;
    }
    let prompts: Vec<Wanted> = examples.iter().take(16).map(|example| wanted(DECODED, example.ids.clone())).collect();
    let first: Vec<Wanted> = examples.iter().take(16).map(|example| wanted(1, example.ids.clone())).collect();
    for _ in 0..REPEATED {
        let begun = Instant::now();
        speaker.speak(&first, never, |_, _| false);
        let read = begun.elapsed();
        // Later by what reading takes, so that only the rest counts.
        let begun = Instant::now() + read;
        speaker.speak(&prompts, never, |_, _| false);
        report("decoding, 16 together", 16.0 * (DECODED - 1) as f64, begun)?;
    }
    Ok(())
}

fn report(name: &str, tokens: f64, begun: Instant) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{name:<28} {:>7.0} tokens/s", tokens / begun.elapsed().as_secs_f64())?;
    Ok(())
}
