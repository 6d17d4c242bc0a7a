//! Jobs with a chance of a bonus, and projects at work.
//!
//! Conventions: a salary counts for one year. Who has no other offer earns nothing else. What a project brings to the
//! company counts as one's own money.

use super::super::super::number::complement;
use super::super::super::phrase::form::offer;
use super::super::super::problem::{Lottery, Problem};
use super::super::super::template::Values;
use super::{Row, offers::menu};

pub(in crate::decision::earlier) const ROWS: &[Row] = &[
    (
        "A company offers you a job with a {$base} base salary plus {a %p} chance of a {$bonus} bonus, or a job with a {$other_base} base salary plus {a %other_p} chance of a {$other_bonus} bonus. Which job should you take?",
        |slots| {
            menu(
                slots,
                vec![pay(slots, ["base", "p", "bonus"])?, pay(slots, ["other_base", "other_p", "other_bonus"])?],
            )
        },
    ),
    (
        "A company offers you two job options: Option A pays {$sure} guaranteed, Option B pays {$base} plus {a %p} chance of {$bonus} bonus. Which should you choose?",
        |slots| menu(slots, vec![Lottery::sure(slots.get_number("sure")?), pay(slots, ["base", "p", "bonus"])?]),
    ),
    (
        "You're offered a job with a startup that pays {$base} base salary plus {%share} equity. The company has {a %p} chance of being worth {$high}, {%q} chance of being worth {$low}, and {%r} chance of being worth $0. You have no other job offers. Should you take this job?",
        equity,
    ),
    (
        "As part of your work, you are given 2 project{*}. Project 1 {*} for sure{*} will generate for the company {$sure}. There is a second option to do a much more difficult project, where if you fail the company will lose {$lose}, but there is a small {%p} chance you succeed and the company might make {$win}. Which project would you work on?",
        projects,
    ),
];

/// A base salary and a chance of a bonus, in the slots of these names.
fn pay(slots: &Values, names: [&str; 3]) -> Option<Lottery> {
    let [base, p, bonus] = names.map(|name| slots.get_number(name));
    let (base, p) = (base?, p?);
    Some(Lottery::new(&[(p, base + bonus?), (complement(p)?, base)]))
}

fn equity(slots: &Values) -> Option<Problem> {
    let [p, q, r, high, low] = ["p", "q", "r", "high", "low"].map(|name| slots.get_number(name));
    let (base, share) = (slots.get_number("base")?, slots.get_number("share")?);
    let pay = [(p?, base + share * high?), (q?, base + share * low?), (r?, base)];
    Some(offer(slots.get_number("wealth")?, &pay))
}

fn projects(slots: &Values) -> Option<Problem> {
    let [sure, p, win, lose] = ["sure", "p", "win", "lose"].map(|name| slots.get_number(name));
    let p = p?;
    menu(slots, vec![Lottery::sure(sure?), Lottery::new(&[(p, win?), (complement(p)?, -lose?)])])
}
