//! What `run` has the embedded language model learn and asks it: brief offers, few enough for a laptop's processor.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::cli::{Engine, RunArgs, TrainingArgs};
use crate::command::inputs;
use crate::command::questions::carrying;
use crate::decision::forced::Forced;
use crate::decision::sample::measure::{Item, Settings, offers, training_offers};
use crate::record::Question;
use crate::store::{Faults, replace};

/// Training questions, and items of the test set, which are asked in both orders.
const USUAL: [usize; 2] = [1600, 100];
/// The same for a first look.
const QUICK: [usize; 2] = [800, 40];
/// Seed of the test set, whatever the run's own seed is; all of the recipe but its warm-up was chosen by other questions.
const TEST_SEED: u64 = 42;
/// How it is trained where nothing else is said: one pass over questions that are all different, in their own order, and
/// of the answers only the decision. At the full rate too soon it can end at one answer to everything.
const RECIPE: [Setting; 3] =
    [("answer_sentences", || json!(1)), ("shuffle", || json!(false)), ("warmup_ratio", || json!(0.25))];
/// A hyperparameter and its value.
type Setting = (&'static str, fn() -> Value);
const LEARNING_RATE: f64 = 1e-3;
const BATCH_SIZE: u32 = 4;

/// The files of a run, below its folder.
pub(super) struct Lesson {
    folder: PathBuf,
    evals_dir: Option<PathBuf>,
}

impl Lesson {
    /// Writes the questions of a run with the embedded language model; none for other models.
    ///
    /// # Errors
    /// When a question file cannot be read or has no choices.
    pub(super) fn of(args: &RunArgs) -> Result<Option<Self>> {
        if args.model.is_some() || args.engine != Engine::Lm {
            return Ok(None);
        }
        let [usual, items] = if args.quick { QUICK } else { USUAL };
        let lesson = Self { folder: args.output_dir.join("questions"), evals_dir: args.evals_dir.clone() };
        let size = args.training_size.map_or(usual, |size| size as usize);
        let lessons = match &args.questions {
            Some(path) => choices(path)?.into_iter().take(size).collect(),
            None => made(training_offers(&Settings::new(u64::from(args.api.seed), size))?),
        };
        write(&lessons, &lesson.questions())?;
        if lesson.evals_dir.is_none() {
            let test = made(offers(&Settings::new(TEST_SEED, items))?);
            let asked = args.sample_size.unwrap_or(test.len()).min(test.len());
            write(&test[..asked], &lesson.evals_dir().join("questions_offers.jsonl"))?;
        }
        Ok(Some(lesson))
    }

    pub(super) fn questions(&self) -> PathBuf {
        self.folder.join("training.jsonl")
    }

    pub(super) fn evals_dir(&self) -> PathBuf {
        self.evals_dir.clone().unwrap_or_else(|| self.folder.join("test"))
    }

    /// The recipe, with whatever was said on the command line.
    #[expect(clippy::unused_self, reason = "only a run that has a lesson has this recipe")]
    pub(super) fn training(&self, args: &RunArgs) -> TrainingArgs {
        let mut training = args.training.clone();
        for (name, value) in RECIPE {
            if !training.hyperparameters.iter().any(|(given, _)| given == name) {
                training.hyperparameters.push((name.to_owned(), value()));
            }
        }
        training.learning_rate = training.learning_rate.or(Some(LEARNING_RATE));
        training.epochs = training.epochs.or(Some(1));
        training.training_batch_size = training.training_batch_size.or(Some(BATCH_SIZE));
        training
    }
}

fn made(items: Vec<Item>) -> Vec<Question> {
    items.into_iter().map(carrying).collect()
}

/// The questions of a file that ask for one of several options.
fn choices(path: &Path) -> Result<Vec<Question>> {
    let all = inputs::questions(path, None, &mut Faults::new(false))?;
    let choices: Vec<Question> = all.into_iter().filter(|question| Forced::of(&question.text).is_some()).collect();
    match choices.len() {
        0 => bail!("{} asks for no choices between options, which is what the language model learns", path.display()),
        _ => Ok(choices),
    }
}

fn write(questions: &[Question], path: &Path) -> Result<()> {
    replace(path, questions.iter().map(|question| question.to_json() + "\n").collect::<String>())?;
    Ok(())
}
