//! Cycles among three lotteries: A over B, B over C, and C over A.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::{identity, pair};
use crate::estimate::Observation;

/// For each triple of lotteries with answers to all three pairs at the same wealth: combinations of one answer to each
/// pair that form a cycle, and all of them (Tversky 1969). Clusters that span several items are taken to be different
/// respondents, whose answers are not mixed.
pub(super) fn cycles(observations: &[&Observation]) -> Vec<[u64; 2]> {
    let groups = by_respondent(observations);
    groups.values().flat_map(triples).collect()
}

/// Answers to a pair of lotteries, lower identity first: how often each was chosen.
type Answers = BTreeMap<(String, String), [u64; 2]>;

fn by_respondent<'a>(observations: &[&'a Observation]) -> BTreeMap<(Option<&'a str>, String), Answers> {
    let mut items: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for observation in observations {
        items.entry(&observation.cluster).or_default().insert(observation.problem.item());
    }
    let mut groups: BTreeMap<(Option<&str>, String), Answers> = BTreeMap::new();
    for observation in observations {
        let Some((choice, chosen)) = pair(observation) else { continue };
        // Identities are in dollars here, as lotteries are compared at one wealth only.
        let [first, second] = [0, 1].map(|option| identity(&choice.options[option], 1.0));
        if first == second {
            continue;
        }
        let cluster = observation.cluster.as_str();
        let wealth = format!("{:.8e}", choice.wealth);
        let answers = groups.entry((Some(cluster).filter(|name| items[name].len() > 1), wealth)).or_default();
        let (key, position) = if first < second { ((first, second), chosen) } else { ((second, first), 1 - chosen) };
        answers.entry(key).or_default()[position] += 1;
    }
    groups
}

fn triples(answers: &Answers) -> Vec<[u64; 2]> {
    let mut found = Vec::new();
    for ((a, b), [ab, ba]) in answers {
        for ((_, c), [bc, cb]) in answers.iter().filter(|((lower, _), _)| lower == b) {
            if let Some([ac, ca]) = answers.get(&(a.clone(), c.clone())) {
                found.push([ab * bc * ca + ba * cb * ac, (ab + ba) * (bc + cb) * (ac + ca)]);
            }
        }
    }
    found
}
