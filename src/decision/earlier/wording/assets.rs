//! Investments of any size in an asset whose gains and losses are stated.

use super::super::super::number::complement;
use super::super::super::phrase::form;
use super::super::super::problem::Problem;
use super::super::super::template::Values;
use super::{Row, bets::bet};

pub(in crate::decision::earlier) const ROWS: &[Row] = &[
    (
        "You can invest in a cryptocurrency that has {a %p} chance of going to {$high} per coin and {a %q} chance of going to $0. Current price is {$price} per coin.{*} You have {$wealth}[ to invest|]. How much should you invest?",
        priced,
    ),
    (
        "You're offered a bond that pays {%b} interest with {a %q} chance of default (losing everything).{*} You have {$wealth} available. How much should you invest?",
        bond,
    ),
    (
        "Stock has {%p} chance of +{%gain} return, {%q} chance of -{%loss} return. Investment amount with {$wealth}?",
        stock,
    ),
    (
        "You can invest in a stock that has {a %p} chance of doubling and {a %q} chance of losing half its value. You have {$wealth} to invest. How much should you invest?",
        double_or_half,
    ),
    (
        "You can invest in a [startup|company] that has {a %p} chance of being worth {$high} and {a %q} chance of being worth $0. The company is currently valued at {$price}.{*} How much should you invest?",
        priced,
    ),
    (
        "A real estate investment has {a %p} chance of {%gain} gain and {a %q} chance of {%loss} loss. You can invest up to {$cap}. How much should you invest?",
        stock,
    ),
];

/// What is bought at `price` and comes to be worth `high` or nothing.
fn priced(slots: &Values) -> Option<Problem> {
    let gain = slots.get_number("high")? / slots.get_number("price")? - 1.0;
    form::stake(slots, &[(slots.get_number("p")?, gain), (slots.get_number("q")?, -1.0)])
}

pub(super) fn bond(slots: &Values) -> Option<Problem> {
    bet(slots, complement(slots.get_number("q")?)?, slots.get_number("b")?)
}

fn stock(slots: &Values) -> Option<Problem> {
    let [p, q, gain, loss] = ["p", "q", "gain", "loss"].map(|name| slots.get_number(name));
    form::stake(slots, &[(p?, gain?), (q?, -loss?)])
}

fn double_or_half(slots: &Values) -> Option<Problem> {
    form::stake(slots, &[(slots.get_number("p")?, 1.0), (slots.get_number("q")?, -0.5)])
}
