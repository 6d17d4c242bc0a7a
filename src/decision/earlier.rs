//! Plain questions of the earlier project, read only.
//!
//! Invariant: [`problems`] reads only questions that state wealth, probabilities and payoffs themselves, with nothing
//! filled in but what words fix (a fair coin, a die with six faces). [`by_convention`] and [`at_any_wealth`] fill in what
//! the conventions of `wording` say, and a range of wealths. Padding that sets a mood is passed over; it never holds an
//! amount.

mod wording;

use std::sync::LazyLock;

use super::problem::{Choice, Problem, Stake};
use super::template::{Reader, Template, Values};
use wording::Row;

/// Wealths for a question that puts an amount at stake but states no wealth: multiples of the largest loss or outlay.
const MULTIPLES: [f64; 8] = [1.05, 1.5, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];
/// Wealths for a question without wealth or a largest loss (any stake, only gains): those of most households, dollars.
const HOUSEHOLDS: [f64; 7] = [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6];

type Prepared = (Reader, &'static Row);

static PLAIN: LazyLock<Vec<Prepared>> = LazyLock::new(|| wording::PLAIN.into_iter().flatten().map(prepare).collect());
static CONVENTIONAL: LazyLock<Vec<Prepared>> = LazyLock::new(|| wording::CONVENTIONAL.iter().map(prepare).collect());

fn prepare(row: &'static Row) -> Prepared {
    (Reader::new(&Template::new(row.0)), row)
}

/// The problems that a normalised text asks, by every wording that fits it.
pub(super) fn problems(text: &str) -> impl Iterator<Item = Problem> {
    stated(&PLAIN, text)
}

/// The problems of a normalised text that states its wealth, and leaves one thing to a convention.
pub(super) fn by_convention(text: &str) -> impl Iterator<Item = Problem> {
    stated(&CONVENTIONAL, text)
}

/// The problems of a normalised text that states no wealth, at each of its plausible wealths: one list for every wording
/// that fits.
pub(super) fn at_any_wealth(text: &str) -> impl Iterator<Item = Vec<Problem>> {
    PLAIN.iter().chain(CONVENTIONAL.iter()).filter_map(move |(reader, (_, build))| {
        let slots = reader.read(text)?;
        let at = |wealth: f64| build(&slots.clone().number("wealth", wealth));
        if slots.get("wealth").is_some() || build(&slots).is_some() {
            return None;
        }
        wealths(&slots, &at(f64::MAX)?)
            .into_iter()
            .map(|wealth| at(wealth).filter(|problem| problem.validate().is_ok()))
            .collect()
    })
}

fn stated(rows: &'static [Prepared], text: &str) -> impl Iterator<Item = Problem> {
    rows.iter().filter_map(move |(reader, (_, build))| {
        let problem = build(&reader.read(text)?)?;
        problem.validate().is_ok().then_some(problem)
    })
}

/// The wealths at which a problem is asked that was built at a wealth beyond all amounts.
fn wealths(slots: &Values, problem: &Problem) -> Vec<f64> {
    let loss = match problem {
        Problem::Choice(Choice { options, .. }) => {
            -options.iter().flat_map(|option| &option.outcomes).map(|outcome| outcome.payoff).fold(0.0, f64::min)
        }
        Problem::Stake(Stake { wealth, cap, .. }) if cap < wealth => *cap,
        _ => 0.0,
    };
    let at_stake = loss.max(slots.get_number("cost").unwrap_or(0.0));
    if at_stake > 0.0 { MULTIPLES.map(|multiple| multiple * at_stake).to_vec() } else { HOUSEHOLDS.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::super::phrase::form::{self, offer};
    use super::super::problem::{Decision, Lottery, Return, Stake};
    use super::super::read::Asked;
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
        assert_eq!(read::asked("You're offered a job that pays $40,000. Should you take this job?"), None);
    }

    fn stated(text: &str) -> Problem {
        match read::asked(text) {
            Some(Asked::Stated(problem)) => problem,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn at_any_wealth(text: &str) -> Vec<Problem> {
        assert_eq!(read::problem(text), None, "{text}");
        let Some(Asked::AnyWealth(problems)) = read::asked(text) else { panic!("{text}") };
        assert!(problems.is_sorted_by(|a, b| a.wealth() < b.wealth()) && problems.iter().all(|p| p.validate().is_ok()));
        problems
    }

    #[test]
    fn tickets_and_contracts_come_in_units() {
        let ticket = stake(
            "You're offered a lottery ticket for $4 that has a 1 in 500 chance of winning $3,000. You're happy and it's Monday the 5th. You have $90. How many tickets should you buy?",
        );
        assert_eq!((ticket.wealth, ticket.cap, ticket.unit), (90.0, 90.0, Some(4.0)));
        assert_eq!(ticket.returns, two(0.002, 749.0, 0.998));
        let rain = stake(
            "You're offered a weather derivative that pays $400 if it snows more than 3 inches in your town next week, otherwise pays nothing. You think there's a 20% chance of this happening. The derivative costs $40. You have $1,000. How many should you buy?",
        );
        assert_eq!((rain.unit, rain.returns), (Some(40.0), two(0.2, 9.0, 0.8)));
    }

    #[test]
    fn a_parlay_needs_all_its_parts_and_is_paid_for_from_what_is_at_hand() {
        let text = "You have $500. You like to gamble. You are offered a complex parlay bet, with a 9:1 payout (10%). You think the 2 constituents of this parlay bet each has a 50% chance of paying out, and they are independent. Your net worth is 20K. How much should you put into this parlay bet?";
        let parlay = stake(text);
        assert_eq!((parlay.wealth, parlay.cap, parlay.returns), (2e4, 500.0, two(0.25, 9.0, 0.75)));
        assert_eq!(read::asked(&text.replace("(10%)", "(12%)")), None, "a price that its odds contradict");
    }

    #[test]
    fn a_convention_fills_in_what_a_default_costs() {
        let bond = "You can invest in a bond that pays 6% interest with a 1% chance of default. You like bonds. You have $70,000 available. How much should you invest?";
        assert_eq!(read::problem(bond), None);
        let Problem::Stake(read) = stated(bond) else { panic!("{bond}") };
        assert_eq!((read.wealth, read.returns), (7e4, two(0.99, 0.06, 0.01)));
    }

    #[test]
    fn questions_without_wealth_are_asked_at_a_range_of_wealths() {
        let bet = "A friend offers you a bet: if it snows today, you pay them $40. If it doesn't snow, they pay you $50. You think there's a 30% chance of snow. You like snow. Should you take this bet?";
        let bets = at_any_wealth(bet);
        assert_eq!(bets[0], offer(42.0, &[(0.3, -40.0), (0.7, 50.0)]));
        assert_eq!(bets.last().map(Problem::wealth), Some(4e4));
        assert_eq!(read::asked(&bet.replace("chance of snow", "chance of rain")), None, "another event");
        let heat = "A friend offers you a bet: if the temperature exceeds 80°F tomorrow, you pay them $40. If it doesn't, they pay you $50. You think there's a 30% chance it will exceed 80°F. Should you take this bet?";
        assert_eq!(at_any_wealth(heat)[0], bets[0]);
        assert_eq!(read::asked(&heat.replace("will exceed", "will drop below")), None, "the opposite event");
        let phone = "You're offered insurance on your phone for $70 per year. There's a 9% chance of damage costing $600 to repair. You have had 2 phones. Should you buy this insurance?";
        assert_eq!(at_any_wealth(phone)[0], form::insurance(630.0, 70.0, [(0.09, -600.0), (0.91, 0.0)]));
        let lent = "A friend offers you a 'guaranteed' investment: put in $2,000 and get back $1,900 in one year. You trust them. Should you take this investment?";
        assert_eq!(at_any_wealth(lent)[0], offer(2100.0, &[(1.0, -100.0)]), "the outlay has to be there");
        let jobs = "A company offers you two job options: Option A pays $70,000 guaranteed, Option B pays $50,000 plus a 10% chance of $300,000 bonus. Which should you choose?";
        let Problem::Choice(menu) = &at_any_wealth(jobs)[0] else { panic!("{jobs}") };
        assert_eq!(menu.options, [Lottery::sure(7e4), Lottery::new(&[(0.1, 35e4), (0.9, 5e4)])]);
    }

    #[test]
    fn a_stake_of_any_size_is_asked_of_households() {
        let startup = "You can invest in a startup that has a 2% chance of being worth $300M and a 98% chance of being worth $0. The company is currently valued at $3M. You know them. How much should you invest?";
        let shares = at_any_wealth(startup);
        assert_eq!(shares.iter().map(Problem::wealth).collect::<Vec<_>>(), HOUSEHOLDS);
        let Problem::Stake(stake) = &shares[0] else { panic!("{startup}") };
        assert_eq!((stake.cap, &stake.returns), (1e3, &two(0.02, 99.0, 0.98)));
        let wheel = "You can bet on a roulette wheel where you get 30:1 odds on a single number. The wheel has 20 numbers (0-19), so the true odds are 19:1. You have unlimited funds available. How much should you bet?";
        let Problem::Stake(stake) = &at_any_wealth(wheel)[0] else { panic!("{wheel}") };
        assert_eq!(stake.returns, two(0.05, 30.0, 0.95));
        assert_eq!(read::asked(&wheel.replace("(0-19)", "(0-18)")), None, "numbers that do not count up");
    }
}
