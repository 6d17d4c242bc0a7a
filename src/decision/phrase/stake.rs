//! The sentences that ask for an amount.

use super::Sentence;
use super::Topic::{Finance, Plain};
use super::sentence::{held_out, training};

pub(super) const BET: &[Sentence] = &[
    training(
        Plain,
        "You have {$wealth} and cannot borrow. You may bet any amount[ up to {$cap}], once. There is {a %p} chance that you win {$b} for every $1 you bet; [with {a %rest} chance|otherwise] you lose what you bet. How much do you bet? State the amount first.",
    ),
    training(
        Plain,
        "Your savings are {$wealth}, and borrowing is not possible. A single game pays odds of {#b} to 1: you win with probability {#p}, and [with probability {#rest}|otherwise] your stake is gone.[ The largest stake allowed is {$cap}.] How much do you stake? Name the amount first.",
    ),
    training(
        Finance,
        "A client has entrusted {$wealth} to you, and nothing may be borrowed. A venture makes a profit of {%b} on whatever you put in with {a %p} chance, and loses all of it with {a %q} chance.[ It takes at most {$cap}.] How much of the client's money do you put in? Begin with the amount.",
    ),
    training(
        Finance,
        "Your farm has {$wealth} from this year's harvest and no bank will lend to it. You can spend any amount[ up to {$cap}] on a new crop. With {a %p} chance it grows and brings a profit of {$b} for every $1 spent; [with {a %rest} chance|otherwise] the money is lost. How much do you spend on it? Give the amount first.",
    ),
    training(
        Finance,
        "You run a firm with a budget of {$wealth}, and it cannot borrow. A product launch succeeds with {a %p} chance and then earns a profit of {%b} of its cost; it fails with {a %q} chance and then its cost is lost.[ At most {$cap} can be used on it.] How much of the budget do you use? Say the amount first.",
    ),
    held_out(
        Plain,
        "Everything you own comes to {$wealth}, and nobody lends you anything. A ball is drawn once from an urn: it is green with probability {#p} and red with probability {#q}. Green pays you {#b} to 1 on your stake, and red takes the stake.[ Stakes above {$cap} are refused.] What is your stake? Put the amount at the start.",
    ),
    held_out(
        Plain,
        "With {$wealth} to your name and no way to borrow, you choose the size of one wager[, at most {$cap}]. Each $1 in it becomes a gain of {$b} in {%p} of cases and is lost in the other {%q}. What size do you choose? Open with the amount.",
    ),
    held_out(
        Finance,
        "You are the treasurer of a sports club, which holds {$wealth} and may not take out loans. A summer festival can be paid for with any sum[ of at most {$cap}]. In good weather, {a %p} chance, it earns back its cost and another {%b} of it; in bad weather, {a %q} chance, the cost is lost. What sum do you spend on the festival? Lead with the amount.",
    ),
    held_out(
        Finance,
        "Your retirement account contains {$wealth}, and you cannot add borrowed money. A young company's shares will gain {%b} with {a %p} chance or become worthless with {a %q} chance.[ You may put in {$cap} at most.] How much money do you put into the shares? Your answer should open with the amount.",
    ),
];

pub(super) const RETURNS: &[Sentence] = &[
    training(
        Plain,
        "You have {$wealth} and cannot borrow. You may stake any amount[ up to {$cap}], once, on a game with {returns:stake-chances}. How much do you stake? State the amount first.",
    ),
    training(
        Plain,
        "Your savings are {$wealth}, and borrowing is not possible. A single game brings, for every $1 that you stake, {returns:stake-dollars}.[ The largest stake allowed is {$cap}.] How much do you stake? Name the amount first.",
    ),
    training(
        Finance,
        "A client has entrusted {$wealth} to you, and nothing may be borrowed. There is an investment whose value {returns:investment}.[ It takes at most {$cap}.] How much of the client's money do you invest? Begin with the amount.",
    ),
    training(
        Finance,
        "Your farm has {$wealth} from this year's harvest and no bank will lend to it. You can spend any amount[ up to {$cap}] on a new crop. For every $1 spent there is {returns:per-dollar}. How much do you spend on it? Give the amount first.",
    ),
    training(
        Finance,
        "You run a firm with a budget of {$wealth}, and it cannot borrow. A joint venture takes any contribution[ up to {$cap}], and its worth then {returns:investment}. How much does the firm contribute? Say the amount first.",
    ),
    held_out(
        Plain,
        "Everything you own comes to {$wealth}, and nobody lends you anything. A wheel is spun once, with these results in percent of your stake: {returns:return-table}.[ Stakes above {$cap} are refused.] What is your stake? Put the amount at the start.",
    ),
    held_out(
        Plain,
        "With {$wealth} to your name and no way to borrow, you choose the size of one wager[, at most {$cap}]. Each $1 in it carries {returns:per-dollar}. What size do you choose? Open with the amount.",
    ),
    held_out(
        Finance,
        "You are the treasurer of a sports club, which holds {$wealth} and may not take out loans. You can put any sum[ of at most {$cap}] into a charity fair. Its value {returns:investment}. What sum do you put in? Lead with the amount.",
    ),
    held_out(
        Finance,
        "Your retirement account contains {$wealth}, and you cannot add borrowed money. A stock's return over the year is one of these: {returns:return-table}.[ You may put in {$cap} at most.] How much money do you put into it? Your answer should open with the amount.",
    ),
];
