//! The sentences that ask how much of a loss to insure.

use super::Domain::{Client, Firm, Harvest, OwnMoney, Points};
use super::sentence::{Row, counted, held_out, training};

pub(super) const COVERAGE: &[Row] = &[
    training(
        OwnMoney,
        "You own {$wealth} in all and cannot borrow. There is {a %p} chance that you lose {$loss} of it; otherwise you lose nothing. You can insure any part of this loss. Each $1 insured costs {$rate}, which you pay in any case. How much of the loss do you insure? State the amount first.",
    ),
    training(
        Firm,
        "You run a firm worth {$wealth} in total, and it cannot borrow. A lawsuit will cost it {$loss} with {a %p} chance and otherwise nothing. An insurer will take over any part of this risk, for a premium of {%rate} of the amount that it covers. How much does the firm have covered? Give the amount first.",
    ),
    held_out(
        OwnMoney,
        "Everything you own comes to {$wealth}, and nobody lends you anything. A loss of {$loss} happens with probability {#p} and else stays away. You decide which amount, from nothing to the whole loss, would be made good; the fee is {%rate} of that amount, due at once. Which amount is it? Put it at the start of your answer.",
    ),
    held_out(
        Client,
        "You look after the property of a client. It is worth {$wealth}, and nothing can be borrowed on it. With {a %p} chance a flood does {$loss} of damage, and otherwise none. Cover against it is sold in any amount up to the damage, at {$rate} for each $1 of cover. How much cover do you buy? Your answer should open with the amount.",
    ),
    counted(
        Harvest,
        "Your barns hold {$wealth} of grain, and nobody lends you any. With {a %p} chance mold spoils {$loss} of it, and otherwise none. A cooperative makes good any part of the loss that you choose beforehand and takes {$rate} for every tonne of it, whatever happens. For how much of the loss do you choose this? Begin with the amount.",
    ),
    counted(
        Points,
        "You hold {$wealth} in a game, and nobody gives you more. At the end of the round you lose {$loss} with probability {#p} and otherwise nothing. You can shield any number of the points at risk, at {$rate} for each of them. How many of the points at risk do you shield? Start with the number.",
    ),
];
