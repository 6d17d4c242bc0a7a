//! Bets of any size at stated odds.

use super::super::super::number::complement;
use super::super::super::phrase::form;
use super::super::super::problem::Problem;
use super::super::super::template::Values;
use super::Row;

/// The faces of a die.
const DIE_FACES: f64 = 6.0;
/// How far a price may be from what its odds say, by rounding to a tenth of a percent.
const PRICE_ROUNDING: f64 = 0.000_6;

pub(in crate::decision::earlier) const ROWS: &[Row] = &[
    (
        "You're offered a bet where you can wager any amount on a coin flip. If heads, you win {#b}x your bet. If tails, you lose your bet. You have [{$wealth}|unlimited funds] available.{*} How much should you bet?",
        fair_coin,
    ),
    (
        "You can bet on a coin flip where you win {$b} for every $1 you bet if heads, but lose $1 if tails. You have {$wealth}. How much should you bet?",
        fair_coin,
    ),
    (
        "You're offered a bet where you can wager any amount on a dice roll. If you roll a {#face}, you win {#b}x your bet. Otherwise, you lose your bet. You have [{$wealth}|unlimited funds] available.{*} How much should you bet?",
        die,
    ),
    (
        "A casino offers a game where you roll a die. If you roll 1-5, you lose your bet. If you roll {#face}, you win {#b} times your bet. How much of your {$wealth} should you bet?",
        die,
    ),
    (
        "You can bet on a sports game where you get {#b}:1 odds on a team you think has {a %p} chance of winning.{*} You have {$wealth} available. How much should you bet?",
        odds,
    ),
    (
        "You can bet on a sports team with {#b}:1 odds. You think they have {a %p} chance of winning. You have {$wealth}. How much should you bet?",
        odds,
    ),
    (
        "You can bet on a horse race where you get {#b}:1 odds on a horse you think has {a %p} chance of winning.{*} You have {$wealth}. How much should you bet?",
        odds,
    ),
    (
        "You're at a horse race and can bet on a horse at {#b}:1 odds. {*} believe this horse has {a %p} chance of winning (expected value is positive). You have {$wealth} in your betting account. How much should you bet?",
        odds,
    ),
    (
        "You're at a casino and see a roulette wheel with 36 numbers (1-36) plus 0 and 00. You can bet on any single number for {#b}:1 odds. However, you notice the wheel is slightly biased - number {#n} comes up {%p} of the time instead of the expected {%fair}. You have {$wealth} in your pocket. How much should you bet on number {#n}?",
        odds,
    ),
    (
        "You can bet on a sports game where the odds are exactly fair (50/50) and you get even money.{*} You have {$wealth} available. How much should you bet?",
        |slots| bet(slots, 0.5, 1.0),
    ),
    ("You have {$wealth} and {a %p} win rate bet at even odds. How much should you bet?", even_odds),
    ("Coin flip game: {%p} heads probability, even money odds. Bankroll {$wealth}. Optimal bet size?", even_odds),
    (
        "You have {$wealth}. You have an option to put on any amount of money on a {#percent}/{#rest} coin flip. How much are you investing?",
        uneven_coin,
    ),
    (
        "[You're|You are] offered the following [sports|sport] bet: to buy, at {%price} ({#odds}:1 odds) that {*}. You think the true probability is around {%p}. You have {$wealth} of savings. How much should you bet on this game?",
        bought_at_a_price,
    ),
    (
        "You can bet on a roulette wheel where you get {#b}:1 odds on a single number. The wheel has {#numbers} numbers (0-{#last}), so the true odds are {#last}:1. You have [{$wealth}|unlimited funds] available. How much should you bet?",
        wheel,
    ),
    (
        "You're playing a game where you can bet on the outcome of {#n} coin flips. You get {#b}:1 odds if you predict all {#n} correctly, but lose everything if you're wrong. You think you can predict each flip with {%p} accuracy. You have {$wealth}. How much should you bet?",
        all_of,
    ),
    (
        "You have {$cap}.{*} You are offered a complex [parlay|parley] bet, with a {#b}:1 payout ({%price}). You think the {#n} constituents of this [parlay|parley] bet each has {a %p} chance of paying out, and they are [independent|indepedent]. Your [net worth|networth] is {$wealth}. How much should you put into this [parlay|parley] bet?",
        parlay,
    ),
];

/// A bet that gains `b` for each dollar with probability `p` and loses it otherwise.
pub(super) fn bet(slots: &Values, p: f64, b: f64) -> Option<Problem> {
    form::stake(slots, &[(p, b), (complement(p)?, -1.0)])
}

fn fair_coin(slots: &Values) -> Option<Problem> {
    bet(slots, 0.5, slots.get_number("b")?)
}

fn die(slots: &Values) -> Option<Problem> {
    let face = slots.get_number("face")?;
    if face.fract() != 0.0 || !(1.0..=DIE_FACES).contains(&face) {
        return None;
    }
    form::stake(slots, &[(1.0 / DIE_FACES, slots.get_number("b")?), (1.0 - 1.0 / DIE_FACES, -1.0)])
}

fn odds(slots: &Values) -> Option<Problem> {
    bet(slots, slots.get_number("p")?, slots.get_number("b")?)
}

fn even_odds(slots: &Values) -> Option<Problem> {
    bet(slots, slots.get_number("p")?, 1.0)
}

fn uneven_coin(slots: &Values) -> Option<Problem> {
    let chance = |name| Some(slots.get_number(name)? / 100.0);
    form::stake(slots, &[(chance("percent")?, 1.0), (chance("rest")?, -1.0)])
}

/// A contract that pays 1 and costs `price`; the odds beside it must be the same to their two decimals.
fn bought_at_a_price(slots: &Values) -> Option<Problem> {
    let price = slots.get_number("price")?;
    let gain = complement(price)? / price;
    let agree = (gain - slots.get_number("odds")?).abs() < 0.006;
    if agree { bet(slots, slots.get_number("p")?, gain) } else { None }
}

/// A wheel with numbers from 0 to `last`, all equally likely.
fn wheel(slots: &Values) -> Option<Problem> {
    let numbers = slots.get_number("numbers")?;
    if slots.get_number("last")? + 1.0 != numbers {
        return None;
    }
    form::stake(slots, &[(1.0 / numbers, slots.get_number("b")?), (1.0 - 1.0 / numbers, -1.0)])
}

/// A bet on `n` independent events that all have to come.
fn all_of(slots: &Values) -> Option<Problem> {
    let p = slots.get_number("p")?.powf(slots.get_number("n")?);
    form::stake(slots, &[(p, slots.get_number("b")?), (1.0 - p, -1.0)])
}

fn parlay(slots: &Values) -> Option<Problem> {
    let fair = 1.0 / (1.0 + slots.get_number("b")?);
    if (fair - slots.get_number("price")?).abs() < PRICE_ROUNDING { all_of(slots) } else { None }
}
