//! Offers to take or leave, and choices between two of them.

use super::super::super::number::complement;
use super::super::super::phrase::form::offer;
use super::super::super::problem::{Choice, Frame, Lottery, Price, Problem, Side};
use super::super::super::template::Values;
use super::Row;

pub(in crate::decision::earlier) const ROWS: &[Row] = &[
    (
        "[You're offered|A company offers you] a contract to supply [goods to a company|goods|services]. There's {a %p} chance they'll pay you {$high}, {a %q} chance they'll pay you {$low}, and {a %r} chance they'll pay you nothing. The contract costs {$cost} to fulfill.{*} You have {$wealth} available. Should you take this contract?",
        contract,
    ),
    (
        "A friend offers you a 50/50 bet: if you win, you get {$win}. If you lose, you pay {$lose}. You have {$wealth} total. How much should you bet?",
        even_offer,
    ),
    (
        "You're playing poker and have pocket {*}. The pot is {$pot}, and your opponent goes all-in for {$call}. You estimate you have {a %p} chance of winning. You have {$wealth} in chips. Should you call?",
        poker_call,
    ),
    ("Poker tournament entry {$cost}, {%p} chance to win {$win}. Should you enter?", entry),
    (
        "A friend offers you a ['guaranteed'|'sure thing'] investment: put in {$cost} and get back {$back} in one year.{*} Should you take this investment?",
        |slots| {
            Some(offer(slots.get_number("wealth")?, &[(1.0, slots.get_number("back")? - slots.get_number("cost")?)]))
        },
    ),
    (
        "[You can|You're playing a game where you can] choose between: Option A) Guaranteed {$sure}, or Option B) {%p} chance of {$win}, {%q} chance of $0. Which option should you choose?",
        sure_or_not,
    ),
    (
        "You're at a charity auction and can bid on a painting. You estimate there's {a %p} chance it's worth {$high}, {a %q} chance it's worth {$low}, and {a %r} chance it's worth {$least}. The current bid is {$bid}. You have {$wealth} available. What's your maximum bid?",
        bid,
    ),
    (
        "[A friend offers you|You're offered] a bet: if it {=event}s{*}, [you pay them|you pay] {$lose}. If it doesn't {=event}, [they pay you|you get] {$win}. You think there's {a %p} chance [of|it will] {=event}.{*} Should you take this bet?",
        wager,
    ),
    (
        "[A friend offers you|You're offered] a bet: if it's {=event} tomorrow, [you pay them|you pay] {$lose}. If it's not {=event}, [they pay you|you get] {$win}. You think there's {a %p} chance it will be {=event}.{*} Should you take this bet?",
        wager,
    ),
    (
        "A friend offers you a bet: if the temperature exceeds {=limit} tomorrow, you pay them {$lose}. If it doesn't, they pay you {$win}. You think there's {a %p} chance it will exceed {=limit}.{*} Should you take this bet?",
        wager,
    ),
    (
        "A friend offers you a bet: if the temperature drops below {=limit} tomorrow, you pay them {$lose}. If it doesn't, they pay you {$win}. You think there's {a %p} chance it will drop below {=limit}.{*} Should you take this bet?",
        wager,
    ),
];

fn contract(slots: &Values) -> Option<Problem> {
    let [p, q, r, high, low, cost] = ["p", "q", "r", "high", "low", "cost"].map(|name| slots.get_number(name));
    let cost = cost?;
    Some(offer(slots.get_number("wealth")?, &[(p?, high? - cost), (q?, low? - cost), (r?, -cost)]))
}

fn even_offer(slots: &Values) -> Option<Problem> {
    let [win, lose] = ["win", "lose"].map(|name| slots.get_number(name));
    Some(offer(slots.get_number("wealth")?, &[(0.5, win?), (0.5, -lose?)]))
}

/// A call risks the opponent's amount for that amount and the pot.
fn poker_call(slots: &Values) -> Option<Problem> {
    let [p, pot, call] = ["p", "pot", "call"].map(|name| slots.get_number(name));
    let (p, call) = (p?, call?);
    Some(offer(slots.get_number("wealth")?, &[(p, pot? + call), (complement(p)?, -call)]))
}

fn entry(slots: &Values) -> Option<Problem> {
    let [p, win, cost] = ["p", "win", "cost"].map(|name| slots.get_number(name));
    let (p, cost) = (p?, cost?);
    Some(offer(slots.get_number("wealth")?, &[(p, win? - cost), (complement(p)?, -cost)]))
}

/// A bet of a stated size, which is lost if what has probability `p` comes.
pub(super) fn wager(slots: &Values) -> Option<Problem> {
    let [p, win, lose] = ["p", "win", "lose"].map(|name| slots.get_number(name));
    let p = p?;
    Some(offer(slots.get_number("wealth")?, &[(p, -lose?), (complement(p)?, win?)]))
}

fn bid(slots: &Values) -> Option<Problem> {
    let [p, q, r, high, low, least] = ["p", "q", "r", "high", "low", "least"].map(|name| slots.get_number(name));
    let lottery = Lottery::new(&[(p?, high?), (q?, low?), (r?, least?)]);
    Some(Problem::Price(Price { wealth: slots.get_number("wealth")?, side: Side::Buy, lottery }))
}

fn sure_or_not(slots: &Values) -> Option<Problem> {
    let [sure, p, q, win] = ["sure", "p", "q", "win"].map(|name| slots.get_number(name));
    menu(slots, vec![Lottery::sure(sure?), Lottery::new(&[(p?, win?), (q?, 0.0)])])
}

/// A choice in the order of the text.
pub(super) fn menu(slots: &Values, options: Vec<Lottery>) -> Option<Problem> {
    Some(Problem::Choice(Choice { wealth: slots.get_number("wealth")?, frame: Frame::Menu, options }))
}
