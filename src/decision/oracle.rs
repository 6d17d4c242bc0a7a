//! The oracle: the exact answer to a question, in words, and an answer that is wrong for one and right for another.

use sha2::{Digest, Sha256};

use super::optimum::optimum;
use super::{Decision, Problem, phrase, read};

/// What someone with CRRA coefficient `gamma` answers to `question`, in one of the answer phrasings (always the same one
/// for the same question); none when the question's wealth, probabilities and payoffs cannot be read.
#[must_use]
pub fn answer(question: &str, gamma: f64) -> Option<String> {
    let asked = read::question(question)?;
    let decision = optimum(&asked.problem, gamma).decision().rounded(&asked.problem);
    Some(asked.answer(&decision, chosen(question, asked.answers())))
}

/// As [`answer`], to a text of which the valid `problem` is known, in dollars and with options A, B ...
#[must_use]
pub fn answer_to(problem: &Problem, question: &str, gamma: f64) -> String {
    let decision = optimum(problem, gamma).decision().rounded(problem);
    phrase::answer(problem, &decision, chosen(question, phrase::answer_phrasings(problem)))
}

/// A worse answer to set against a better one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contrary {
    /// The answer, in the oracle's words for this question.
    Answer(String),
    /// Every other coefficient decides alike.
    Agreed,
    /// The given answer is not right for its own coefficient.
    Wrong,
    /// The question or the given answer cannot be read.
    Unread,
}

/// What to set against `answer`, which is right for someone with coefficient `gamma`: the best answer of one of the
/// `others` to whom it would be wrong, and whose own is wrong for `gamma`. Where several differ, the question's text
/// chooses among them.
#[must_use]
pub fn contrary(question: &str, answer: &str, gamma: f64, others: &[f64]) -> Contrary {
    let Some(asked) = read::question(question) else { return Contrary::Unread };
    let problem = &asked.problem;
    let Some(given) = read::decision(problem, answer) else { return Contrary::Unread };
    let own = optimum(problem, gamma);
    if !own.accepts(&given) {
        return Contrary::Wrong;
    }
    let mut contraries: Vec<Decision> = Vec::new();
    for best in others.iter().map(|&other| optimum(problem, other)).filter(|best| !best.accepts(&given)) {
        let decision = best.decision().rounded(problem);
        if !own.accepts(&decision) && !contraries.contains(&decision) {
            contraries.push(decision);
        }
    }
    if contraries.is_empty() {
        return Contrary::Agreed;
    }
    // Another byte than the one that chooses the phrasing.
    let decision = &contraries[usize::from(Sha256::digest(question)[1]) % contraries.len()];
    Contrary::Answer(asked.answer(decision, chosen(question, asked.answers())))
}

/// One of so many phrasings, the same for the same question.
fn chosen(question: &str, phrasings: usize) -> usize {
    usize::from(Sha256::digest(question)[0]) % phrasings
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const GAMMAS: [f64; 4] = [2.0, 1.0, 0.0, -1.0];

    #[test]
    fn a_contrary_answer_is_wrong_for_one_and_right_for_another() {
        let (mut pairs, mut agreed) = (0, 0);
        for question in sample::training_set(5, 60) {
            let problem = read::problem(&question).unwrap();
            for gamma in GAMMAS {
                let right = answer(&question, gamma).unwrap();
                match contrary(&question, &right, gamma, &GAMMAS) {
                    Contrary::Answer(wrong) => {
                        let decision = read::decision(&problem, &wrong).unwrap();
                        assert!(!optimum(&problem, gamma).accepts(&decision), "{question} {wrong}");
                        assert!(GAMMAS.iter().any(|&other| optimum(&problem, other).accepts(&decision)), "{wrong}");
                        pairs += 1;
                    }
                    Contrary::Agreed => {
                        let given = read::decision(&problem, &right).unwrap();
                        let alike = |&other: &f64| optimum(&problem, other).accepts(&given);
                        assert!(GAMMAS.iter().all(alike), "{question}");
                        agreed += 1;
                    }
                    other => panic!("{other:?}: {question} {right}"),
                }
            }
        }
        assert!(pairs > 0 && agreed > 0, "{pairs} pairs, {agreed} agreed");
    }

    #[test]
    fn nothing_is_set_against_what_is_wrong_or_unread() {
        let question = &sample::training_set(5, 60).into_iter().find(|question| {
            let gammas = GAMMAS.map(|gamma| answer(question, gamma).unwrap());
            gammas[0] != gammas[3]
        });
        let question = question.as_ref().unwrap();
        let loving = answer(question, -1.0).unwrap();
        assert_eq!(contrary(question, &loving, 2.0, &GAMMAS), Contrary::Wrong);
        assert_eq!(contrary(question, "It depends.", 2.0, &GAMMAS), Contrary::Unread);
        assert_eq!(contrary("Who wrote Faust?", "Goethe.", 2.0, &GAMMAS), Contrary::Unread);
        let right = answer(question, 2.0).unwrap();
        assert_eq!(contrary(question, &right, 2.0, &[]), Contrary::Agreed);
    }
}
