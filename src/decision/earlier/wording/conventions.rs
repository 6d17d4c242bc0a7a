//! Wordings that leave out more than the wealth, read by one plain convention each.

use super::super::super::number::complement;
use super::super::super::problem::Lottery;
use super::assets::bond;
use super::insurance::{house, whole};
use super::offers::{menu, wager};
use super::units::units;
use super::{Row, bets::bet};

pub(in crate::decision::earlier) const ROWS: &[Row] = &[
    // A bond in default pays nothing back.
    (
        "[You can invest in|You're offered] a bond that pays {%b} interest with {a %q} chance of default.{*} You have {$wealth} available. How much should you invest?",
        bond,
    ),
    // Equity that does not come to be worth what is hoped for is worth nothing.
    (
        "A startup offers you equity worth {$unit} per share with {a %p} chance of being worth {$prize} per share. You can buy unlimited shares.{*} How many shares should you buy?",
        |slots| {
            let p = slots.get_number("p")?;
            units(slots, p, complement(p)?)
        },
    ),
    // An edge on the pass line, which pays even money, is the expected gain of each dollar.
    (
        "You're at a casino and see a craps table where you can bet on the pass line. You estimate you have {a %edge} edge over the house. You have {$wealth} in your pocket. How much should you bet per roll?",
        |slots| bet(slots, (1.0 + slots.get_number("edge")?) / 2.0, 1.0),
    ),
    // A market or a price that does not go up goes down.
    (
        "A friend offers you a bet: if the stock market goes up {*}, you pay them {$lose}. If it goes down, they pay you {$win}. You think there's {a %p} chance the market goes up.{*} Should you take this bet?",
        wager,
    ),
    (
        "A friend offers you a bet: if the price of {=thing} goes up {*}, you pay them {$lose}. If it goes down, they pay you {$win}. You think there's {a %p} chance {=thing} goes up.{*} Should you take this bet?",
        wager,
    ),
    // A day that is not sunny is cloudy.
    (
        "[A friend offers you|You're offered] a bet: if it's sunny tomorrow, [you pay them|you pay] {$lose}. If it's cloudy, [they pay you|you get] {$win}. You think there's {a %p} chance of sun.{*} Should you take this bet?",
        wager,
    ),
    // What insurance pays out is the loss.
    ("Insurance costs {$premium} with {%p} chance of {$loss} payout. Should you buy it?", whole),
    // The premium is paid in any case.
    (
        "There is an option to buy insurance on your own house. There is {a %p} chance per year this insurance will pay out - where you will receive {$house} in the case the house get wipe out. Otherwise, you pay {$premium} per year in premium. {*} because the house is {%share} of your net worth. Should you get this insurance?",
        house,
    ),
    // A house that burns down is lost whole. To buy is the first option.
    (
        "You can buy insurance for {$premium} that pays {$payout} if your house burns down ({%p} chance). Your house is worth {$loss}. Should you buy the insurance?",
        |slots| {
            let [premium, payout, p, loss] = ["premium", "payout", "p", "loss"].map(|name| slots.get_number(name));
            let (premium, p, loss) = (premium?, p?, loss?);
            let q = complement(p)?;
            let bought = Lottery::new(&[(p, payout? - premium - loss), (q, -premium)]);
            menu(slots, vec![bought, Lottery::new(&[(p, -loss), (q, 0.0)])])
        },
    ),
];
