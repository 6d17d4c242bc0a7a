//! Menus of published experiments, as a probe for memorised answers: with their numbers, in our own words.

use super::super::super::phrase::Labels;
use super::super::super::phrase::form::offer;
use super::super::super::problem::{Choice, Frame, Lottery, Problem};
use super::Item;

/// Low and high payoffs, dollars, at even chances: Eckel & Grossman (2008), table 1.
const ECKEL_GROSSMAN: [[f64; 2]; 6] =
    [[28.0, 28.0], [24.0, 36.0], [20.0, 44.0], [16.0, 52.0], [12.0, 60.0], [2.0, 70.0]];
/// Low and high payoffs, rupees in the experiment, at even chances: Binswanger (1980), without his dominated lotteries.
const BINSWANGER: [[f64; 2]; 6] =
    [[50.0, 50.0], [45.0, 95.0], [40.0, 120.0], [30.0, 150.0], [10.0, 190.0], [0.0, 200.0]];
/// Cuts of income, in words and as shares: Barsky, Juster, Kimball & Shapiro (1997) and its later waves.
const CUTS: [(&str, f64); 6] = [
    ("a tenth", 0.1),
    ("a fifth", 0.2),
    ("a third", 1.0 / 3.0),
    ("half", 0.5),
    ("three quarters", 0.75),
    ("92%", 0.92),
];

/// Holt & Laury (2002) rows 1 to 10, Eckel & Grossman (2008), Binswanger (1980), and the job question of Barsky et al.
/// (1997) with six cuts. Payoffs are final wealth (wealth zero); the job question's unit of money is the present income.
/// None of these texts reads back as its problem.
pub fn published() -> Vec<Item> {
    let rows = (1..=10).map(holt_laury);
    let menus = [even_menu(&ECKEL_GROSSMAN, eckel_grossman_text()), even_menu(&BINSWANGER, binswanger_text())];
    rows.chain(menus).chain(CUTS.map(job)).collect()
}

fn item(text: String, problem: Problem, labels: Option<Labels>) -> Item {
    Item { text, problem, domain: None, labels, set: "published" }
}

/// Decision `row` of ten: the chance of the higher payment is `row` tenths.
fn holt_laury(row: u32) -> Item {
    let p = f64::from(row) / 10.0;
    let option = |high: f64, low: f64| {
        let both = [(p, high), (f64::from(10 - row) / 10.0, low)];
        Lottery::new(&both[..if row == 10 { 1 } else { 2 }])
    };
    let throws = |high: &str, low: &str| match row {
        1 => format!("{high} if the throw of the ten-sided die is 1, and {low} if it is 2-10"),
        9 => format!("{high} if the throw of the ten-sided die is 1-9, and {low} if it is 10"),
        10 => format!("{high} for any throw of the ten-sided die"),
        _ => format!("{high} if the throw of the ten-sided die is 1-{row}, and {low} if it is {}-10", row + 1),
    };
    let text = format!(
        "Decision {row} of 10. Option A pays {}. Option B pays {}. Each throw from 1 to 10 is equally likely. Which \
         option do you choose, A or B? State its letter first.",
        throws("$2.00", "$1.60"),
        throws("$3.85", "$0.10")
    );
    let options = vec![option(2.0, 1.6), option(3.85, 0.1)];
    item(text, Problem::Choice(Choice { wealth: 0.0, frame: Frame::Menu, options }), Some(Labels::Letters))
}

fn even_menu(menu: &[[f64; 2]], text: String) -> Item {
    let option = |&[low, high]: &[f64; 2]| match low == high {
        true => Lottery::sure(low),
        false => Lottery::new(&[(0.5, low), (0.5, high)]),
    };
    let options = menu.iter().map(option).collect();
    item(text, Problem::Choice(Choice { wealth: 0.0, frame: Frame::Menu, options }), Some(Labels::Numbers))
}

fn eckel_grossman_text() -> String {
    let lines = (1..).zip(ECKEL_GROSSMAN).map(|(number, [low, high])| {
        format!("Option {number}: ${low} if the low event (50%) occurs, ${high} if the high event (50%) occurs\n")
    });
    format!(
        "Select the one gamble, out of six, that you would like to play. Each has two possible events, low and high, \
         and either is as likely as the other.\n{}Which option do you select? State its number first.",
        lines.collect::<String>()
    )
}

fn binswanger_text() -> String {
    let lines =
        (1..).zip(BINSWANGER).map(|(number, [low, high])| format!("Option {number}: heads ${low}, tails ${high}\n"));
    format!(
        "You will be paid for one of the following games. A coin is tossed once, and what you receive depends on the \
         game that you have chosen and on the side that comes up.\n{}Which option do you choose? State its number first.",
        lines.collect::<String>()
    )
}

fn job((words, cut): (&str, f64)) -> Item {
    let text = format!(
        "You are the only earner in your family, and your job is a good one that is sure to bring you your present income \
         every year for life. You are offered a new job that is as good in every other way. With a 50% chance it doubles \
         your family's income for life, and with a 50% chance it cuts that income by {words}. Do you accept the new job \
         or decline it? State your decision first."
    );
    item(text, offer(1.0, &[(0.5, 1.0), (0.5, -cut)]), None)
}
