//! What `run` has the embedded language model learn and asks it: choices, few enough for a laptop's processor.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::json;

use crate::cli::{Engine, RunArgs, TrainingArgs};
use crate::command::inputs;
use crate::decision::forced::Forced;
use crate::record::Question;
use crate::store::{Faults, replace};

/// Training questions, and items of the test set, which are asked in both orders.
const USUAL: [usize; 2] = [160, 40];
/// The same for a first look.
const QUICK: [usize; 2] = [48, 15];
/// The test set, unless another folder is given.
const CHOICES: &str = "evals/measurement/questions_choices.jsonl";
/// How it is trained where nothing else is said: the decision is learned, not the sums behind it, in the upper blocks.
const RECIPE: [(&str, f64); 2] = [("answer_sentences", 1.0), ("frozen_share", 0.5)];

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
        write(&choices(&args.questions)?, size, &lesson.questions())?;
        if lesson.evals_dir.is_none() {
            let asked = args.sample_size.unwrap_or(2 * items);
            write(&choices(Path::new(CHOICES))?, asked, &lesson.evals_dir().join("questions_choices.jsonl"))?;
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
                let value = if value.fract() == 0.0 { json!(value as u64) } else { json!(value) };
                training.hyperparameters.push((name.to_owned(), value));
            }
        }
        if args.quick && training.epochs.is_none() {
            training.epochs = Some(2);
        }
        training
    }
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

fn write(questions: &[Question], count: usize, path: &Path) -> Result<()> {
    replace(path, questions.iter().take(count).map(|question| question.to_json() + "\n").collect::<String>())?;
    Ok(())
}
