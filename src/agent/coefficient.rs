//! The coefficient of relative risk aversion that a system prompt states.
//!
//! Invariant: a number counts only where the words before it name the coefficient.

use std::sync::LazyLock;

use regex::Regex;

/// The name, at most a remark in brackets and a word that equates, and the number.
static STATED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?ix)
        (?: \b coefficient (?: \s+ of (?: \s+ constant )? (?: \s+ relative )? \s+ risk [\s-]+ aversion )?
          | \b relative \s+ risk [\s-]+ aversion (?: \s+ (?: coefficient | parameter ) )?
          | \b gamma \b | γ )
        \s* (?: \( [^)0-9]* \) )? \s*
        (?: = | : | \b (?: is | of | equals | equal \s+ to ) \b )? \s*
        ( [-−–+]? ) \s* ( \d+ (?: \. \d+ )? | \. \d+ )";
    Regex::new(pattern).expect("the pattern is valid")
});

/// The first coefficient that a text states, as in 'coefficient 2', 'gamma = -1' or 'coefficient of relative risk
/// aversion is 0.5'.
pub(super) fn stated(text: &str) -> Option<f64> {
    let found = STATED.captures(text)?;
    let size: f64 = found[2].parse().ok()?;
    Some(if matches!(&found[1], "-" | "−" | "–") { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_of_stating_it() {
        let cases = [
            ("I have CRRA utility U(W) = -1/W (coefficient 2). I must use it.", 2.0),
            ("I have CRRA utility U(W) = W^2/2 (coefficient -1).", -1.0),
            ("Decide with gamma = -1", -1.0),
            ("gamma=1.5, wealth 100", 1.5),
            ("γ = −0.5", -0.5),
            ("Your coefficient of relative risk aversion is 0.5 (moderate).", 0.5),
            ("a coefficient of relative risk aversion of 2. Be brief.", 2.0),
            ("CRRA utility where the coefficient is 0 (risk-neutral)", 0.0),
            ("Relative risk aversion: 3", 3.0),
            ("The coefficient of constant relative risk aversion (gamma) equals .25", 0.25),
        ];
        for (text, expected) in cases {
            assert_eq!(stated(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not_coefficients() {
        for text in [
            "You are a helpful assistant.",
            "Bet at most 100% of $500.",
            "My utility is W^2/2.",
            "The coefficient matters; use 2 decimals.",
        ] {
            assert_eq!(stated(text), None, "{text}");
        }
    }
}
