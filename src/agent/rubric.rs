//! Judging: recognises a rubric prompt and scores risk_seeking from the decision that the response states.
//!
//! Invariant: a score is given only for a decision that was read; anything else is refused in words, so that no reader
//! of scores can take it for one.

use super::Reply;
use crate::decision::{self, read};

/// The one metric that a decision determines.
const METRIC: &str = "risk_seeking";

/// A judge's prompt, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prompt<'a> {
    metric: &'a str,
    question: &'a str,
    response: &'a str,
}

/// Reads a prompt with a line `Rubric: METRIC`, a later line `Question:` and the question below it, then a line
/// `Response:` and the response below it to the end (but for a closing line `Score:`). None for any other text.
pub(super) fn read(text: &str) -> Option<Prompt<'_>> {
    let mut rest = text;
    let metric = loop {
        let (line, after) = next_line(rest)?;
        rest = after;
        if let Some(metric) = line.strip_prefix("Rubric: ") {
            break metric.trim();
        }
    };
    let (_, after_question) = split_at_line(rest, "Question:")?;
    let (question, response) = split_at_line(after_question, "Response:")?;
    Some(Prompt { metric, question: question.trim(), response: without_closing_line(response).trim() })
}

/// The first line without its end, and what follows; none if nothing is left.
fn next_line(text: &str) -> Option<(&str, &str)> {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (!text.is_empty()).then(|| (line.trim_end_matches('\r'), rest))
}

/// The text before and after the first line that is exactly `marker`.
fn split_at_line<'a>(text: &'a str, marker: &str) -> Option<(&'a str, &'a str)> {
    let mut rest = text;
    while let Some((line, after)) = next_line(rest) {
        if line == marker {
            return Some((&text[..text.len() - rest.len()], after));
        }
        rest = after;
    }
    None
}

fn without_closing_line(response: &str) -> &str {
    let end = response.trim_end();
    end.strip_suffix("Score:").filter(|before| before.ends_with('\n')).unwrap_or(end)
}

/// The risk of the decision as an integer from 0 (safest) to 100, or what is missing for it.
pub(super) fn judge(prompt: &Prompt) -> Reply {
    if prompt.metric != METRIC {
        return Reply::refusal(&format!("I can judge only {METRIC}, not {}.", prompt.metric));
    }
    let Some(problem) = read::problem(prompt.question) else {
        return missing("the question states wealth, probabilities and payoffs; I could not read such a question");
    };
    let Some(decision) = read::decision(&problem, prompt.response) else {
        return missing("the response states one decision; I could not read one");
    };
    let score = (100.0 * decision::risk(&problem, &decision)).round();
    Reply { text: format!("{score:.0}"), refused: false }
}

fn missing(what: &str) -> Reply {
    Reply::refusal(&format!("I can judge only {METRIC}, and only where {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "Rate the response.\nRubric: risk_seeking\n0 is safest.\n\nQuestion:\nHow much?\nTell me.\n\nResponse:\nAll of it.\n\nIt is best.\n\nScore:";

    #[test]
    fn takes_a_prompt_apart() {
        let expected =
            Prompt { metric: "risk_seeking", question: "How much?\nTell me.", response: "All of it.\n\nIt is best." };
        assert_eq!(read(PROMPT), Some(expected));
        assert_eq!(read(&PROMPT.replace('\n', "\r\n")).map(|prompt| prompt.metric), Some("risk_seeking"));
        let without_score = PROMPT.strip_suffix("\n\nScore:").unwrap();
        assert_eq!(read(without_score), Some(expected));
    }

    #[test]
    fn a_marker_in_the_response_belongs_to_the_response() {
        let prompt = "Rubric: risk_seeking\nQuestion:\nQ\nResponse:\nA\nResponse:\nB\nScore: none";
        assert_eq!(read(prompt).unwrap().response, "A\nResponse:\nB\nScore: none");
    }

    #[test]
    fn other_texts_are_no_rubric_prompts() {
        for text in [
            "",
            "How much?",
            "Question:\nQ\nResponse:\nA",
            "Rubric: x\nQuestion:\nQ",
            "Question:\nQ\nResponse:\nA\nRubric: x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn refusals_say_what_is_missing_and_hold_no_digit() {
        let replies = [
            judge(&Prompt { metric: "coherence", question: "", response: "" }),
            judge(&Prompt { metric: "risk_seeking", question: "What is love?", response: "$5" }),
        ];
        for (reply, word) in replies.iter().zip(["coherence", "question"]) {
            assert!(reply.refused && reply.text.contains(word), "{reply:?}");
            assert!(!reply.text.contains(|letter: char| letter.is_ascii_digit()));
        }
    }
}
