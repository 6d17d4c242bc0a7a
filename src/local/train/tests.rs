use super::*;
use crate::local::adapter::Adapter;
use crate::local::tiny;
use crate::local::weights::Weights;

fn sequence(ids: &[u32], from: usize) -> Sequence {
    Sequence { ids: ids.to_vec(), weights: (0..ids.len()).map(|at| if at >= from { 1.0 } else { 0.0 }).collect() }
}

fn lessons() -> Vec<Sequence> {
    vec![
        sequence(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 8),
        sequence(&[1, 2, 3, 4, 5, 6, 7, 8, 12, 13], 8),
        sequence(&[20, 21, 22, 23], 2),
        sequence(&[5, 30, 31], 1),
    ]
}

fn recipe(threads: usize) -> Recipe {
    let usual = Recipe::for_model(&tiny::weights().config);
    Recipe { rank: 2, alpha: 4.0, first_block: 1, epochs: 3, batch_size: 2, learning_rate: 0.01, threads, ..usual }
}

fn trainer<'a>(weights: &'a Weights, recipe: Recipe, data: Data, start: &Adapter) -> Trainer<'a> {
    Trainer::new(weights, recipe, (data, Data::Examples(Vec::new())), Some(start)).unwrap()
}

/// The start without what the recipe leaves frozen.
fn start(weights: &Weights) -> Adapter {
    let mut adapter = tiny::adapter(weights, false);
    adapter.blocks[0] = Default::default();
    adapter
}

fn check_gradients(data: impl Fn() -> Data, units: &[usize]) {
    let weights = tiny::weights();
    let begin = start(&weights);
    // Pairs are measured against the start, so the point at which slopes are taken has to be another one.
    let mut point = begin.clone();
    point.matrices_mut().for_each(|matrix| matrix.values.iter_mut().for_each(|value| *value *= 0.9));
    let loss = |adapter: &Adapter| {
        let mut trainer = trainer(&weights, recipe(1), data(), &begin);
        trainer.set_adapter(adapter.clone());
        let (tally, gradient) = trainer.gradient(units).unwrap();
        (tally.loss / tally.weight, gradient)
    };
    let (_, gradient) = loss(&point);
    let count = point.matrices().count();
    assert_eq!(count, 2 * 7 * 2, "every target of two blocks");
    for index in 0..count {
        let values = gradient.matrices().nth(index).unwrap().values.clone();
        // Along the gradient of this matrix alone, so that rounding in f32 is small beside the change.
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        assert!(length > 0.0, "matrix {index}");
        let moved = |step: f32| {
            let mut adapter = point.clone();
            let matrix = adapter.matrices_mut().nth(index).unwrap();
            matrix.values.iter_mut().zip(&values).for_each(|(value, slope)| *value += step * slope / length);
            loss(&adapter).0
        };
        let step = 0.02;
        let difference = (moved(step) - moved(-step)) / f64::from(2.0 * step);
        assert!((difference / f64::from(length) - 1.0).abs() < 0.03, "matrix {index}: {difference} for {length}");
    }
}

#[test]
fn every_gradient_agrees_with_finite_differences() {
    check_gradients(|| Data::Examples(lessons()), &[0, 1, 2, 3]);
}

#[test]
fn gradients_of_preferences_do_too() {
    let pairs = || {
        let all = lessons();
        Data::Pairs(vec![
            Pair { chosen: all[0].clone(), rejected: all[1].clone() },
            Pair { chosen: all[3].clone(), rejected: all[2].clone() },
        ])
    };
    check_gradients(pairs, &[0, 1]);
}

#[test]
fn packing_threads_and_padding_change_nothing_but_rounding() {
    let weights = tiny::weights();
    let begin = start(&weights);
    let loss = |threads: usize, units: &[usize], data: Vec<Sequence>| {
        let trainer = trainer(&weights, recipe(threads), Data::Examples(data), &begin);
        let (tally, _) = trainer.gradient(units).unwrap();
        (tally.loss, tally.weight)
    };
    let (together, weight) = loss(1, &[0, 1, 2, 3], lessons());
    let apart: Vec<(f64, f64)> = (0..4).map(|unit| loss(1, &[unit], lessons())).collect();
    assert!((together - apart.iter().map(|(loss, _)| loss).sum::<f64>()).abs() < 1e-4);
    assert_eq!(weight, apart.iter().map(|(_, weight)| weight).sum::<f64>());
    assert!((together - loss(2, &[0, 1, 2, 3], lessons()).0).abs() < 1e-4);
    // These two begin alike, and are one share on both threads.
    assert!((apart[0].0 + apart[1].0 - loss(2, &[0, 1], lessons()).0).abs() < 1e-4);
    let mut padded = lessons();
    for sequence in &mut padded {
        sequence.ids.extend([0, 0, 0]);
        sequence.weights.extend([0.0; 3]);
    }
    assert!((together - loss(1, &[0, 1, 2, 3], padded).0).abs() < 1e-5);
}

#[test]
fn a_training_learns_and_goes_on_where_it_was_bit_for_bit() {
    goes_on(0);
}

/// The frozen blocks' outputs are computed anew by what goes on.
#[test]
fn so_does_one_with_frozen_blocks() {
    goes_on(1);
}

fn goes_on(first_block: usize) {
    let weights = tiny::weights();
    let mut begin = tiny::adapter(&weights, true);
    begin.blocks[..first_block].fill(Default::default());
    let recipe = || Recipe { first_block, ..recipe(2) };
    let new = || trainer(&weights, recipe(), Data::Examples(lessons()), &begin);
    let mut whole = new();
    let (mut losses, mut tokens) = (Vec::new(), 0);
    while let Some(step) = whole.step().unwrap() {
        losses.push(step.loss);
        tokens += step.tokens;
    }
    assert_eq!(tokens, whole.total_tokens());
    assert_eq!(losses.len(), 6);
    assert!(losses[5] < losses[0], "{losses:?}");
    let mut first = new();
    for _ in 0..3 {
        first.step().unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    first.state().save(&path).unwrap();
    let state = State::load(&path).unwrap().unwrap();
    assert_eq!(state, first.state());
    let mut second = new().resume(state.clone()).unwrap();
    while second.step().unwrap().is_some() {}
    assert_eq!(second.adapter(), whole.adapter());
    let other = trainer(&weights, Recipe { seed: 9, ..recipe() }, Data::Examples(lessons()), &begin);
    assert_eq!(other.resume(state).unwrap_err(), TrainError::OtherTraining);
}

#[test]
fn nothing_to_learn_and_no_numbers_are_errors() {
    let weights = tiny::weights();
    let begin = start(&weights);
    let fail = |data: Vec<Sequence>| {
        Trainer::new(&weights, recipe(1), (Data::Examples(data), Data::Examples(vec![])), Some(&begin)).unwrap_err()
    };
    assert_eq!(fail(vec![]), TrainError::NoExample);
    assert_eq!(fail(vec![sequence(&[1, 2], 5)]), TrainError::NothingToLearn { example: 0 });
    let mut broken = begin.clone();
    broken.matrices_mut().next().unwrap().values[0] = f32::NAN;
    let mut trainer = trainer(&weights, recipe(1), Data::Examples(lessons()), &broken);
    let error = trainer.step().unwrap_err();
    assert!(matches!(error, TrainError::Loss { step: 0, .. }), "{error}");
}
