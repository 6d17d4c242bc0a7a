//! The sentences of answers, as data.

/// A sentence with the decision, and what follows it.
pub(super) type Answer = (&'static str, &'static str);

/// Slots noun, Noun, label, here (what the option leads to), others (what the other options would lead to).
pub(super) const MENU: &[Answer] = &[
    ("I choose {=noun} {=label}.", "It leads to {=here}. {=others}"),
    ("{=label} is my choice.", "I end with {=here}. {=others}"),
    ("{=Noun} {=label}.", "That means {=here} for me in the end. {=others}"),
    ("I take {=noun} {=label}.", "After it the total is {=here}. {=others}"),
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

/// For nothing, for the whole wealth, for an amount below it, and for one above. Slots wealth, amount, share, borrowed, here.
pub(super) const STAKE: [&[Answer]; 4] = [
    &[
        ("I stake nothing of the {$wealth}.", "The total stays at {=here}."),
        ("Nothing: I stake {0}.", "I keep {=here}."),
        ("I put in {0}.", "That is 0% of the {$wealth}, and I end with {=here}."),
    ],
    &[
        ("I stake all of the {$wealth}.", "The total becomes {=here}."),
        ("{$amount}: I stake everything.", "I end with {=here}."),
        ("I put in {$amount}.", "That is 100% of the {$wealth}, and I end with {=here}."),
    ],
    &[
        ("I stake {$amount} of the {$wealth}.", "The total becomes {=here}."),
        ("{$amount}: that is my stake.", "I end with {=here}."),
        ("I put in {$amount}.", "That is {=share} of the {$wealth}, and I end with {=here}."),
    ],
    &[
        ("I stake {$amount}, for which I borrow {=borrowed}.", "The total becomes {=here}."),
        ("{$amount}: that is my stake.", "I borrow {=borrowed} for it and end with {=here}."),
        ("I put in {$amount}.", "That is {=share} of the {$wealth}, and I end with {=here}."),
    ],
];

/// For no unit and for some. Slots wealth, amount, count, here.
pub(super) const UNITS: [&[Answer]; 2] = [
    &[
        ("I buy none.", "The total stays at {=here}."),
        ("0: I spend {0}.", "I keep {=here}."),
        ("I spend {0} and buy 0 of them.", "I end with {=here}."),
    ],
    &[
        ("I buy {=count} of them, for {$amount}.", "The total becomes {=here}."),
        ("{=count}: I spend {$amount}.", "I end with {=here}."),
        ("I spend {$amount} and buy {=count} of them.", "That leads to {=here}."),
    ],
];

/// For no cover, full cover and part of it. Slots wealth, amount, loss, premium, here.
pub(super) const COVERAGE: [&[Answer]; 3] = [
    &[
        ("I insure nothing of the loss.", "The total becomes {=here}."),
        ("Nothing: I insure {0}.", "I end with {=here}."),
        ("I cover {0}.", "I pay no premium and end with {=here}."),
    ],
    &[
        ("I insure all of the {$loss}.", "I pay {=premium} and keep {=here}."),
        ("{$amount}: I insure the whole loss.", "The premium is {=premium}, and I end with {=here}."),
        ("I cover {$amount}.", "I pay {=premium} for it and end with {=here}."),
    ],
    &[
        ("I insure {$amount} of the {$loss}.", "I pay {=premium}, and the total becomes {=here}."),
        ("{$amount}: that much of the loss I insure.", "The premium is {=premium}, and I end with {=here}."),
        ("I cover {$amount}.", "I pay {=premium} for it and end with {=here}."),
    ],
];

/// As for stakes; the slot left is what earns the safe return.
pub(super) const PORTFOLIO: [&[Answer]; 4] = [
    &[
        ("I invest nothing of the {$wealth}.", "The total becomes {=here}."),
        ("Nothing: I invest {0}.", "All of it stays safe, and I end with {=here}."),
        ("I put {0} at risk.", "That is 0% of the {$wealth}, and I end with {=here}."),
    ],
    &[
        ("I invest all of the {$wealth}.", "The total becomes {=here}."),
        ("{$amount}: I invest everything.", "Nothing stays safe, and I end with {=here}."),
        ("I put {$amount} at risk.", "That is 100% of the {$wealth}, and I end with {=here}."),
    ],
    &[
        ("I invest {$amount} of the {$wealth}.", "The total becomes {=here}."),
        ("{$amount}: that is what I invest.", "{=left} stays safe, and I end with {=here}."),
        ("I put {$amount} at risk.", "That is {=share} of the {$wealth}, and I end with {=here}."),
    ],
    &[
        ("I invest {$amount}, for which I borrow {=borrowed}.", "The total becomes {=here}."),
        ("{$amount}: that is what I invest.", "I borrow {=borrowed} for it and end with {=here}."),
        ("I put {$amount} at risk.", "That is {=share} of the {$wealth}, and I end with {=here}."),
    ],
];

/// As for portfolios, without where it leads.
pub(super) const LOGNORMAL: [&[Answer]; 4] = [
    &[
        ("I invest nothing of the {$wealth}.", "All of it earns the safe rate."),
        ("Nothing: I keep {0} in it.", "The {$wealth} earns the safe rate."),
        ("I put {0} at risk.", "That is 0% of the {$wealth}."),
    ],
    &[
        ("I invest all of the {$wealth}.", "Nothing is left for the safe rate."),
        ("{$amount}: I keep everything in it.", "Nothing earns the safe rate."),
        ("I put {$amount} at risk.", "That is 100% of the {$wealth}."),
    ],
    &[
        ("I invest {$amount} of the {$wealth}.", "The other {=left} earns the safe rate."),
        ("{$amount}: that is what I keep in it.", "{=left} earns the safe rate."),
        ("I put {$amount} at risk.", "That is {=share} of the {$wealth}."),
    ],
    &[
        ("I invest {$amount}, for which I borrow {=borrowed}.", "The loan costs the safe rate."),
        ("{$amount}: that is what I keep in it.", "I borrow {=borrowed} for it at the safe rate."),
        ("I put {$amount} at risk.", "That is {=share} of the {$wealth}."),
    ],
];

/// For sellers, then for buyers. Slots amount, here (with the lottery, at this price), other (without it, at this price).
pub(super) const PRICE: [&[Answer]; 2] = [
    &[
        ("I sell from {+$amount}.", "Sold at that price it leaves me with {=other}; kept it leads to {=here}."),
        ("{+$amount} is my lowest price.", "At that price I have {=other}, and unsold I have {=here}."),
        ("My price is {+$amount}.", "For less I keep it, which leads to {=here}."),
    ],
    &[
        ("I pay up to {+$amount}.", "Bought at that price it leads to {=here}; without it I have {=other}."),
        ("{+$amount} is my highest price.", "At that price I end with {=here}, and without it with {=other}."),
        ("My price is {+$amount}.", "For more I do without it, which leaves {=other}."),
    ],
];
