//! The sentences that ask for an amount.

use super::Domain::{Client, Firm, Harvest, MachineHours, OwnMoney, Points};
use super::sentence::{Row, counted, held_out, training};

pub(super) const BET: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and cannot borrow. You may bet any amount[ up to {$cap}], once. There is {a %p} chance that you win {$b} for every $1 you bet; [with {a %rest} chance|otherwise] you lose what you bet. How much do you bet? State the amount first.",
    ),
    training(
        OwnMoney,
        "Your savings are {$wealth}, and borrowing is not possible. A single game pays odds of {#b} to 1: you win with probability {#p}, and [with probability {#rest}|otherwise] your stake is gone.[ The largest stake allowed is {$cap}.] How much do you stake? Name the amount first.",
    ),
    training(
        Client,
        "A client has entrusted {$wealth} to you, and nothing may be borrowed. A venture makes a profit of {%b} on whatever you put in with {a %p} chance, and loses all of it with {a %q} chance.[ It takes at most {$cap}.] How much of the client's money do you put in? Begin with the amount.",
    ),
    training(
        Harvest,
        "Your farm has {$wealth} from this year's harvest and no bank will lend to it. You can spend any amount[ up to {$cap}] on a new crop. With {a %p} chance it grows and brings a profit of {$b} for every $1 spent; [with {a %rest} chance|otherwise] the money is lost. How much do you spend on it? Give the amount first.",
    ),
    training(
        Firm,
        "You run a firm with a budget of {$wealth}, and it cannot borrow. A product launch succeeds with {a %p} chance and then earns a profit of {%b} of its cost; it fails with {a %q} chance and then its cost is lost.[ At most {$cap} can be used on it.] How much of the budget do you use? Say the amount first.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and nobody lends you anything. A ball is drawn once from an urn: it is green with probability {#p} and red with probability {#q}. Green pays you {#b} to 1 on your stake, and red takes the stake.[ Stakes above {$cap} are refused.] What is your stake? Put the amount at the start.",
    ),
    held_out(
        OwnMoney,
        "With {$wealth} to your name and no way to borrow, you choose the size of one wager[, at most {$cap}]. Each $1 in it becomes a gain of {$b} in {%p} of cases and is lost in the other {%q}. What size do you choose? Open with the amount.",
    ),
    held_out(
        Firm,
        "You are the treasurer of a sports club, which holds {$wealth} and may not take out loans. A summer festival can be paid for with any sum[ of at most {$cap}]. In good weather, {a %p} chance, it earns back its cost and another {%b} of it; in bad weather, {a %q} chance, the cost is lost. What sum do you spend on the festival? Lead with the amount.",
    ),
    held_out(
        Client,
        "You manage the retirement account of a client. It contains {$wealth}, and you cannot add borrowed money. A young company's shares will gain {%b} with {a %p} chance or become worthless with {a %q} chance.[ You may put in {$cap} at most.] How much money do you put into the shares? Your answer should open with the amount.",
    ),
    counted(
        Harvest,
        "Your farm has {$wealth} of seed grain, and no neighbor lends any. You may sow any part of it[, at most {$cap},] in the river meadow. With {a %p} chance the meadow returns the seed and {$b} more for every tonne sown; with {a %q} chance a flood takes the seed. How much do you sow there? Begin with the amount.",
    ),
    counted(
        MachineHours,
        "Your plant has {$wealth} available this month, and none can be borrowed. Any of them[, up to {$cap},] can go into a trial. It works with probability {#p}, and then sets free the hours used and {$b} more for each of them; with probability {#q} they are lost. How many machine-hours do you use for it? Lead with the number.",
    ),
    counted(
        Points,
        "In a quiz you hold {$wealth}, and nobody gives you more. Before the last question you may set any number of points[, at most {$cap}]. With {a %p} chance you win {$b} for each point set; [with {a %rest} chance|otherwise] the points set are lost. How many points do you set? Start with the number.",
    ),
];

pub(super) const RETURNS: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and cannot borrow. You may stake any amount[ up to {$cap}], once, on a game with {returns:stake-chances}. How much do you stake? State the amount first.",
    ),
    training(
        OwnMoney,
        "Your savings are {$wealth}, and borrowing is not possible. A single game brings, for every $1 that you stake, {returns:stake-dollars}.[ The largest stake allowed is {$cap}.] How much do you stake? Name the amount first.",
    ),
    training(
        Client,
        "A client has entrusted {$wealth} to you, and nothing may be borrowed. There is an investment whose value {returns:investment}.[ It takes at most {$cap}.] How much of the client's money do you invest? Begin with the amount.",
    ),
    training(
        Harvest,
        "Your farm has {$wealth} from this year's harvest and no bank will lend to it. You can spend any amount[ up to {$cap}] on a new crop. For every $1 spent there is {returns:per-dollar}. How much do you spend on it? Give the amount first.",
    ),
    training(
        Firm,
        "You run a firm with a budget of {$wealth}, and it cannot borrow. A joint venture takes any contribution[ up to {$cap}], and its worth then {returns:investment}. How much does the firm contribute? Say the amount first.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and nobody lends you anything. A wheel is spun once, with these results in percent of your stake: {returns:return-table}.[ Stakes above {$cap} are refused.] What is your stake? Put the amount at the start.",
    ),
    held_out(
        OwnMoney,
        "With {$wealth} to your name and no way to borrow, you choose the size of one wager[, at most {$cap}]. Each $1 in it carries {returns:per-dollar}. What size do you choose? Open with the amount.",
    ),
    held_out(
        Firm,
        "You are the treasurer of a sports club, which holds {$wealth} and may not take out loans. You can put any sum[ of at most {$cap}] into a charity fair. Its value {returns:investment}. What sum do you put in? Lead with the amount.",
    ),
    held_out(
        Client,
        "You manage the retirement account of a client. It contains {$wealth}, and you cannot add borrowed money. A stock's return over the year is one of these: {returns:return-table}.[ You may put in {$cap} at most.] How much money do you put into it? Your answer should open with the amount.",
    ),
    counted(
        Harvest,
        "Your farm has {$wealth} of seed grain, and no neighbor lends any. You may sow any part of it[, at most {$cap},] on the hillside. Every tonne sown there comes back with {returns:per-dollar}. How much do you sow there? Begin with the amount.",
    ),
    counted(
        MachineHours,
        "Your plant has {$wealth} available this month, and none can be borrowed. Any of them[, up to {$cap},] can go into rebuilding a line. Every machine-hour used for it brings {returns:stake-dollars}. How many machine-hours do you use for it? Lead with the number.",
    ),
    counted(
        Points,
        "In a game you hold {$wealth}, and nobody gives you more. You may place any number of points[, at most {$cap},] on a wheel that is spun once and changes the points placed in this way: {returns:return-table}. How many points do you place? Start with the number.",
    ),
];
