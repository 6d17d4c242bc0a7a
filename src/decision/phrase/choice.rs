//! The sentences that put choices: menus, offers and insurance.

use super::Sentence;
use super::Topic::{Finance, Plain};
use super::sentence::{held_out, training};

pub(super) const MENU: &[Sentence] = &[
    training(
        Plain,
        "You have {$wealth} in savings and cannot borrow. You must choose one of these options, which is carried out once.\n{options:letters}\nWhich one do you choose? State its letter first.",
    ),
    training(
        Plain,
        "Your wealth is {$wealth}, and borrowing is not possible. Here are the alternatives.\n{options:numbers}\nWhich alternative do you take? Name its number first.",
    ),
    training(
        Finance,
        "You run a firm whose budget is {$wealth}; it cannot borrow. The firm has time for exactly one of the following projects.\n{options:projects}\nWhich project do you choose? Say its letter first.",
    ),
    training(
        Finance,
        "A client has placed {$wealth} in your care, and nothing may be borrowed. You must hold one of these investments for the client.\n{options:investments}\nWhich investment do you choose? Begin with its number.",
    ),
    training(
        Finance,
        "You own a farm whose harvest brought in {$wealth}, which is all it has, and no bank will lend to it. You can follow one plan next season.\n{options:plans}\nWhich plan do you follow? Give its letter first.",
    ),
    training(
        Finance,
        "Your company holds {$wealth} in cash and has no credit line. Three months from now it will have carried out one of these orders.\n{options:offers}\nWhich one does it take? State the number first.",
    ),
    held_out(
        Plain,
        "Suppose that everything you own comes to {$wealth} and that nobody lends you anything. You get one of these lotteries, played once:\n{options:lotteries}\nWhich lottery do you pick? Put its letter at the start of your answer.",
    ),
    held_out(
        Plain,
        "With {$wealth} to your name and no way to borrow, you face the following prospects for your wealth.\n{options:prospects}\nDecide on one, and open with its number.",
    ),
    held_out(
        Finance,
        "You are the treasurer of a sports club. It holds {$wealth} and may not take out loans. The members have put forward these proposals for the summer, and one must be adopted.\n{options:proposals}\nWhich proposal do you adopt? Lead with its letter.",
    ),
    held_out(
        Finance,
        "Your retirement account contains {$wealth}, and you cannot add borrowed money. For the coming year all of it follows one of these funds, with the result shown in dollars.\n{options:funds}\nWhich fund do you pick? Your answer should open with its number.",
    ),
];

pub(super) const OFFER: &[Sentence] = &[
    training(
        Plain,
        "You have {$wealth} and cannot borrow. You are offered a gamble, once: {lottery:chances}. Do you accept or decline? State your decision first.",
    ),
    training(
        Plain,
        "Your savings are {$wealth}, and borrowing is not possible. A neighbor proposes a bet on which you {lottery:you}. Will you accept it or decline it? Say so first.",
    ),
    training(
        Finance,
        "You run a firm with a budget of {$wealth}, and it cannot borrow. A customer offers a contract with {lottery:business}. Does the firm accept or decline? Give the decision first.",
    ),
    training(
        Finance,
        "A client has entrusted {$wealth} to you, and nothing may be borrowed. You are offered a one-time deal for the client: it {lottery:it}. Do you accept or decline the deal? Begin with your decision.",
    ),
    training(
        Finance,
        "Your farm has {$wealth} from this year's harvest and no bank will lend to it. A trader offers an agreement on next year's price that means {lottery:chances}. Do you accept or decline the agreement? Answer with the decision first.",
    ),
    held_out(
        Plain,
        "Everything you own comes to {$wealth}, and nobody lends you anything. Someone holds out this lottery to you, free to refuse: {lottery:table}. Accept or decline? Put your answer at the start.",
    ),
    held_out(
        Plain,
        "With {$wealth} to your name and no way to borrow, you may take part in a single draw that leaves your wealth {lottery:plus-minus}. Do you accept the draw or decline it? Open with your answer.",
    ),
    held_out(
        Finance,
        "You are the treasurer of a sports club, which holds {$wealth} and may not take out loans. A sponsor suggests hosting a tournament, with {lottery:business}. Do you accept the suggestion or decline it? Lead with your decision.",
    ),
    held_out(
        Finance,
        "Your retirement account contains {$wealth}, and you cannot add borrowed money. Your broker offers you a structured note that {lottery:it}. Do you accept or decline the note? Your answer should open with the decision.",
    ),
];

pub(super) const INSURANCE: &[Sentence] = &[
    training(
        Plain,
        "You own {$wealth} in all and cannot borrow. There is {a %p} chance that you lose {$loss} of it; [with {a %rest} chance|otherwise] you lose nothing. Insurance against the whole loss costs {$premium}. Do you buy it or not? State your decision first.",
    ),
    training(
        Plain,
        "Your wealth is {$wealth}, and borrowing is not possible. With probability {#p} a storm does {$loss} of damage to your house, and [with probability {#rest}|otherwise] there is no damage. Full insurance is sold at {$premium}. Will you buy it or not buy it? Say so first.",
    ),
    training(
        Finance,
        "You run a firm worth {$wealth} in total, and it cannot borrow. A lawsuit will cost it {$loss} with {a %p} chance and nothing with {a %q} chance. An insurer will take over the whole risk for {$premium}. Does the firm buy this insurance or not? Give the decision first.",
    ),
    training(
        Finance,
        "You look after {$wealth} for a client, and nothing may be borrowed. A bond in it will default and lose {$loss} with {a %p} chance; [with {a %rest} chance|otherwise] it loses nothing. Protection against the entire loss is priced at {$premium}. Do you buy the protection or not? Begin with your decision.",
    ),
    training(
        Finance,
        "Your farm is worth {$wealth} and no bank will lend to it. With {a %p} chance hail destroys crops worth {$loss}, and [with {a %rest} chance|otherwise] the harvest is complete. Hail insurance that replaces the whole loss costs {$premium}. Do you buy it or not? Answer with the decision first.",
    ),
    held_out(
        Plain,
        "Everything you own comes to {$wealth}, and nobody lends you anything. A loss of {$loss} happens with probability {#p} and stays away with probability {#q}. For a fee of {$premium} the loss would be made good in full. Do you buy this cover or do you not buy it? Put your answer at the start.",
    ),
    held_out(
        Plain,
        "With {$wealth} to your name and no way to borrow, you stand to lose {$loss} in {%p} of cases and nothing in the other {%q}. You can buy complete insurance for {$premium}. Do you buy or not? Open with your answer.",
    ),
    held_out(
        Finance,
        "You are the treasurer of a sports club whose entire property is {$wealth} and which may not take out loans. Its clubhouse roof fails with {a %p} chance, a repair of {$loss}, and holds with {a %q} chance. A policy that pays for the whole repair has a premium of {$premium}. Do you buy the policy or not? Lead with your decision.",
    ),
    held_out(
        Finance,
        "Your company owns {$wealth}, cargo included, and cannot add borrowed money. A shipment worth {$loss} is lost at sea with {a %p} chance and arrives with {a %q} chance. Insuring all of it costs {$premium}. Do you buy the insurance or not? Your answer should open with the decision.",
    ),
];
