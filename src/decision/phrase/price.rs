//! The sentences that ask for prices of lotteries.

use super::Domain::{Client, Firm, Harvest, OwnMoney, Points};
use super::sentence::{Row, counted, held_out, training};

pub(super) const SELL: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and cannot borrow. Besides, you own a paper with {lottery:chances}. You can sell it now instead.[ A price below zero, down to {+$low}, means that you pay to be rid of it.] What is the lowest price for which you sell it? State the price first.",
    ),
    training(
        Firm,
        "You run a firm with a budget of {$wealth}, and it cannot borrow. It has signed a contract with {lottery:business}, and could pass the contract on.[ A price below zero, down to {+$low}, means that the firm pays for that.] What is the lowest price at which it does so? Say the price first.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, apart from one lottery, and nobody lends you anything. The lottery: {lottery:table}.[ Prices may go below zero, down to {+$low}, if you would pay for giving it away.] From which price on would you give it away? Put the price at the start.",
    ),
    held_out(
        Client,
        "A client owns {$wealth}, on which nothing can be borrowed, and also a claim that {lottery:it}. You may sell the claim for the client.[ Less than zero, down to {+$low}, stands for paying someone to take it.] Which price is the lowest that you agree to? Your answer should open with the price.",
    ),
    counted(
        Harvest,
        "Your barns hold {$wealth} of grain, and nobody lends you any. You also hold a sealed bargain, which {lottery:it}. You may part with the bargain for grain.[ Below zero, down to {+$low}, you would give grain to part with it.] For how much grain at the least do you part with it? Begin with the amount.",
    ),
    counted(
        Points,
        "In a game you hold {$wealth}, and nobody gives you more. You also hold a card that will leave your score {lottery:plus-minus}. Another player may take the card from you.[ Below zero, down to {+$low}, you would pay the player for it.] For how many points at the least do you hand it over? Start with the number.",
    ),
];

pub(super) const BUY: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and cannot borrow. You can buy a paper with {lottery:chances}.[ A price below zero, down to {+$low}, means that you are paid for taking it.] What is the highest price that you pay for it? State the price first.",
    ),
    training(
        Firm,
        "You run a firm with a budget of {$wealth}, and it cannot borrow. It can take over a contract with {lottery:business}.[ A price below zero, down to {+$low}, means that the firm is paid for that.] What is the highest price that it pays? Say the price first.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and nobody lends you anything. A lottery is for sale: {lottery:table}.[ Prices may go below zero, down to {+$low}, if you would have to be paid.] Up to which price would you buy it? Put the price at the start.",
    ),
    held_out(
        Client,
        "A client owns {$wealth}, on which nothing can be borrowed. You may buy for the client a claim that {lottery:it}.[ Less than zero, down to {+$low}, stands for being paid to take it.] Which price is the highest that you agree to? Your answer should open with the price.",
    ),
    counted(
        Harvest,
        "Your barns hold {$wealth} of grain, and nobody lends you any. You may enter a bargain, which {lottery:it}.[ Below zero, down to {+$low}, you would be given grain for that.] How much grain at the most do you hand over to enter it? Begin with the amount.",
    ),
    counted(
        Points,
        "In a game you hold {$wealth}, and nobody gives you more. There is a card that will leave your score {lottery:plus-minus}.[ Below zero, down to {+$low}, you would be paid for taking it.] How many points at the most do you give for the card? Start with the number.",
    ),
];
