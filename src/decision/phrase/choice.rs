//! The sentences that put choices: offers and insurance.

use super::Domain::{Client, Firm, Harvest, MachineHours, OwnMoney, Points};
use super::sentence::{Row, counted, held_out, training};

pub(super) const OFFER: &[Row] = &[
    training(
        OwnMoney,
        "You have {$wealth} and cannot borrow. You are offered a gamble, once: {lottery:chances}. Do you accept or decline? State your decision first.",
    ),
    training(
        OwnMoney,
        "Your savings are {$wealth}, and borrowing is not possible. A neighbor proposes a bet on which you {lottery:you}. Will you accept it or decline it? Say so first.",
    ),
    training(
        Firm,
        "You run a firm with a budget of {$wealth}, and it cannot borrow. A customer offers a contract with {lottery:business}. Does the firm accept or decline? Give the decision first.",
    ),
    training(
        Client,
        "A client has entrusted {$wealth} to you, and nothing may be borrowed. You are offered a one-time deal for the client: it {lottery:it}. Do you accept or decline the deal? Begin with your decision.",
    ),
    training(
        Harvest,
        "Your farm has {$wealth} from this year's harvest and no bank will lend to it. A trader offers an agreement on next year's price that means {lottery:chances}. Do you accept or decline the agreement? Answer with the decision first.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and nobody lends you anything. Someone holds out this lottery to you, free to refuse: {lottery:table}. Accept or decline? Put your answer at the start.",
    ),
    held_out(
        OwnMoney,
        "With {$wealth} to your name and no way to borrow, you may take part in a single draw that leaves your wealth {lottery:plus-minus}. Do you accept the draw or decline it? Open with your answer.",
    ),
    held_out(
        Firm,
        "You are the treasurer of a sports club, which holds {$wealth} and may not take out loans. A sponsor suggests hosting a tournament, with {lottery:business}. Do you accept the suggestion or decline it? Lead with your decision.",
    ),
    held_out(
        Client,
        "You manage the retirement account of a client. It contains {$wealth}, and you cannot add borrowed money. A broker offers a structured note that {lottery:it}. Do you accept or decline the note? Your answer should open with the decision.",
    ),
    counted(
        Harvest,
        "Your barn holds {$wealth} of grain, and no one will lend you any. A miller proposes a swap, once, with {lottery:chances}. Do you accept or decline the swap? Open with your decision.",
    ),
    counted(
        Harvest,
        "A farm has {$wealth} of wheat in store, and it cannot borrow any more from its neighbors. You are offered a share in a barge of wheat, which {lottery:it}. Will you accept or decline? Lead with your decision.",
    ),
    counted(
        MachineHours,
        "A workshop that you direct has {$wealth} left this quarter, and no further hours can be borrowed. A supplier offers to rebuild one line, which {lottery:it}. Do you accept or decline? Begin with your decision.",
    ),
    counted(
        MachineHours,
        "Your plant has {$wealth} to spend this month, and no more can be had. An engineer suggests a trial that changes the hours at hand: {lottery:table}. Do you accept the trial or decline it? Put your decision at the start.",
    ),
    counted(
        Points,
        "In a board game you hold {$wealth}, and nobody gives you more. You may draw one chance card: {lottery:table}. Do you accept the draw or decline it? Start with your answer.",
    ),
    counted(
        Points,
        "You have {$wealth} in a game show and cannot borrow more from other players. The host offers a last round in which you {lottery:you}. Do you accept the round or decline it? Open with your answer.",
    ),
];

pub(super) const INSURANCE: &[Row] = &[
    training(
        OwnMoney,
        "You own {$wealth} in all and cannot borrow. There is {a %p} chance that you lose {$loss} of it; [with {a %rest} chance|otherwise] you lose nothing. Insurance against the whole loss costs {$premium}. Do you buy it or not? State your decision first.",
    ),
    training(
        OwnMoney,
        "Your wealth is {$wealth}, and borrowing is not possible. With probability {#p} a storm does {$loss} of damage to your house, and [with probability {#rest}|otherwise] there is no damage. Full insurance is sold at {$premium}. Will you buy it or not buy it? Say so first.",
    ),
    training(
        Firm,
        "You run a firm worth {$wealth} in total, and it cannot borrow. A lawsuit will cost it {$loss} with {a %p} chance and nothing with {a %q} chance. An insurer will take over the whole risk for {$premium}. Does the firm buy this insurance or not? Give the decision first.",
    ),
    training(
        Client,
        "You look after {$wealth} for a client, and nothing may be borrowed. A bond in it will default and lose {$loss} with {a %p} chance; [with {a %rest} chance|otherwise] it loses nothing. Protection against the entire loss is priced at {$premium}. Do you buy the protection or not? Begin with your decision.",
    ),
    training(
        Harvest,
        "Your farm is worth {$wealth} and no bank will lend to it. With {a %p} chance hail destroys crops worth {$loss}, and [with {a %rest} chance|otherwise] the harvest is complete. Hail insurance that replaces the whole loss costs {$premium}. Do you buy it or not? Answer with the decision first.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and nobody lends you anything. A loss of {$loss} happens with probability {#p} and stays away with probability {#q}. For a fee of {$premium} the loss would be made good in full. Do you buy this cover or do you not buy it? Put your answer at the start.",
    ),
    held_out(
        OwnMoney,
        "With {$wealth} to your name and no way to borrow, you stand to lose {$loss} in {%p} of cases and nothing in the other {%q}. You can buy complete insurance for {$premium}. Do you buy or not? Open with your answer.",
    ),
    held_out(
        Firm,
        "You are the treasurer of a sports club whose entire property is {$wealth} and which may not take out loans. Its clubhouse roof fails with {a %p} chance, a repair of {$loss}, and holds with {a %q} chance. A policy that pays for the whole repair has a premium of {$premium}. Do you buy the policy or not? Lead with your decision.",
    ),
    held_out(
        Firm,
        "Your company owns {$wealth}, cargo included, and cannot add borrowed money. A shipment worth {$loss} is lost at sea with {a %p} chance and arrives with {a %q} chance. Insuring all of it costs {$premium}. Do you buy the insurance or not? Your answer should open with the decision.",
    ),
    counted(
        Harvest,
        "Your barns hold {$wealth} of grain, and nobody lends you any. With {a %p} chance mold spoils {$loss} of it, and with {a %q} chance none. A cooperative makes good the whole loss for {$premium} handed over beforehand. Do you buy this cover or not? Open with your decision.",
    ),
    counted(
        MachineHours,
        "A workshop has {$wealth} left this quarter and cannot borrow any from other workshops. With {a %p} chance a breakdown takes {$loss} from it, and with {a %q} chance there is none. A service contract against the whole loss costs {$premium}, due in any case. Do you buy it or not? Begin with your decision.",
    ),
    counted(
        Points,
        "You hold {$wealth} in a game, and nobody gives you more. At the end of the round you lose {$loss} with probability {#p} and nothing with probability {#q}. A shield against the whole loss costs {$premium}. Do you buy the shield or not? Start with your decision.",
    ),
];
