//! The sentences that put offers in a few words, for models that learn from few tokens.
//!
//! Invariant: sentences come in pairs that differ only in which of the two answers they name first.

use super::Group::{HeldOut, Training};
use super::sentence::{Row, brief};

pub(super) const OFFER: &[Row] = &[
    brief(Training, "You have {$wealth}. A bet: {lottery:win}. Do you accept or decline?"),
    brief(Training, "You have {$wealth}. A bet: {lottery:win}. Do you decline or accept?"),
    brief(Training, "You own {$wealth}. A gamble, once: {lottery:chances}. Accept or decline?"),
    brief(Training, "You own {$wealth}. A gamble, once: {lottery:chances}. Decline or accept?"),
    brief(
        Training,
        "Your savings are {$wealth}. A neighbor proposes that you {lottery:win}. Will you accept it or decline it?",
    ),
    brief(
        Training,
        "Your savings are {$wealth}. A neighbor proposes that you {lottery:win}. Will you decline it or accept it?",
    ),
    brief(Training, "Your wealth is {$wealth}. A deal {lottery:it}. Do you accept or decline the deal?"),
    brief(Training, "Your wealth is {$wealth}. A deal {lottery:it}. Do you decline or accept the deal?"),
    brief(Training, "You hold {$wealth}. One draw: {lottery:table}. Do you accept the draw or decline it?"),
    brief(Training, "You hold {$wealth}. One draw: {lottery:table}. Do you decline the draw or accept it?"),
    brief(Training, "With {$wealth} in all you may play once: {lottery:win}. Would you accept or decline?"),
    brief(Training, "With {$wealth} in all you may play once: {lottery:win}. Would you decline or accept?"),
    brief(Training, "Your budget is {$wealth}. An offer has {lottery:business}. Will you accept or decline?"),
    brief(Training, "Your budget is {$wealth}. An offer has {lottery:business}. Will you decline or accept?"),
    brief(Training, "You start with {$wealth}. A lottery has {lottery:chances}. Accept it or decline it?"),
    brief(Training, "You start with {$wealth}. A lottery has {lottery:chances}. Decline it or accept it?"),
    brief(
        HeldOut,
        "All you possess is {$wealth}. Somebody puts a wager to you: {lottery:chances}. Do you accept the wager or decline it?",
    ),
    brief(
        HeldOut,
        "All you possess is {$wealth}. Somebody puts a wager to you: {lottery:chances}. Do you decline the wager or accept it?",
    ),
    brief(HeldOut, "Your fortune comes to {$wealth}. A venture {lottery:it}. Is it accept or decline?"),
    brief(HeldOut, "Your fortune comes to {$wealth}. A venture {lottery:it}. Is it decline or accept?"),
    brief(
        HeldOut,
        "There is {$wealth} to your name. A coin and a die decide whether you {lottery:win}. Do you accept that or decline it?",
    ),
    brief(
        HeldOut,
        "There is {$wealth} to your name. A coin and a die decide whether you {lottery:win}. Do you decline that or accept it?",
    ),
    brief(
        HeldOut,
        "Everything you have is worth {$wealth}. On the table is {lottery:business}. Are you going to accept or to decline?",
    ),
    brief(
        HeldOut,
        "Everything you have is worth {$wealth}. On the table is {lottery:business}. Are you going to decline or to accept?",
    ),
];
