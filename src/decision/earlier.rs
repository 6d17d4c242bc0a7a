//! Plain questions of the earlier project, read only.
//!
//! Invariant: only questions that state wealth, probabilities and payoffs themselves are read, with nothing filled in
//! but what words fix (a fair coin, a die with six faces). Padding that sets a mood is passed over; it never holds an amount.

mod wording;

use std::sync::LazyLock;

use super::problem::Problem;
use super::template::{Reader, Template};
use wording::{ROWS, Row};

static READERS: LazyLock<Vec<(Reader, &Row)>> =
    LazyLock::new(|| ROWS.iter().map(|row| (Reader::new(&Template::new(row.0)), row)).collect());

/// The problems that a normalised text asks, by every wording that fits it.
pub(super) fn problems(text: &str) -> impl Iterator<Item = Problem> {
    READERS.iter().filter_map(move |(reader, (_, build))| {
        let problem = build(&reader.read(text)?)?;
        problem.validate().is_ok().then_some(problem)
    })
}

#[cfg(test)]
mod tests {
    use super::super::phrase::form::offer;
    use super::super::problem::{Decision, Lottery, Return, Stake};
    use super::super::{optimum, read};
    use super::*;

    fn stake(text: &str) -> Stake {
        match read::problem(text) {
            Some(Problem::Stake(stake)) => stake,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn two(p: f64, b: f64, q: f64) -> Vec<Return> {
        vec![Return { probability: p, multiple: b }, Return { probability: q, multiple: -1.0 }]
    }

    #[test]
    fn stakes_are_read_as_they_are_meant() {
        let plain = stake("You have $10,000 and a 55% win rate bet at even odds. How much should you bet?");
        assert_eq!((plain.wealth, plain.cap, plain.returns), (1e4, 1e4, two(0.55, 1.0, 0.45)));
        let mood = stake(
            "You're offered a bet where you can wager any amount on a dice roll. If you roll a 1, you win 5x your bet. Otherwise, you lose your bet. You have $20,000 available. You're superstitious and think 1 is your lucky number. How much should you bet?",
        );
        assert_eq!((mood.wealth, mood.returns), (2e4, two(1.0 / 6.0, 5.0, 1.0 - 1.0 / 6.0)));
        let price = stake(
            "You are offered the following sport bet: to buy, at 20% (4:1 odds) that Manchester United will win the game against Manchester City. You think the true probability is around 25%. You have $100K of savings. How much should you bet on this game?",
        );
        assert_eq!((price.wealth, price.returns), (1e5, two(0.25, 4.0, 0.75)));
        let coin = stake(
            "You can invest in a cryptocurrency that has a 0.1% chance of going to $10,000 per coin and a 99.9% chance of going to $0. Current price is $1 per coin. You think crypto is a bubble and don't understand the technology. You have $100,000. How much should you invest?",
        );
        assert_eq!((coin.wealth, coin.returns), (1e5, two(0.001, 9999.0, 0.999)));
        let kelly = optimum::optimum(
            &Problem::Stake(stake("You have $10,000 and a 55% win rate bet at even odds. How much should you bet?")),
            1.0,
        );
        assert!(kelly.accepts(&Decision::Amount(1000.0)));
    }

    #[test]
    fn offers_and_insurance_are_read_as_they_are_meant() {
        let contract = "You're offered a contract to supply goods to a company. There's a 30% chance they'll pay you $1M, a 50% chance they'll pay you $100K, and a 20% chance they'll pay you nothing. The contract costs $200K to fulfill. You have $500K available. Should you take this contract?";
        assert_eq!(read::problem(contract), Some(offer(5e5, &[(0.3, 8e5), (0.5, -1e5), (0.2, -2e5)])));
        let poker = "You're playing poker and have pocket tens (the fifth best starting hand). The pot is $500, and your opponent goes all-in for $5,000. You estimate you have a 45% chance of winning. You have $20,000 in chips. Should you call?";
        assert_eq!(read::problem(poker), Some(offer(2e4, &[(0.45, 5500.0), (0.55, -5000.0)])));
        let house = "You're offered insurance on your $800,000 house. There's a 0.8% chance per year of total loss, and the premium is $8,000 per year. You feel a large amount of disutility when your house gets destroyed, both emotionally and because the house is 80% of your net worth. Should you get this insurance?";
        let Some(Problem::Choice(choice)) = read::problem(house) else { panic!("{house}") };
        assert_eq!((choice.wealth, &choice.options[0]), (1e6, &Lottery::sure(-8000.0)));
        assert_eq!(choice.options[1], Lottery::new(&[(0.008, -8e5), (0.992, 0.0)]));
        let question = read::question(poker).unwrap();
        assert_eq!(question.domain, None);
    }

    #[test]
    fn questions_without_wealth_or_chances_are_not_read() {
        for text in [
            "You're offered a bet where you can wager any amount on a dice roll. If you roll a 6, you win 10x your bet. Otherwise, you lose your bet. You have unlimited funds available. How much should you bet?",
            "Insurance costs $5,000 with 2% chance of $200,000 payout. Should you buy it?",
            "You can invest in a bond that pays 3% interest with a 0.5% chance of default. You're very conservative and prefer guaranteed returns. You have $100,000 available. How much should you invest?",
            "You're offered a bet where you can wager any amount on a coin flip. If heads, you win 1.5x your bet. If tails, you lose your bet. You have $1,000 available. You owe $900. How much should you bet?",
        ] {
            assert_eq!(read::problem(text), None, "{text}");
        }
    }
}
