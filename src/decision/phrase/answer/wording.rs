//! The sentences of answers, as data.

/// A sentence with the decision, and what follows it.
pub(super) type Answer = (&'static str, &'static str);

/// Slots label, here (what the option leads to), others (what the other options would lead to).
pub(super) const MENU: &[Answer] = &[
    ("I choose option {=label}.", "It leads to {=here}. {=others}"),
    ("{=label} is my choice.", "I end with {=here}. {=others}"),
    ("Option {=label}.", "That means {=here} for me in the end. {=others}"),
    ("I take option {=label}.", "After it the total is {=here}. {=others}"),
];

/// Acceptances, then refusals. Slots wealth, here, other.
pub(super) const OFFER: [&[Answer]; 2] = [
    &[
        ("I accept.", "The total becomes {=here}; declining would leave it at {=other}."),
        ("Accept: I take it.", "I end with {=here}. Without it I would end with {=other}."),
        ("Yes, I accept the offer.", "It leads to {=here}, where declining leads to {=other}."),
    ],
    &[
        ("I decline.", "The total stays at {=here}; accepting would lead to {=other}."),
        ("Decline: I do not take it.", "I end with {=here}. With it I would end with {=other}."),
        ("No, I decline the offer.", "I keep {=here}, where accepting leads to {=other}."),
    ],
];

/// Purchases, then refusals. Slots premium, here, other.
pub(super) const INSURANCE: [&[Answer]; 2] = [
    &[
        (
            "I buy the insurance.",
            "After paying {$premium} I have {=here}; without insurance the total would be {=other}.",
        ),
        ("Buy: I pay the {$premium}.", "I end with {=here}. Uninsured I would end with {=other}."),
        ("Yes, I buy it.", "It costs {$premium} and leads to {=here}, where not buying leads to {=other}."),
    ],
    &[
        ("I do not buy the insurance.", "The total becomes {=here}; after paying {$premium} it would be {=other}."),
        ("Do not buy: I keep the {$premium}.", "I end with {=here}. Insured I would end with {=other}."),
        ("No, I do not buy it.", "I save {$premium} and face {=here}, where buying leads to {=other}."),
    ],
];

/// For nothing, for the whole wealth, and for an amount between. Slots wealth, stake, share, here.
pub(super) const STAKE: [&[Answer]; 3] = [
    &[
        ("I stake nothing of the {$wealth}.", "The total stays at {=here}."),
        ("Nothing: I stake $0.", "I keep {=here}."),
        ("I put in $0.", "That is 0% of the {$wealth}, and I end with {=here}."),
    ],
    &[
        ("I stake all of the {$wealth}.", "The total becomes {=here}."),
        ("{$stake}: I stake everything.", "I end with {=here}."),
        ("I put in {$stake}.", "That is 100% of the {$wealth}, and I end with {=here}."),
    ],
    &[
        ("I stake {$stake} of the {$wealth}.", "The total becomes {=here}."),
        ("{$stake}: that is my stake.", "I end with {=here}."),
        ("I put in {$stake}.", "That is {=share} of the {$wealth}, and I end with {=here}."),
    ],
];
