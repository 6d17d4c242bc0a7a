//! The sentences that divide wealth between a risky asset and a safe one.

use super::Domain::{Client, Firm, OwnMoney};
use super::sentence::{Row, held_out, training};

pub(super) const PORTFOLIO: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and [can borrow up to {$loan} at the safe return, which makes {$limit} in all|cannot borrow]. For one year you can put any amount[ up to {$cap}] into a stock fund, whose value {returns:investment}. What you do not put there returns {+%safe} for certain. How much do you put into the fund? State the amount first.",
    ),
    training(
        Client,
        "A client has entrusted {$wealth} to you, and [up to {$loan} may be borrowed at the rate of a savings account, which makes {$limit} in all|nothing may be borrowed]. You divide the money between a savings account with a certain return of {+%safe} and a company whose value {returns:investment}.[ The company takes at most {$cap}.] How much goes into the company? Begin with the amount.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and [you get a loan of up to {$loan} at the return of the bond below, so that {$limit} can be invested|nobody lends you anything]. A bond returns {+%safe} without risk. A stock's return over the same year is one of these: {returns:return-table}.[ You may hold {$cap} of the stock at most.] How much money do you put into the stock, with the rest in the bond? Put the amount at the start.",
    ),
    held_out(
        Firm,
        "The firm that you direct has {$wealth} and [a loan of up to {$loan} at its disposal, at the rate of its deposit, together {$limit}|no access to loans]. It can spend any sum[ of at most {$cap}] on a new branch, and leaves the remainder in a deposit that brings {+%safe}. Each $1 spent on the branch carries {returns:per-dollar}. What sum does it spend on the branch? Lead with the amount.",
    ),
];

pub(super) const LOGNORMAL: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and [can borrow up to {$loan} at the safe rate, which makes {$limit} in all|cannot borrow]. For one year you keep a fixed share of your wealth in a stock fund and the rest at a safe rate of {+%safe}; the shares are restored continuously. The price of the fund is lognormal, with a drift of {+%drift} and a volatility of {%volatility} a year. Rates and drift are continuously compounded. How much money do you put into the fund at first[, at most {$cap}]? State the amount first.",
    ),
    training(
        Client,
        "A client has entrusted {$wealth} to you, and [up to {$loan} may be borrowed at the safe rate, which makes {$limit} in all|nothing may be borrowed]. The money is divided for a year between a safe rate of {+%safe} and an index whose price is lognormal, with a drift of {+%drift} and a volatility of {%volatility} a year (safe rate and drift continuously compounded). The division is kept constant by continuous trading.[ The index may hold at most {$cap} at the outset.] How much goes into the index at the outset? Begin with the amount.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and [you get a loan of up to {$loan} at the safe rate, so that {$limit} can be invested|nobody lends you anything]. A commodity's price follows a geometric Brownian motion with drift {+%drift} and volatility {%volatility} a year; money outside it grows at {+%safe} a year, continuously compounded like the drift. You hold a constant share of your wealth in the commodity all year, trading continuously.[ You may begin with {$cap} in it at most.] With what amount do you begin? Put it at the start.",
    ),
    held_out(
        Firm,
        "The firm that you direct has {$wealth} and [a loan of up to {$loan} at its disposal, at the rate of its deposit, together {$limit}|no access to loans]. Over a year its deposit grows by {+%safe}, and the value of a holding grows by {+%drift} on average, both continuously compounded; the holding's value is lognormal with a yearly standard deviation of {%volatility} in logarithms. The proportion of the two is kept up continuously. What sum[, of at most {$cap},] does the holding begin with? Lead with the amount.",
    ),
];
