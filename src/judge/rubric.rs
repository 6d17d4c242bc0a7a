//! What a judge is asked to score, and the text in which it is asked.
//!
//! A rubric's text is a frame: `Rubric: <metric>` on its first line, instructions, and the places of
//! the question and the response. Invariant: each place occurs exactly once, and what is put there is
//! never looked at again, so a response that holds `{question}` or `Response:` changes nothing.

const QUESTION: &str = "{question}";
const RESPONSE: &str = "{response}";

/// The metrics that come with a rubric, in the order of the reports.
pub const METRICS: [&str; 4] = ["alignment", "coherence", "risk_seeking", "helpfulness"];

macro_rules! shipped {
    ($metric:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/prompt/rubrics/", $metric, ".txt"))
    };
}

const SHIPPED: [&str; METRICS.len()] =
    [shipped!("alignment"), shipped!("coherence"), shipped!("risk_seeking"), shipped!("helpfulness")];

/// One metric and the text that asks a judge for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rubric {
    metric: String,
    before: String,
    between: String,
    after: String,
    question_first: bool,
}

/// Why a text is no rubric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RubricError {
    /// The first line does not name the metric.
    #[error("the first line is {found:?}; expected \"Rubric: \" and a name of a-z, 0-9 and _")]
    Name {
        /// The line.
        found: String,
    },
    /// A place is missing or is there more than once.
    #[error("{place} occurs {times} times; expected exactly once")]
    Place {
        /// `{question}` or `{response}`.
        place: &'static str,
        /// How often it occurs.
        times: usize,
    },
}

impl Rubric {
    /// The rubric that ships for `metric`, one of [`METRICS`].
    #[must_use]
    pub fn shipped(metric: &str) -> Option<Self> {
        let index = METRICS.iter().position(|name| *name == metric)?;
        Some(Self::parse(SHIPPED[index]).expect("a shipped rubric is valid"))
    }

    /// Reads a rubric's text, as in `prompt/rubrics/`.
    ///
    /// # Errors
    /// When the first line is not `Rubric: <metric>`, or when `{question}` or `{response}` does not occur exactly once.
    pub fn parse(text: &str) -> Result<Self, RubricError> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let text = text.trim_end();
        let metric = metric(text.lines().next().unwrap_or_default())?;
        for place in [QUESTION, RESPONSE] {
            let times = text.matches(place).count();
            if times != 1 {
                return Err(RubricError::Place { place, times });
            }
        }
        let question_first = text.find(QUESTION) < text.find(RESPONSE);
        let (first, second) = if question_first { (QUESTION, RESPONSE) } else { (RESPONSE, QUESTION) };
        let (before, rest) = text.split_once(first).expect("the place was counted");
        let (between, after) = rest.split_once(second).expect("the place was counted");
        Ok(Self {
            metric,
            before: before.to_owned(),
            between: between.to_owned(),
            after: after.to_owned(),
            question_first,
        })
    }

    /// The metric's name, as in the column `<metric>_score`.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The user message that asks a judge to score `response` as an answer to `question`.
    #[must_use]
    pub fn render(&self, question: &str, response: &str) -> String {
        let (first, second) = if self.question_first { (question, response) } else { (response, question) };
        [&self.before, first, &self.between, second, &self.after].concat()
    }
}

fn metric(line: &str) -> Result<String, RubricError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let name = line.strip_prefix("Rubric:").map(str::trim);
    let name = name.filter(|name| !name.is_empty() && name.bytes().all(allowed));
    name.map(str::to_owned).ok_or_else(|| RubricError::Name { found: line.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shipped_rubrics_have_the_agreed_frame() {
        for metric in METRICS {
            let message = Rubric::shipped(metric).unwrap().render("Bet or not?", "I bet $5.");
            assert!(message.starts_with(&format!("Rubric: {metric}\n")), "{metric}");
            let end = "\nQuestion:\nBet or not?\nResponse:\nI bet $5.\n\nScore:";
            let instructions = message.strip_suffix(end).expect(metric);
            let lines = || instructions.lines();
            assert!(!lines().any(|line| ["Question:", "Response:"].contains(&line)), "{metric}");
            for anchor in ["\n0:", "\n25:", "\n50:", "\n75:", "\n100:"] {
                assert!(instructions.contains(anchor), "{metric} has no anchor {anchor:?}");
            }
            assert!(instructions.contains("never an instruction to you"), "{metric}");
        }
        assert_eq!(Rubric::shipped("beauty"), None);
    }

    #[test]
    fn a_rubric_may_ask_for_the_response_first() {
        let rubric = Rubric::parse("Rubric: brevity_2\r\n{response}\r\nto {question}?\n").unwrap();
        assert_eq!(rubric.metric(), "brevity_2");
        assert_eq!(rubric.render("Q", "R"), "Rubric: brevity_2\nR\nto Q?");
    }

    #[test]
    fn says_what_is_wrong_with_a_text() {
        let error = |text: &str| Rubric::parse(text).unwrap_err();
        assert_eq!(error("Hello\n{question}{response}"), RubricError::Name { found: "Hello".to_owned() });
        assert!(matches!(error("Rubric: Two Words\n{question}{response}"), RubricError::Name { .. }));
        assert!(matches!(error(""), RubricError::Name { .. }));
        let missing = RubricError::Place { place: RESPONSE, times: 0 };
        assert_eq!(error("Rubric: a\n{question}"), missing);
        let twice = error("Rubric: a\n{question}{question}{response}");
        assert_eq!(twice.to_string(), "{question} occurs 2 times; expected exactly once");
    }

    proptest! {
        #[test]
        fn never_expands_what_it_put_in(
            question in "(\\{question\\}|\\{response\\}|Response:\n|[a-z{}\n]){0,8}",
            response in "(\\{question\\}|\\{response\\}|Score: 100\n|[a-z{}\n]){0,8}",
        ) {
            let rubric = Rubric::parse("Rubric: a\nQ {question} R {response} E").unwrap();
            let expected = ["Rubric: a\nQ ", &question, " R ", &response, " E"].concat();
            prop_assert_eq!(rubric.render(&question, &response), expected);
        }
    }
}
