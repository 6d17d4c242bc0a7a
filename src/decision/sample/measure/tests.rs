use super::super::super::read;
use super::super::super::problem::Problem;
use super::*;
use crate::estimate::thresholds;

fn threshold(item: &Item) -> Option<f64> {
    match &item.problem {
        Problem::Choice(choice) => match thresholds(choice)[..] {
            [one] => Some(one),
            _ => None,
        },
        _ => None,
    }
}

fn read_back(items: &[Item]) {
    for item in items {
        let read = read::question(&item.text).expect(&item.text);
        assert_eq!((&read.problem, read.domain), (&item.problem, item.domain), "{}", item.text);
    }
}

#[test]
fn choices_have_even_thresholds_labels_and_both_orders() {
    let settings = Settings::new(1, 140);
    let items = choices(&settings).unwrap();
    assert_eq!(items.len(), 280);
    read_back(&items[..60]);
    let found: Vec<f64> = items.iter().map(|item| threshold(item).expect("one threshold")).collect();
    for low in -3..4 {
        let share = found.iter().filter(|t| (f64::from(low)..f64::from(low + 1)).contains(*t)).count() as f64 / 280.0;
        assert!((0.11..0.18).contains(&share), "{share} of the thresholds from {low}");
    }
    assert!(found.iter().all(|t| settings.targets.iter().all(|target| (t - target).abs() > 0.05 - 1e-9)));
    for pair in items.chunks(2) {
        assert_eq!(pair[0].problem.item(), pair[1].problem.item());
        assert!(pair[0].problem != pair[1].problem && pair[0].labels == pair[1].labels);
    }
    for labels in Labels::ALL {
        let count = items.iter().filter(|item| item.labels == Some(labels)).count();
        assert!((92..=94).contains(&count), "{count} {labels:?}");
    }
    let again = choices(&settings).unwrap();
    assert_eq!(items, again);
    assert_ne!(choices(&Settings::new(2, 140)).unwrap(), again);
}

#[test]
fn published_thresholds() {
    let expected = [
        -1.712_820, -0.946_837, -0.486_575, -0.142_632, 0.146_363, 0.411_456, 0.676_180, 0.970_581, 1.368_391,
    ];
    let items = published();
    assert!(items.iter().all(|item| item.problem.validate().is_ok() && read::problem(&item.text).is_none()));
    for (item, expected) in items.iter().zip(expected) {
        assert!((threshold(item).unwrap() - expected).abs() < 1e-6);
    }
    assert_eq!(threshold(&items[9]), None);
}
