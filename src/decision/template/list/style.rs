//! The styles of lists, as data: a line for each wording.

use std::sync::LazyLock;

use super::{Amount, Labels, OptionStyle, PairStyle, Piece, Reader, Template};
use Amount::{Everything, Gain, Loss, Nothing};
use Labels::{Letters, Numbers};

/// Words for a certain outcome, or for one with a probability.
type Wording = (Amount, bool, &'static str);
/// Name, separator, separator before the last, wordings.
type PairRow = (&'static str, &'static str, &'static str, &'static [Wording]);

const SURE: bool = true;
const RISKY: bool = false;

const PAIR_ROWS: &[PairRow] = &[
    (
        "chances",
        ", ",
        " and ",
        &[
            (Gain, SURE, "a certain gain of {$x}"),
            (Loss, SURE, "a certain loss of {$x}"),
            (Nothing, SURE, "no change for certain"),
            (Gain, RISKY, "{a %p} chance of gaining {$x}"),
            (Loss, RISKY, "{a %p} chance of losing {$x}"),
            (Nothing, RISKY, "{a %p} chance of no change"),
        ],
    ),
    (
        "you",
        ", ",
        " and ",
        &[
            (Gain, SURE, "gain {$x} for certain"),
            (Loss, SURE, "lose {$x} for certain"),
            (Nothing, SURE, "keep what you have for certain"),
            (Gain, RISKY, "gain {$x} with probability {#p}"),
            (Loss, RISKY, "lose {$x} with probability {#p}"),
            (Nothing, RISKY, "keep what you have with probability {#p}"),
        ],
    ),
    (
        "business",
        ", ",
        " and ",
        &[
            (Gain, SURE, "a certain profit of {$x}"),
            (Loss, SURE, "a certain loss of {$x}"),
            (Nothing, SURE, "neither profit nor loss for certain"),
            (Gain, RISKY, "{a %p} chance of {$x} profit"),
            (Loss, RISKY, "{a %p} chance of {$x} loss"),
            (Nothing, RISKY, "{a %p} chance of breaking even"),
        ],
    ),
    (
        "it",
        ", ",
        " or ",
        &[
            (Gain, SURE, "adds {$x} for certain"),
            (Loss, SURE, "costs {$x} for certain"),
            (Nothing, SURE, "changes nothing for certain"),
            (Gain, RISKY, "adds {$x} with {a %p} chance"),
            (Loss, RISKY, "costs {$x} with {a %p} chance"),
            (Nothing, RISKY, "changes nothing with {a %p} chance"),
        ],
    ),
    (
        "table",
        "; ",
        "; ",
        &[
            (Gain, SURE, "+{$x} for certain"),
            (Loss, SURE, "-{$x} for certain"),
            (Nothing, SURE, "$0 for certain"),
            (Gain, RISKY, "{%p}: +{$x}"),
            (Loss, RISKY, "{%p}: -{$x}"),
            (Nothing, RISKY, "{%p}: $0"),
        ],
    ),
    (
        "plus-minus",
        ", ",
        " and ",
        &[
            (Gain, SURE, "plus {$x} for certain"),
            (Loss, SURE, "minus {$x} for certain"),
            (Nothing, SURE, "unchanged for certain"),
            (Gain, RISKY, "plus {$x} with probability {#p}"),
            (Loss, RISKY, "minus {$x} with probability {#p}"),
            (Nothing, RISKY, "unchanged with probability {#p}"),
        ],
    ),
    (
        "stake-chances",
        ", ",
        " and ",
        &[
            (Gain, RISKY, "{a %p} chance of gaining {%x} of the stake"),
            (Everything, RISKY, "{a %p} chance of losing the whole stake"),
            (Loss, RISKY, "{a %p} chance of losing {%x} of the stake"),
            (Nothing, RISKY, "{a %p} chance of getting the stake back unchanged"),
        ],
    ),
    (
        "stake-dollars",
        ", ",
        " and ",
        &[
            (Gain, RISKY, "a gain of {$x} with probability {#p}"),
            (Loss, RISKY, "a loss of {$x} with probability {#p}"),
            (Nothing, RISKY, "no gain and no loss with probability {#p}"),
        ],
    ),
    (
        "investment",
        ", ",
        " or ",
        &[
            (Gain, RISKY, "rises by {%x} with {a %p} chance"),
            (Everything, RISKY, "becomes worthless with {a %p} chance"),
            (Loss, RISKY, "falls by {%x} with {a %p} chance"),
            (Nothing, RISKY, "stays as it is with {a %p} chance"),
        ],
    ),
    (
        "return-table",
        "; ",
        "; ",
        &[(Gain, RISKY, "{%p}: +{%x}"), (Loss, RISKY, "{%p}: -{%x}"), (Nothing, RISKY, "{%p}: 0%")],
    ),
    (
        "per-dollar",
        ", ",
        " and ",
        &[
            (Gain, RISKY, "{a %p} chance of a profit of {$x}"),
            (Loss, RISKY, "{a %p} chance of a loss of {$x}"),
            (Nothing, RISKY, "{a %p} chance of neither"),
        ],
    ),
];

/// Name, labels, what stands before and after the label and at the end, style of the outcomes.
type OptionRow = (&'static str, Labels, [&'static str; 3], &'static str);

const OPTION_ROWS: &[OptionRow] = &[
    ("letters", Letters, ["", ": ", "."], "chances"),
    ("numbers", Numbers, ["", ") You ", "."], "you"),
    ("projects", Letters, ["Project ", ": ", "."], "business"),
    ("investments", Numbers, ["Investment ", " ", "."], "it"),
    ("plans", Letters, ["Plan ", ": ", "."], "chances"),
    ("offers", Numbers, ["Offer ", ": ", "."], "business"),
    ("lotteries", Letters, ["Lottery ", ": ", ""], "table"),
    ("prospects", Numbers, ["Prospect ", ": ", "."], "plus-minus"),
    ("proposals", Letters, ["Proposal ", " ", "."], "it"),
    ("funds", Numbers, ["Fund ", ": ", ""], "table"),
];

pub(super) static PAIR_STYLES: LazyLock<Vec<PairStyle>> = LazyLock::new(|| {
    let piece = |&(amount, sure, text): &Wording| {
        let template = Template::new(text);
        Piece { amount, sure, reader: Reader::prefix(&template), template }
    };
    let style = |&(name, separator, last, wordings): &PairRow| PairStyle {
        name,
        separator,
        last,
        pieces: wordings.iter().map(piece).collect(),
    };
    PAIR_ROWS.iter().map(style).collect()
});

pub(super) static OPTION_STYLES: LazyLock<Vec<OptionStyle>> = LazyLock::new(|| {
    let style = |&(name, labels, [before, after, end], pairs): &OptionRow| {
        let pairs = pair_style(pairs).expect("a list of options names a style of outcomes");
        OptionStyle { name, labels, around: [before, after], end, pairs }
    };
    OPTION_ROWS.iter().map(style).collect()
});

/// The style of outcomes with this name.
pub(in crate::decision) fn pair_style(name: &str) -> Option<&'static PairStyle> {
    PAIR_STYLES.iter().find(|style| style.name == name)
}

/// The style of options with this name.
pub(in crate::decision) fn option_style(name: &str) -> Option<&'static OptionStyle> {
    OPTION_STYLES.iter().find(|style| style.name == name)
}
