//! The sentences that put menus.

use super::Domain::{Client, Firm, Harvest, MachineHours, OwnMoney, Points};
use super::sentence::{Row, counted, held_out, training};

pub(super) const MENU: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} in savings and cannot borrow. You must choose one of these options, which is carried out once.\n{options:letters}\nWhich one do you choose? State its letter first.",
    ),
    training(
        OwnMoney,
        "Your wealth is {$wealth}, and borrowing is not possible. Here are the alternatives.\n{options:numbers}\nWhich alternative do you take? Name its number first.",
    ),
    training(
        Firm,
        "You run a firm whose budget is {$wealth}; it cannot borrow. The firm has time for exactly one of the following projects.\n{options:projects}\nWhich project do you choose? Say its letter first.",
    ),
    training(
        Client,
        "A client has placed {$wealth} in your care, and nothing may be borrowed. You must hold one of these investments for the client.\n{options:investments}\nWhich investment do you choose? Begin with its number.",
    ),
    training(
        Harvest,
        "You own a farm whose harvest brought in {$wealth}, which is all it has, and no bank will lend to it. You can follow one plan next season.\n{options:plans}\nWhich plan do you follow? Give its letter first.",
    ),
    training(
        Firm,
        "Your company holds {$wealth} in cash and has no credit line. Three months from now it will have carried out one of these orders.\n{options:offers}\nWhich one does it take? State the number first.",
    ),
    held_out(
        OwnMoney,
        "Suppose that everything you own comes to {$wealth} and that nobody lends you anything. You get one of these lotteries, played once:\n{options:lotteries}\nWhich lottery do you pick? Put its letter at the start of your answer.",
    ),
    held_out(
        OwnMoney,
        "With {$wealth} to your name and no way to borrow, you face the following prospects for your wealth.\n{options:prospects}\nDecide on one, and open with its number.",
    ),
    held_out(
        OwnMoney,
        "All that you possess is {$wealth}, and you have no means to borrow. You take part in one of these draws, a single time:\n{options:draws}\nWhich draw do you take part in? Lead with its letter.",
    ),
    held_out(
        Firm,
        "You are the treasurer of a sports club. It holds {$wealth} and may not take out loans. The members have put forward these proposals for the summer, and one must be adopted.\n{options:proposals}\nWhich proposal do you adopt? Lead with its letter.",
    ),
    held_out(
        Firm,
        "The firm that you direct has {$wealth} and no access to loans. One contract has to be signed today.\n{options:contracts}\nWhich contract do you sign? Put its number at the start.",
    ),
    held_out(
        Firm,
        "A bakery under your management has {$wealth} in the bank, and borrowing is ruled out. It will open a stall at one of these sites for a season.\n{options:sites}\nWhich site do you take? Open with its letter.",
    ),
    held_out(
        Client,
        "You manage the retirement account of a client. It contains {$wealth}, and you cannot add borrowed money. For the coming year all of it follows one of these funds, with the result shown in dollars.\n{options:funds}\nWhich fund do you pick? Your answer should open with its number.",
    ),
    held_out(
        Client,
        "As trustee you decide for a client whose whole fortune is {$wealth}; the trust must not borrow. One of these portfolios has to be chosen, with these results for the fortune.\n{options:portfolios}\nWhich portfolio do you choose? Begin with its letter.",
    ),
    held_out(
        Client,
        "A client's account holds {$wealth}, and credit is not available to it. The client asks you to subscribe to exactly one of these notes.\n{options:notes}\nWhich note do you subscribe to? Put its letter at the start.",
    ),
    counted(
        Harvest,
        "Your barns hold {$wealth} of grain, and nobody lends you more. You must grow one of these crops next season, with this result for your stock of grain.\n{options:crops}\nWhich crop do you grow? Begin with its letter.",
    ),
    counted(
        Harvest,
        "A farm has {$wealth} of wheat in store, and it cannot borrow any more from its neighbors. It can rent one of these fields.\n{options:fields}\nWhich field do you rent? Open with its number.",
    ),
    counted(
        Harvest,
        "You have {$wealth} of rice and no one who would lend you more. You sow one of these kinds of seed, and your stock changes as shown.\n{options:seeds}\nWhich seed do you sow? Lead with its letter.",
    ),
    counted(
        MachineHours,
        "Your plant has {$wealth} to spend this month, and no more can be had. One of these schedules must be run; each shows how the hours at hand change.\n{options:schedules}\nWhich schedule do you run? Begin with its letter.",
    ),
    counted(
        MachineHours,
        "A workshop has {$wealth} left this quarter and cannot borrow any from other workshops. You may introduce one of these routines.\n{options:routines}\nWhich routine do you introduce? Put its number at the start.",
    ),
    counted(
        MachineHours,
        "You plan the work of a mill with {$wealth} in hand; further hours cannot be borrowed. One setup is used from now on.\n{options:setups}\nWhich setup do you use? Open with its letter.",
    ),
    counted(
        Points,
        "In a game you hold {$wealth}, and nobody gives you more. It is your turn to make one of these moves.\n{options:moves}\nWhich move do you make? Start with its letter.",
    ),
    counted(
        Points,
        "You have {$wealth} in a game show and cannot borrow more from other players. Behind each door there is a change of your score.\n{options:doors}\nWhich door do you open? Start with its number.",
    ),
    counted(
        Points,
        "Your score in a card game is {$wealth}, and there is no way to be given more. You must play one of these cards, which change your score.\n{options:cards}\nWhich card do you play? Lead with its letter.",
    ),
];
