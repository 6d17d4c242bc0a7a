//! The styles of lists, as data: a line for each wording.

use std::sync::LazyLock;

use super::{Amount, Labels, OptionStyle, PairStyle, Piece, Reader, Template, Unit};
use Amount::{Everything, Gain, Loss, Nothing};
use Labels::{Late, Letters, Numbers};

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
            (Nothing, SURE, "{0} for certain"),
            (Gain, RISKY, "{%p}: +{$x}"),
            (Loss, RISKY, "{%p}: -{$x}"),
            (Nothing, RISKY, "{%p}: {0}"),
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
    ("even-win", ", ", " or ", &[(Gain, RISKY, "win {$x}"), (Loss, RISKY, "lose {$x}")]),
    ("even-gain", ", ", " or ", &[(Gain, RISKY, "gain {$x}"), (Loss, RISKY, "lose {$x}")]),
    ("even-get", ", ", " or ", &[(Gain, RISKY, "you get {$x}"), (Loss, RISKY, "you pay {$x}")]),
    ("even-up", ", ", " or ", &[(Gain, RISKY, "up {$x}"), (Loss, RISKY, "down {$x}")]),
    ("even-signs", ", ", " or ", &[(Gain, RISKY, "+{$x}"), (Loss, RISKY, "-{$x}")]),
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

/// Name, labels, what stands before and after the label and at the end, noun, style of the outcomes.
type OptionRow = (&'static str, Labels, [&'static str; 3], &'static str, &'static str);

const OPTION_ROWS: &[OptionRow] = &[
    ("letters", Letters, ["", ": ", "."], "option", "chances"),
    ("numbers", Numbers, ["", ") You ", "."], "alternative", "you"),
    ("projects", Letters, ["Project ", ": ", "."], "project", "business"),
    ("investments", Numbers, ["Investment ", " ", "."], "investment", "it"),
    ("plans", Letters, ["Plan ", ": ", "."], "plan", "chances"),
    ("offers", Numbers, ["Offer ", ": ", "."], "offer", "business"),
    ("lotteries", Letters, ["Lottery ", ": ", ""], "lottery", "table"),
    ("prospects", Numbers, ["Prospect ", ": ", "."], "prospect", "plus-minus"),
    ("draws", Late, ["Draw ", ": ", "."], "draw", "chances"),
    ("proposals", Letters, ["Proposal ", " ", "."], "proposal", "it"),
    ("contracts", Numbers, ["Contract ", ": ", "."], "contract", "business"),
    ("sites", Late, ["Site ", " ", "."], "site", "it"),
    ("portfolios", Letters, ["Portfolio ", ": ", "."], "portfolio", "plus-minus"),
    ("funds", Numbers, ["Fund ", ": ", ""], "fund", "table"),
    ("notes", Late, ["Note ", ": ", "."], "note", "business"),
    ("crops", Letters, ["Crop ", ": ", "."], "crop", "chances"),
    ("fields", Numbers, ["Field ", " ", "."], "field", "it"),
    ("seeds", Late, ["Seed ", ": ", ""], "seed", "table"),
    ("schedules", Letters, ["Schedule ", ": ", ""], "schedule", "table"),
    ("routines", Numbers, ["Routine ", " ", "."], "routine", "it"),
    ("setups", Late, ["Setup ", ": ", "."], "setup", "chances"),
    ("moves", Letters, ["Move ", ": you ", "."], "move", "you"),
    ("doors", Numbers, ["Door ", ": ", ""], "door", "table"),
    ("cards", Late, ["Card ", ": ", "."], "card", "plus-minus"),
];

pub(super) static PAIR_STYLES: LazyLock<Vec<PairStyle>> = LazyLock::new(|| {
    let piece = |&(amount, sure, text): &Wording, unit| {
        let template = Template::counted(text, unit);
        Piece { amount, sure, reader: Reader::prefix(&template), template }
    };
    let style = |&(name, separator, last, wordings): &PairRow, unit| {
        let pieces = wordings.iter().map(|wording| piece(wording, unit)).collect();
        PairStyle { name, unit, separator, last, pieces }
    };
    Unit::ALL.into_iter().flat_map(|unit| PAIR_ROWS.iter().map(move |row| style(row, unit))).collect()
});

pub(super) static OPTION_STYLES: LazyLock<Vec<OptionStyle>> = LazyLock::new(|| {
    let style = |&(name, labels, [before, after, end], noun, pairs): &OptionRow, unit| {
        let pairs = pair_style(pairs, unit).expect("a list of options names a style of outcomes");
        OptionStyle { name, labels, noun, around: [before, after], end, pairs }
    };
    Unit::ALL.into_iter().flat_map(|unit| OPTION_ROWS.iter().map(move |row| style(row, unit))).collect()
});

/// The style of outcomes with this name and unit.
pub(in crate::decision) fn pair_style(name: &str, unit: Unit) -> Option<&'static PairStyle> {
    PAIR_STYLES.iter().find(|style| style.name == name && style.unit == unit)
}

/// The style of options with this name and unit.
pub(in crate::decision) fn option_style(name: &str, unit: Unit) -> Option<&'static OptionStyle> {
    OPTION_STYLES.iter().find(|style| style.name == name && style.pairs.unit == unit)
}

/// What questions call their options, in lower case.
pub(in crate::decision) fn nouns() -> impl Iterator<Item = &'static str> {
    OPTION_ROWS.iter().map(|row| row.3)
}
