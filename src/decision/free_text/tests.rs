use super::*;
use crate::decision::phrase::form::offer;
use crate::decision::problem::{Choice, Frame, Lottery, Return, Stake};

fn bet() -> Problem {
    let returns = vec![Return { probability: 0.5, multiple: 2.1 }, Return { probability: 0.5, multiple: -1.0 }];
    Problem::Stake(Stake { wealth: 10_000.0, cap: 10_000.0, returns, unit: None })
}

fn jobs() -> Problem {
    let options = vec![Lottery::sure(80_000.0), Lottery::new(&[(0.2, 440_000.0), (0.8, 40_000.0)])];
    Problem::Choice(Choice { wealth: 1000.0, frame: Frame::Menu, options })
}

#[test]
fn stakes_are_read_from_conclusions() {
    for (text, expected) in [
        ("The expected gain is $5,500.\n\n**Final answer:** bet **$2,619**.", 2619.0),
        (
            "So \\(f \\approx 26\\%\\).\n\n### Conclusion\nThe optimal bet is about 26.2% of your $10,000, i.e. **$2,619**.",
            2619.0,
        ),
        ("I compare $1,000 and $5,000.\n\nTherefore, you should bet your entire $10,000.", 10_000.0),
        ("Thus the optimal choice is to bet nothing.", 0.0),
        ("EV is negative.\n\nTherefore, I should not place this bet.", 0.0),
        ("Bet\n\n**Conclusion:** no bet.", 0.0),
        ("Therefore, the answer is: **$0** (do not invest).", 0.0),
        ("I would bet 25% of my wealth.", 2500.0),
        ("**Optimal Bet:** $2.6k", 2600.0),
    ] {
        assert_eq!(decision(&bet(), text), Ok(Decision::Amount(expected)), "{text}");
    }
}

#[test]
fn what_is_not_sure_is_not_read() {
    for (text, reason) in [
        ("I would bet between $1,000 and $2,000.", Unread::Unclear),
        ("Therefore bet $1,000. In conclusion, bet $2,000.", Unread::Unclear),
        ("If you win, you have $31,000.", Unread::Unclear),
        ("You should bet $20,000.", Unread::Unclear),
        ("Any positive stake raises the risk.", Unread::Unclear),
        ("I'm sorry, I can't provide financial advice.", Unread::Refused),
        ("First compute the expected value of the bet, which is the sum of", Unread::Truncated),
    ] {
        assert_eq!(decision(&bet(), text), Err(reason), "{text}");
    }
}

#[test]
fn options_are_read_by_label_place_and_amount() {
    for (text, option) in [
        ("**Conclusion:** Choose Option B.", 1),
        ("Option A is the better choice.", 0),
        ("Therefore I would take the first job.", 0),
        ("Based on this, I choose the guaranteed $80,000.", 0),
        ("In conclusion, choose Option B over Option A.", 1),
    ] {
        assert_eq!(decision(&jobs(), text), Ok(Decision::Option(option)), "{text}");
    }
    for text in
        ["Option A and Option B are close.", "Do not choose Option A.", "It depends on whether you choose Option A."]
    {
        assert_eq!(decision(&jobs(), text), Err(Unread::Unclear), "{text}");
    }
}

#[test]
fn offers_are_taken_or_declined() {
    let call = offer(20_000.0, &[(0.45, 5_500.0), (0.55, -5_000.0)]);
    for (text, option) in [
        ("**Decision:** Folding leaves more. The optimal choice is to **fold**.", 1),
        ("### Conclusion\nFolding is optimal. Calling reduces your utility.", 1),
        ("Therefore, I should not call.", 1),
        ("Thus you should call.", 0),
        ("I would accept the bet.", 0),
        ("The answer is **no**.", 1),
    ] {
        assert_eq!(decision(&call, text), Ok(Decision::Option(option)), "{text}");
    }
    for text in ["Betting $500 strikes the best balance, so bet $500.", "Whether to call depends on the table."] {
        assert_eq!(decision(&call, text), Err(Unread::Unclear), "{text}");
    }
}
