//! Positions in whole units: tickets, contracts.
//!
//! Convention: units of one question win and lose together, as shares of one bet do. (Were tickets to have different
//! numbers, of which one wins at most, the best count of them would be the same in every question of the earlier project
//! for gamma = 2, 1, 0 and -1.)

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
