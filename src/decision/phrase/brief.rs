//! The sentences that put even-chance offers in a few words, for models that learn from few tokens.
//!
//! The amounts come last, so that a model decides right behind them and questions in the same words share all that is
//! before. Invariant: sentences come in pairs that differ only in which of the two answers they name first, and the first
//! pair is the simplest, from which learning can begin.

use super::domain::Domain::OwnMoney;
use super::sentence::{Row, held_out, training};

pub(super) const EVEN: &[Row] = &[
    training(OwnMoney, "You have {$wealth}. Accept or decline this bet on one toss of a fair coin: {even:even-win}."),
    training(OwnMoney, "You have {$wealth}. Decline or accept this bet on one toss of a fair coin: {even:even-win}."),
    training(
        OwnMoney,
        "Your savings are {$wealth}. A neighbor offers a bet, once, with even chances. Accept or decline? You {even:even-win}.",
    ),
    training(
        OwnMoney,
        "Your savings are {$wealth}. A neighbor offers a bet, once, with even chances. Decline or accept? You {even:even-win}.",
    ),
    training(
        OwnMoney,
        "A deal works out or fails with equal chance. You own {$wealth}. Accept or decline? You {even:even-gain}.",
    ),
    training(
        OwnMoney,
        "A deal works out or fails with equal chance. You own {$wealth}. Decline or accept? You {even:even-gain}.",
    ),
    training(
        OwnMoney,
        "Suppose that your whole wealth is {$wealth}. Do you accept or decline a 50-50 gamble, once? {even:even-signs}.",
    ),
    training(
        OwnMoney,
        "Suppose that your whole wealth is {$wealth}. Do you decline or accept a 50-50 gamble, once? {even:even-signs}.",
    ),
    training(
        OwnMoney,
        "You start with {$wealth}. Half of the tickets win. Will you accept a ticket or decline it? You {even:even-win}.",
    ),
    training(
        OwnMoney,
        "You start with {$wealth}. Half of the tickets win. Will you decline a ticket or accept it? You {even:even-win}.",
    ),
    training(
        OwnMoney,
        "With {$wealth} in all you may play a game once. Would you accept or decline it at even odds? Either {even:even-get}.",
    ),
    training(
        OwnMoney,
        "With {$wealth} in all you may play a game once. Would you decline or accept it at even odds? Either {even:even-get}.",
    ),
    training(
        OwnMoney,
        "All that you possess is {$wealth}. Somebody proposes a wager with an even chance. Is it accept or decline? You {even:even-win}.",
    ),
    training(
        OwnMoney,
        "All that you possess is {$wealth}. Somebody proposes a wager with an even chance. Is it decline or accept? You {even:even-win}.",
    ),
    training(
        OwnMoney,
        "There is {$wealth} to your name. A venture succeeds half of the time. Do you accept that or decline it? You {even:even-gain}.",
    ),
    training(
        OwnMoney,
        "There is {$wealth} to your name. A venture succeeds half of the time. Do you decline that or accept it? You {even:even-gain}.",
    ),
    training(
        OwnMoney,
        "Your fortune comes to {$wealth}. Red and black are equally likely. Are you going to accept or to decline? {even:even-signs}.",
    ),
    training(
        OwnMoney,
        "Your fortune comes to {$wealth}. Red and black are equally likely. Are you going to decline or to accept? {even:even-signs}.",
    ),
    held_out(
        OwnMoney,
        "Everything you have is worth {$wealth}. A friend suggests a double-sided bet with even odds. Accept or decline? You {even:even-win}.",
    ),
    held_out(
        OwnMoney,
        "Everything you have is worth {$wealth}. A friend suggests a double-sided bet with even odds. Decline or accept? You {even:even-win}.",
    ),
    held_out(
        OwnMoney,
        "One draw from two cards decides, and you may take it or leave it. Your wealth is {$wealth}. Would you accept it or decline it? Either you {even:even-gain}.",
    ),
    held_out(
        OwnMoney,
        "One draw from two cards decides, and you may take it or leave it. Your wealth is {$wealth}. Would you decline it or accept it? Either you {even:even-gain}.",
    ),
    held_out(
        OwnMoney,
        "Your account holds {$wealth}. A stock moves either way with the same probability. Will you accept the trade or decline it? {even:even-signs}.",
    ),
    held_out(
        OwnMoney,
        "Your account holds {$wealth}. A stock moves either way with the same probability. Will you decline the trade or accept it? {even:even-signs}.",
    ),
    held_out(
        OwnMoney,
        "Of your {$wealth} you may risk a part on a fair spin, once. Do you accept or decline? Afterwards you are {even:even-up}.",
    ),
    held_out(
        OwnMoney,
        "Of your {$wealth} you may risk a part on a fair spin, once. Do you decline or accept? Afterwards you are {even:even-up}.",
    ),
];
