//! The sentences that ask for whole units, and for stakes that may be borrowed for.

use super::Domain::{Client, Firm, OwnMoney};
use super::sentence::{Row, held_out, training};

pub(super) const UNITS: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and [can borrow up to {$loan} without interest, which makes {$limit} in all|cannot borrow]. Tickets for a game cost {$unit} each, and only whole tickets are sold[; you may spend at most {$cap}]. Each $1 spent brings {returns:stake-dollars}. How many tickets do you buy? State their number and what you pay first.",
    ),
    training(
        Client,
        "A client has entrusted {$wealth} to you, and [up to {$loan} may be borrowed without interest, which makes {$limit} in all|nothing may be borrowed]. Shares of a company cost {$unit} each and are sold only whole[, for at most {$cap} in all]. Their value {returns:investment}. How many shares do you buy? Begin with their number and the price of all.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and [somebody lends you up to {$loan} free of interest, so that {$limit} can be spent|nobody lends you anything]. Raffle numbers are to be had at {$unit} apiece, never in parts[, until {$cap} are spent]. Each $1 spent carries {returns:per-dollar}. How many do you take? Put how many, and the sum, at the start.",
    ),
    held_out(
        Firm,
        "The firm that you direct has {$wealth} and [an interest-free loan of up to {$loan} at its disposal, together {$limit}|no access to loans]. It can order containers of a new product, each at {$unit} and none in part[, for up to {$cap}]. The return on what it pays is one of these: {returns:return-table}. How many containers does it order? Open with their number and the total.",
    ),
];

pub(super) const MARGIN: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and can borrow up to {$loan} without interest. You may stake any amount up to {$limit}, once, on a game with {returns:stake-chances}. How much do you stake? State the amount first.",
    ),
    training(
        Firm,
        "You run a firm with a budget of {$wealth}, and its bank lends it up to {$loan} free of interest. A joint venture takes any contribution up to {$limit}, and its worth then {returns:investment}. How much does the firm contribute? Say the amount first.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and a friend lends you up to {$loan} without interest, so that you can put in up to {$limit}. A wheel is spun once, with these results in percent of your stake: {returns:return-table}. What is your stake? Put the amount at the start.",
    ),
    held_out(
        Client,
        "You manage the account of a client. It contains {$wealth}, and up to {$loan} can be borrowed on it at no cost, which allows a position of {$limit}. Each $1 put into a certain stock carries {returns:per-dollar}. How much money do you put into it? Your answer should open with the amount.",
    ),
];
