//! Decisions in free text, as real models write it: Markdown, LaTeX, working, and a conclusion somewhere.
//!
//! Invariant: a decision is read only from a sentence that concludes, and only if all concluding sentences of the text's
//! conclusion say the same. What refuses, breaks off, hedges or contradicts itself is not a decision.

mod amount;
mod option;
mod plain;
mod token;

use std::fmt;

use self::amount::Stated;
use self::plain::Line;
use self::token::Token;
use super::problem::{Decision, Problem};

/// Why no decision was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The text declines to decide.
    Refused,
    /// The text breaks off.
    Truncated,
    /// No sentence states a decision, or several state different ones.
    Unclear,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Truncated => "breaks off",
            Self::Unclear => "unclear",
        })
    }
}

/// Words with which a conclusion begins, in headings and sentences.
const CONCLUDING: &[&str] = &[
    "conclusion",
    "conclude",
    "final",
    "finally",
    "answer",
    "decision",
    "recommendation",
    "recommend",
    "choice",
    "optimal",
    "therefore",
    "thus",
    "hence",
    "so,",
    "overall",
    "summary",
    "based on",
    "result",
    "consequently",
    "given",
];
/// Beginnings of sentences that weigh cases instead of deciding.
const HYPOTHETICAL: &[&str] = &[
    "if ",
    "when ",
    "suppose",
    "assum",
    "let ",
    "for example",
    "e.g.",
    "case ",
    "compare",
    "option comparison",
    "consider",
    "imagine",
    "even if",
    "unless",
    "however, if",
    "expected",
];
/// Words of refusals.
const REFUSING: &[&str] = &[
    "can not answer",
    "can not provide",
    "can not give",
    "can not help",
    "can not assist",
    "can not advise",
    "unable to",
    "i am sorry",
    "as an ai",
];
/// Paragraphs at the end that stand for the conclusion where none is marked.
const LAST_PARAGRAPHS: usize = 2;

/// What one sentence states.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Statement {
    Option(usize),
    Amount(Stated),
}

/// Reads the decision that a text comes to.
///
/// # Errors
/// [`Unread`] when it comes to none that can be read surely.
pub(super) fn decision(problem: &Problem, text: &str) -> Result<Decision, Unread> {
    let lines = plain::lines(text);
    let mut statements = Vec::new();
    let mut ends_in_statement = false;
    let mut announced = false;
    for line in &lines[conclusion(&lines)..] {
        let before = statements.len();
        let announces = |sentence: &str| announced || announcement(sentence);
        let state = |sentence| statement(problem, sentence, announces(sentence));
        statements.extend(token::sentences(&line.text).filter_map(state));
        ends_in_statement = statements.len() > before;
        announced = line.heading && announcement(&line.text);
    }
    if breaks_off(text) && !ends_in_statement {
        return Err(Unread::Truncated);
    }
    agreed(problem, &statements).ok_or_else(|| unread(&lines, statements.is_empty()))
}

fn unread(lines: &[Line], says_nothing: bool) -> Unread {
    let refuses = |line: &Line| REFUSING.iter().any(|words| line.text.contains(words));
    if says_nothing && lines.iter().any(refuses) { Unread::Refused } else { Unread::Unclear }
}

/// Whether a text ends within a sentence.
fn breaks_off(text: &str) -> bool {
    text.trim_end()
        .chars()
        .next_back()
        .is_some_and(|last| last.is_alphanumeric() || matches!(last, ',' | '=' | '+' | '('))
}

/// The first line of the conclusion: the last heading that announces one, else the last line that begins like one, else the
/// last paragraphs.
fn conclusion(lines: &[Line]) -> usize {
    let concludes = |line: &Line| CONCLUDING.iter().any(|words| line.text.contains(words));
    let begins = |line: &&Line| CONCLUDING.iter().any(|words| line.text.starts_with(words));
    let heading = lines.iter().rposition(|line| line.heading && concludes(line));
    let sentence = lines.iter().rev().find(begins).map(|line| line.paragraph);
    let last = lines.last().map_or(0, |line| line.paragraph);
    let tail = sentence.unwrap_or(last).min((last + 1).saturating_sub(LAST_PARAGRAPHS));
    let of_paragraph = |paragraph: usize| lines.iter().position(|line| line.paragraph >= paragraph).unwrap_or(0);
    match heading {
        Some(heading) => heading,
        None => of_paragraph(tail),
    }
}

/// Whether words announce a decision.
fn announcement(text: &str) -> bool {
    CONCLUDING.iter().any(|words| text.starts_with(words))
}

fn statement(problem: &Problem, sentence: &str, announced: bool) -> Option<Statement> {
    let sentence = sentence.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '$' | '€' | '£'));
    if HYPOTHETICAL.iter().any(|words| sentence.starts_with(words)) || sentence.contains("∎") || sentence.ends_with('?')
    {
        return None;
    }
    let tokens: Vec<Token<'_>> = token::tokens(sentence);
    match problem {
        Problem::Choice(choice) => option::stated(choice, &tokens, announced).map(Statement::Option),
        _ => amount::stated(problem, &tokens).map(Statement::Amount),
    }
}

/// The decision that all statements make.
fn agreed(problem: &Problem, statements: &[Statement]) -> Option<Decision> {
    let sharpest = statements.iter().copied().min_by(|one, other| one.slack().total_cmp(&other.slack()))?;
    if !statements.iter().all(|other| other.agrees(sharpest)) {
        return None;
    }
    let decision = match sharpest {
        Statement::Option(option) => Decision::Option(option),
        Statement::Amount(stated) => Decision::Amount(stated.amount),
    };
    problem.allows(&decision).then_some(decision)
}

impl Statement {
    fn slack(self) -> f64 {
        match self {
            Self::Option(_) => 0.0,
            Self::Amount(stated) => stated.slack,
        }
    }

    fn agrees(self, other: Self) -> bool {
        match (self, other) {
            (Self::Amount(one), Self::Amount(other)) => one.agrees(other),
            (one, other) => one == other,
        }
    }
}

#[cfg(test)]
mod tests;
