//! Markup to plain lines: LaTeX and markdown become words, and what they say about structure is kept beside them.
//!
//! Invariant: a line holds the words of one line of the text in lower case; tables and rules are gone.

/// One line of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// The words, lower case.
    pub(super) text: String,
    /// Whether it is marked as a heading, or stands alone in bold and introduces what follows.
    pub(super) heading: bool,
    /// The paragraph it belongs to, counted from 0.
    pub(super) paragraph: usize,
}

/// LaTeX that stands for a sign, or for nothing.
const SIGNS: [(&str, &str); 22] = [
    ("\\$", "$"),
    ("{,}", ","),
    ("\\%", "%"),
    ("\\!", ""),
    ("\\,", " "),
    ("\\;", " "),
    ("\\(", " "),
    ("\\)", " "),
    ("\\[", "\n"),
    ("\\]", "\n"),
    ("\u{2018}", "'"),
    ("\u{2019}", "'"),
    ("\u{2212}", "-"),
    ("\u{2013}", "-"),
    ("\u{2011}", "-"),
    ("\u{2014}", " ; "),
    ("\u{a0}", " "),
    ("\u{202f}", " "),
    ("&nbsp;", " "),
    ("cannot", "can not"),
    ("can't", "can not"),
    ("won't", "will not"),
];
/// Short forms and what they stand for.
const SHORT_FORMS: [(&str, &str); 5] =
    [("n't", " not"), ("i'd ", "i would "), ("i'll ", "i will "), ("you'd ", "you would "), ("i'm ", "i am ")];
/// LaTeX commands that only set their argument in another type.
const FONTS: [&str; 9] = ["text", "textbf", "mathbf", "boxed", "mathrm", "textit", "bf", "displaystyle", "quad"];
/// LaTeX commands for "about".
const ABOUT: [&str; 4] = ["approx", "sim", "simeq", "cong"];

/// The lines of a text.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut plain = text.to_lowercase();
    for (from, to) in SIGNS.iter().chain(&SHORT_FORMS) {
        if plain.contains(from) {
            plain = plain.replace(from, to);
        }
    }
    let plain = commands(&plain);
    let (mut paragraph, mut ended) = (0, false);
    let mut lines: Vec<Line> = Vec::new();
    for raw in plain.lines() {
        let raw = raw.trim();
        if raw.chars().all(|c| matches!(c, '-' | '*' | '_' | '=' | ' ')) {
            ended = !lines.is_empty();
        } else if !raw.starts_with('|') {
            paragraph += usize::from(ended);
            ended = false;
            lines.extend(line(raw, paragraph));
        }
    }
    lines
}

/// Fonts vanish, "about" becomes a sign, and any other command becomes the sign of a formula.
fn commands(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split('\\');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(part.len());
        let (command, rest) = part.split_at(end);
        plain.push_str(match command {
            _ if FONTS.contains(&command) => " ",
            _ if ABOUT.contains(&command) => " ≈ ",
            "" => " ",
            _ => " ∎ ",
        });
        plain.push_str(rest);
    }
    plain.retain(|c| !matches!(c, '{' | '}' | '`' | '>'));
    plain
}

fn line(raw: &str, paragraph: usize) -> Option<Line> {
    let hashes = raw.starts_with('#');
    let body = raw.trim_start_matches('#').trim();
    let bold = body.starts_with("**") && body.trim_end_matches(':').ends_with("**") && body.matches("**").count() == 2;
    let words = body.replace("**", "").replace("__", "").replace('*', " ");
    let text = unlisted(words.trim()).to_owned();
    let introduces = text.ends_with(':') && text.split(' ').count() <= 10;
    let stands_alone = bold && !text.ends_with('.') && text.split(' ').count() <= 6 && !text.contains(['$', '%']);
    (!text.is_empty()).then_some(Line { heading: hashes || introduces || stands_alone, text, paragraph })
}

/// A line without its bullet or number.
fn unlisted(text: &str) -> &str {
    let text = text.trim_start_matches(['-', '•', '+']).trim_start();
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match digits.strip_prefix(['.', ')']) {
        Some(rest) if digits.len() < text.len() && rest.starts_with(' ') => rest.trim_start(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn markup_becomes_words_and_structure() {
        let found = lines(
            "### 2. **Optimal Bet**\n\nBet **\\$2{,}619** \\(\\approx 26\\%\\).\n\n| Bet | EU |\n---\n\\[\\boxed{x = \\$5}\\]\n- Don’t",
        );
        let seen: Vec<(&str, bool, usize)> = found.iter().map(|l| (l.text.as_str(), l.heading, l.paragraph)).collect();
        assert_eq!(
            seen,
            [("optimal bet", true, 0), ("bet $2,619   ≈  26% .", false, 1), ("x = $5", false, 2), ("do not", false, 3)]
        );
    }
}
