use super::*;
use crate::local::tiny;

fn wanted(prompt: &[u32], limit: usize) -> Wanted {
    let sampling = Sampling { temperature: 0.0, top_p: 1.0, seed: 1, top: Some(40) };
    Wanted { prompt: prompt.to_vec(), limit, sampling, endings: Vec::new() }
}

/// No token ends a turn.
const NEVER: u32 = 1000;

fn said(adapter: Option<&Adapter>, all: &[Wanted]) -> Vec<Continuation> {
    let weights = tiny::weights();
    let turns = Turns::of(&weights);
    Speaker::new(&weights, adapter, &turns).speak(all, NEVER, |_, _| false)
}

fn near(one: &Continuation, other: &Continuation) -> bool {
    one.tokens.len() == other.tokens.len()
        && one.tokens.iter().zip(&other.tokens).all(|(one, other)| {
            let logs = one.top.iter().zip(&other.top);
            one.token == other.token && logs.into_iter().all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-5)
        })
}

#[test]
fn decoding_token_by_token_is_the_same_as_reading_everything() {
    let prompt = [3, 9, 4, 17, 22];
    let at_once = &said(None, &[wanted(&prompt, 6)])[0];
    let mut so_far = prompt.to_vec();
    for step in 0..6 {
        let alone = &said(None, &[wanted(&so_far, 1)])[0];
        let part = Continuation { tokens: vec![at_once.tokens[step].clone()], ..Continuation::default() };
        assert!(near(alone, &part), "step {step}: {alone:?} {part:?}");
        so_far.push(alone.tokens[0].token);
    }
}

#[test]
fn what_else_is_asked_and_what_is_shared_change_nothing_but_rounding() {
    let start: Vec<u32> = (0..12).collect();
    let prompts = [[&start[..], &[30]].concat(), [&start[..], &[31, 5]].concat(), vec![7, 7], start.clone()];
    let all: Vec<Wanted> = prompts.iter().map(|prompt| wanted(prompt, 5)).collect();
    let adapter = tiny::adapter(&tiny::weights(), false);
    for adapter in [None, Some(&adapter)] {
        for (together, one) in said(adapter, &all).iter().zip(&all) {
            assert!(near(together, &said(adapter, std::slice::from_ref(one))[0]));
        }
    }
}

#[test]
fn endings_are_scored_as_the_model_would_say_them() {
    let start: Vec<u32> = (0..12).collect();
    let endings = vec![vec![5], vec![5, 9, 30], vec![5, 9, 2], vec![31]];
    let asked = Wanted { endings: endings.clone(), ..wanted(&start, 2) };
    let plain = wanted(&start[..3], 1);
    let both = said(None, &[asked.clone(), plain.clone(), Wanted { prompt: vec![7, 7], ..asked.clone() }]);
    assert!(near(&both[0], &said(None, &[wanted(&start, 2)])[0]));
    assert!(near(&both[1], &said(None, &[plain])[0]) && both[1].scores.is_empty());
    for (prompt, scores) in [(&start[..], &both[0].scores), (&[7, 7], &both[2].scores)] {
        for (ending, scores) in endings.iter().zip(scores) {
            assert_eq!(scores.len(), ending.len());
            for (at, (token, score)) in ending.iter().zip(scores).enumerate() {
                let before = [prompt, &ending[..at]].concat();
                let top = &said(None, &[wanted(&before, 1)])[0].tokens[0].top;
                let exact = top.iter().find(|(id, _)| id == token).unwrap().1;
                assert!((score - exact).abs() < 1e-5, "{score} for {exact}");
            }
        }
    }
}

#[test]
fn additions_of_zero_are_the_base_model_bit_for_bit() {
    let weights = tiny::weights();
    let zero = tiny::adapter(&weights, true);
    let all = [wanted(&[1, 2, 3], 4), wanted(&[5], 4)];
    assert_eq!(said(Some(&zero), &all), said(None, &all));
    assert_ne!(said(Some(&tiny::adapter(&weights, false)), &all), said(None, &all));
}

#[test]
fn turns_end_and_enough_is_enough() {
    let weights = tiny::weights();
    let turns = Turns::of(&weights);
    let speaker = Speaker::new(&weights, None, &turns);
    let free = &said(None, &[wanted(&[3, 9, 4], 6)])[0];
    let end = free.tokens[2].token;
    let ended = &speaker.speak(&[wanted(&[3, 9, 4], 6)], end, |_, _| false)[0];
    let until = free.tokens.iter().position(|chosen| chosen.token == end).unwrap();
    assert_eq!((ended.ended, ended.tokens.len()), (true, until));
    let cut = &speaker.speak(&[wanted(&[3, 9, 4], 6)], NEVER, |_, tokens| tokens.len() == 2)[0];
    assert_eq!((cut.ended, cut.tokens.len()), (false, 2));
}

#[test]
fn damaged_weights_break_off() {
    let mut weights = tiny::weights();
    weights.embedding.values[16 * 7] = f32::NAN;
    let turns = Turns::of(&weights);
    let all = [wanted(&[7, 3], 4), wanted(&[3, 9], 4)];
    for said in Speaker::new(&weights, None, &turns).speak(&all, NEVER, |_, _| false) {
        assert!(said.broken && said.tokens.is_empty());
    }
}
