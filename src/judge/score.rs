//! Strict reading of a judge's reply.
//!
//! Invariant: a score is returned only when the whole reply says one whole number from 0 to 100 and nothing else.

/// The score that `reply` states, 0 to 100, or none.
///
/// Read are `85`, `Score: 85`, `**85**`, `85/100` and each with a full stop, in any mix. Everything
/// else, a refusal, a range, a fraction or a number in a sentence, is no score.
#[must_use]
pub fn read_score(reply: &str) -> Option<u8> {
    let reply = reply.trim();
    let unstopped = reply.strip_suffix('.');
    let text = without_emphasis(unstopped.unwrap_or(reply));
    let text = without_emphasis(without_label(text));
    let inner_stop = if unstopped.is_none() { text.strip_suffix('.') } else { None };
    let text = inner_stop.unwrap_or(text);
    let text = text.strip_suffix("/100").map_or(text, str::trim_end);
    whole_number(text).filter(|score| *score <= 100)
}

/// `**text**` as `text`; anything else unchanged.
fn without_emphasis(text: &str) -> &str {
    let inner = text.strip_prefix("**").and_then(|rest| rest.strip_suffix("**"));
    inner.filter(|inner| !inner.contains('*')).unwrap_or(text)
}

/// What follows `Score:` or `**Score:**`; text without such a label unchanged.
fn without_label(text: &str) -> &str {
    for label in ["**score:**", "**score**:", "score:"] {
        if let Some((start, rest)) = text.split_at_checked(label.len())
            && start.eq_ignore_ascii_case(label)
        {
            return rest.trim_start();
        }
    }
    text
}

/// A number in plain digits, without sign, space, fraction or leading zeros.
fn whole_number(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = text.len() > 1 && text.starts_with('0');
    if plain && !padded { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_a_number_alone_and_its_plain_dresses() {
        let scores = [
            ("85", 85),
            ("0", 0),
            ("100", 100),
            ("  7\n", 7),
            ("85.", 85),
            ("**85**", 85),
            ("**85.**", 85),
            ("**85**.", 85),
            ("**Score: 85**.", 85),
            ("85/100", 85),
            ("85 /100.", 85),
            ("Score: 85", 85),
            ("score:85", 85),
            ("**Score:** 85", 85),
            ("**Score: 85**", 85),
            ("Score: **85**", 85),
            ("**Score**: 85/100", 85),
            ("100/100", 100),
        ];
        for (reply, score) in scores {
            assert_eq!(read_score(reply), Some(score), "{reply:?}");
        }
    }

    #[test]
    fn anything_else_is_missing() {
        let replies = [
            "",
            " ",
            ".",
            "-5",
            "+5",
            "150",
            "101",
            "256",
            "8.5",
            "85.0",
            "085",
            "00",
            "85%",
            "85 or 90",
            "80-90",
            "REFUSAL",
            "NONE",
            "downgrade: 10",
            "Score: 85 because it is good",
            "Score: 85\n\n90",
            "The score is 85",
            "85/10",
            "85/1000",
            "/100",
            "8 5",
            "8**5**",
            "**85",
            "85**",
            "***",
            "****",
            "Score:",
            "score",
            "eighty",
            "८५",
            "８５",
            "1e2",
            "0x10",
            "85..",
            "**85.**.",
            "Score: Score: 85",
            "\"85\"",
        ];
        for reply in replies {
            assert_eq!(read_score(reply), None, "{reply:?}");
        }
    }

    proptest! {
        #[test]
        fn takes_every_score_and_only_scores(number in 0..100_000u32) {
            let expected = u8::try_from(number).ok().filter(|score| *score <= 100);
            prop_assert_eq!(read_score(&number.to_string()), expected);
            prop_assert_eq!(read_score(&format!("Score: {number}/100")), expected);
        }

        #[test]
        fn never_reads_a_score_off_other_text(reply in "\\PC{0,40}") {
            if let Some(score) = read_score(&reply) {
                prop_assert!(reply.contains(&score.to_string()) && score <= 100);
            }
        }
    }
}
