//! Positions in whole units: tickets, contracts.
//!
//! Units of one question win and lose together, as shares of one bet do. For tickets with different numbers, of which at
//! most one wins, the best number was the same in all questions of the earlier project.

use super::super::super::number::complement;
use super::super::super::phrase::form;
use super::super::super::problem::Problem;
use super::super::super::template::Values;
use super::Row;

pub(in crate::decision::earlier) const ROWS: &[Row] = &[
    (
        "You're offered a lottery ticket for {$unit} that has a 1 in {#n} chance of winning {$prize}.{*} You have {$wealth}[ in cash]. How many tickets should you buy?",
        ticket,
    ),
    (
        "You're offered a weather derivative that pays {$prize} if it {*}, otherwise pays nothing. You think there's {a %p} chance of this happening. The derivative costs {$unit}. You have {$wealth}. How many should you buy?",
        |slots| {
            let p = slots.get_number("p")?;
            units(slots, p, complement(p)?)
        },
    ),
];

fn ticket(slots: &Values) -> Option<Problem> {
    let p = 1.0 / slots.get_number("n")?;
    units(slots, p, 1.0 - p)
}

/// Units at the price `unit` that pay the prize with probability `p`, else nothing.
pub(super) fn units(slots: &Values, p: f64, q: f64) -> Option<Problem> {
    let gain = slots.get_number("prize")? / slots.get_number("unit")? - 1.0;
    form::stake(slots, &[(p, gain), (q, -1.0)])
}
