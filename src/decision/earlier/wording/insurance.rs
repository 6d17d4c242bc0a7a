//! Insurance against one loss.

use super::super::super::number::complement;
use super::super::super::phrase::form::insurance;
use super::super::super::problem::Problem;
use super::super::super::template::Values;
use super::Row;

pub(in crate::decision::earlier) const ROWS: &[Row] = &[
    (
        "You're offered insurance on your {$house} house. There's {a %p} chance per year of total loss, and the premium is {$premium} per year. {*} because the house is {%share} of your net worth. Should you get this insurance?",
        house,
    ),
    (
        "You're offered insurance on your {$loss} house. There's {a %p} chance per year of total loss, and the premium is {$premium} per year. The insurance company's expected payout is {$expected} per year, but they charge {$premium}. Should you buy this insurance?",
        whole,
    ),
    (
        "You're offered insurance on your {*} for {$premium} per year. There's {a %p} chance of [a {$loss} accident|damage costing {$loss} to repair|total loss worth {$loss}|theft worth {$loss}].{*} Should you buy this insurance?",
        whole,
    ),
];

pub(super) fn house(slots: &Values) -> Option<Problem> {
    let [house, share, p, premium] = ["house", "share", "p", "premium"].map(|name| slots.get_number(name));
    let (house, p) = (house?, p?);
    Some(insurance(house / share?, premium?, [(p, -house), (complement(p)?, 0.0)]))
}

/// Insurance that pays the whole loss.
pub(super) fn whole(slots: &Values) -> Option<Problem> {
    let [p, loss, premium] = ["p", "loss", "premium"].map(|name| slots.get_number(name));
    let p = p?;
    Some(insurance(slots.get_number("wealth")?, premium?, [(p, -loss?), (complement(p)?, 0.0)]))
}
