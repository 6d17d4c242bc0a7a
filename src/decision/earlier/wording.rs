//! The wordings of the earlier project's questions, as data, and what their slots mean.

use super::super::number::complement;
use super::super::phrase::form::{self, insurance, offer};
use super::super::problem::Problem;
use super::super::template::Values;

/// A wording, and the problem that its slots describe.
pub(super) type Row = (&'static str, fn(&Values) -> Option<Problem>);

const DIE_FACES: f64 = 6.0;

pub(super) const ROWS: &[Row] = &[
    (
        "You're offered a bet where you can wager any amount on a coin flip. If heads, you win {#b}x your bet. If tails, you lose your bet. You have {$wealth} available.{*} How much should you bet?",
        fair_coin,
    ),
    (
        "You can bet on a coin flip where you win {$b} for every $1 you bet if heads, but lose $1 if tails. You have {$wealth}. How much should you bet?",
        fair_coin,
    ),
    (
        "You're offered a bet where you can wager any amount on a dice roll. If you roll a {#face}, you win {#b}x your bet. Otherwise, you lose your bet. You have {$wealth} available.{*} How much should you bet?",
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
        "You can invest in a cryptocurrency that has {a %p} chance of going to {$high} per coin and {a %q} chance of going to $0. Current price is {$price} per coin.{*} You have {$wealth}[ to invest|]. How much should you invest?",
        coin_price,
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
    (
        "You're offered insurance on your {$house} house. There's {a %p} chance per year of total loss, and the premium is {$premium} per year. {*} because the house is {%share} of your net worth. Should you get this insurance?",
        house,
    ),
];

/// A bet that gains `b` for each dollar with probability `p` and loses it otherwise.
fn bet(slots: &Values, p: f64, b: f64) -> Option<Problem> {
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

fn coin_price(slots: &Values) -> Option<Problem> {
    let gain = slots.get_number("high")? / slots.get_number("price")? - 1.0;
    form::stake(slots, &[(slots.get_number("p")?, gain), (slots.get_number("q")?, -1.0)])
}

fn bond(slots: &Values) -> Option<Problem> {
    bet(slots, complement(slots.get_number("q")?)?, slots.get_number("b")?)
}

fn stock(slots: &Values) -> Option<Problem> {
    let [p, q, gain, loss] = ["p", "q", "gain", "loss"].map(|name| slots.get_number(name));
    form::stake(slots, &[(p?, gain?), (q?, -loss?)])
}

fn double_or_half(slots: &Values) -> Option<Problem> {
    form::stake(slots, &[(slots.get_number("p")?, 1.0), (slots.get_number("q")?, -0.5)])
}

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

fn house(slots: &Values) -> Option<Problem> {
    let [house, share, p, premium] = ["house", "share", "p", "premium"].map(|name| slots.get_number(name));
    let (house, p) = (house?, p?);
    Some(insurance(house / share?, premium?, [(p, -house), (complement(p)?, 0.0)]))
}
