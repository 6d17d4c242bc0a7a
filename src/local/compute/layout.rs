//! Sequences packed into rows without padding; a beginning that several of them share is there once.
//!
//! Invariant: every row is one token at one position; the rows that a query may see are those of its segment's chain, in
//! the order of their positions, up to its own position.

use std::ops::Range;

/// Shorter common beginnings are not worth a segment of their own.
const LEAST_SHARED: usize = 8;

/// Tokens of a conversation and what is to be learned of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// The tokens.
    pub ids: Vec<u32>,
    /// Per position, the weight in the loss of predicting this token from those before it: 0 leaves it out. The first has
    /// nothing before it and never counts.
    pub weights: Vec<f32>,
}

impl Sequence {
    /// The tokens that something is predicted from.
    pub(in crate::local) fn needed(&self) -> &[u32] {
        let last = self.weights.iter().skip(1).rposition(|weight| *weight != 0.0).map_or(0, |index| index + 1);
        &self.ids[..last]
    }

    /// Sum of the weights that count.
    pub(in crate::local) fn weight(&self) -> f64 {
        self.weights.iter().skip(1).map(|weight| f64::from(*weight)).sum()
    }
}

/// A token to be predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::local) struct Label {
    /// Row that predicts it.
    pub(in crate::local) row: usize,
    pub(in crate::local) token: u32,
    pub(in crate::local) weight: f32,
    /// Index of its sequence within the pack.
    pub(in crate::local) sequence: usize,
}

/// What the queries of one segment see.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::local) struct Reach {
    /// Rows of keys, first position to last.
    pub(in crate::local) keys: Vec<Range<usize>>,
    /// The queries' own indices.
    pub(in crate::local) queries: Range<usize>,
}

/// Which queries a block computes and what they see.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::local) struct Layout {
    pub(in crate::local) reaches: Vec<Reach>,
    /// Position of every query.
    pub(in crate::local) positions: Vec<usize>,
    /// Row of every query; none when every row is a query.
    pub(in crate::local) picked: Option<Vec<usize>>,
}

/// Packed sequences.
#[derive(Debug)]
pub(in crate::local) struct Pack {
    pub(in crate::local) ids: Vec<u32>,
    pub(in crate::local) positions: Vec<usize>,
    pub(in crate::local) labels: Vec<Label>,
    /// Rows of every sequence, first position to last.
    pub(in crate::local) rows: Vec<Vec<usize>>,
    segments: Vec<Vec<Range<usize>>>,
}

impl Pack {
    /// Packs sequences. What comes after a sequence's last weighted token is left out.
    pub(in crate::local) fn new(sequences: &[&Sequence]) -> Self {
        let rows = vec![Vec::new(); sequences.len()];
        let mut pack = Self { ids: vec![], positions: vec![], labels: vec![], rows, segments: vec![] };
        let needed: Vec<&[u32]> = sequences.iter().map(|sequence| sequence.needed()).collect();
        let mut order: Vec<usize> = (0..needed.len()).collect();
        order.sort_by_key(|&index| needed[index]);
        pack.grow(&needed, &order, &[]);
        for (index, sequence) in sequences.iter().enumerate() {
            let weighted = sequence.weights.iter().enumerate().skip(1).filter(|(_, weight)| **weight != 0.0);
            pack.labels.extend(weighted.map(|(position, weight)| Label {
                row: pack.rows[index][position - 1],
                token: sequence.ids[position],
                weight: *weight,
                sequence: index,
            }));
        }
        pack
    }

    /// Packs every token of one sequence, alone.
    pub(in crate::local) fn alone(ids: &[u32]) -> Self {
        let mut pack = Self { ids: vec![], positions: vec![], labels: vec![], rows: vec![vec![]], segments: vec![] };
        pack.grow(&[ids], &[0], &[]);
        pack
    }

    /// Adds the rows of `members`, which are sorted and agree on everything in `chain`.
    fn grow(&mut self, needed: &[&[u32]], members: &[usize], chain: &[Range<usize>]) {
        let (first, last) = (needed[members[0]], needed[members[members.len() - 1]]);
        let from: usize = chain.iter().map(Range::len).sum();
        // Between the first and the last of a sorted list, everything shares what these two share.
        let shared = first.iter().zip(last).take_while(|(a, b)| a == b).count();
        let mut chain = chain.to_vec();
        if shared > from && (members.len() == 1 || shared - from >= LEAST_SHARED) {
            let start = self.ids.len();
            self.ids.extend(&first[from..shared]);
            self.positions.extend(from..shared);
            chain.push(start..self.ids.len());
            self.segments.push(chain.clone());
            for member in members {
                self.rows[*member].extend(start..start + shared - from);
            }
        }
        if members.len() == 1 || first.len().max(last.len()) == shared {
            // Equal sequences too short to share a segment still need rows of their own.
            if members.len() > 1 && chain.iter().map(Range::len).sum::<usize>() < shared {
                members.iter().for_each(|&member| self.grow(needed, &[member], &chain));
            }
            return;
        }
        for group in members.chunk_by(|a, b| needed[*a].get(shared) == needed[*b].get(shared)) {
            self.grow(needed, group, &chain);
        }
    }

    /// Every row is a query.
    pub(in crate::local) fn everything(&self) -> Layout {
        let reach = |chain: &Vec<Range<usize>>| Reach {
            keys: chain.clone(),
            queries: chain.last().expect("a chain has a range").clone(),
        };
        Layout { reaches: self.segments.iter().map(reach).collect(), positions: self.positions.clone(), picked: None }
    }

    /// Every row is a query in one of `parts` layouts.
    pub(in crate::local) fn parts(&self, parts: usize) -> Vec<Layout> {
        if parts < 2 {
            return vec![self.everything()];
        }
        let rows: Vec<usize> = (0..self.ids.len()).collect();
        rows.chunks(rows.len().div_ceil(parts)).map(|part| self.picked(part.to_vec())).collect()
    }

    /// Only the rows that predict a label are queries.
    pub(in crate::local) fn labelled(&self) -> Layout {
        let mut picked: Vec<usize> = self.labels.iter().map(|label| label.row).collect();
        picked.sort_unstable();
        picked.dedup();
        self.picked(picked)
    }

    /// Only these rows are queries; they ascend.
    fn picked(&self, picked: Vec<usize>) -> Layout {
        let reach = |chain: &Vec<Range<usize>>| {
            let own = chain.last().expect("a chain has a range");
            let index = |row| picked.partition_point(|&at| at < row);
            Reach { keys: chain.clone(), queries: index(own.start)..index(own.end) }
        };
        let reaches = self.segments.iter().map(reach).filter(|reach| !reach.queries.is_empty()).collect();
        let positions = picked.iter().map(|&row| self.positions[row]).collect();
        Layout { reaches, positions, picked: Some(picked) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(ids: &[u32], from: usize) -> Sequence {
        let weights = (0..ids.len()).map(|i| if i >= from { 1.0 } else { 0.0 }).collect();
        Sequence { ids: ids.to_vec(), weights }
    }

    fn tokens(pack: &Pack, index: usize) -> Vec<u32> {
        pack.rows[index].iter().map(|&row| pack.ids[row]).collect()
    }

    #[test]
    fn shares_beginnings_and_keeps_every_sequence() {
        let start: Vec<u32> = (0..10).collect();
        let with = |tail: &[u32]| [&start[..], tail].concat();
        let lists =
            [with(&[20, 21, 22]), with(&[30]), vec![5, 6, 7], with(&[20, 21, 23]), with(&[20, 21, 22]), vec![5, 6, 7]];
        let sequences: Vec<Sequence> = lists.iter().map(|ids| sequence(ids, ids.len() - 1)).collect();
        let pack = Pack::new(&sequences.iter().collect::<Vec<_>>());
        for (index, sequence) in sequences.iter().enumerate() {
            assert_eq!(tokens(&pack, index), sequence.needed());
            let positions: Vec<usize> = pack.rows[index].iter().map(|&row| pack.positions[row]).collect();
            assert_eq!(positions, (0..sequence.needed().len()).collect::<Vec<_>>());
        }
        let separate: usize = sequences.iter().map(|sequence| sequence.needed().len()).sum();
        assert!(pack.ids.len() + 3 * 9 < separate, "{} rows of {separate}", pack.ids.len());
        let everything = pack.everything();
        let mut covered: Vec<usize> = everything.reaches.iter().flat_map(|reach| reach.queries.clone()).collect();
        covered.sort_unstable();
        assert_eq!(covered, (0..pack.ids.len()).collect::<Vec<_>>());
        for reach in everything.reaches {
            let seen: Vec<usize> =
                reach.keys.iter().flat_map(|rows| rows.clone().map(|row| pack.positions[row])).collect();
            assert_eq!(seen, (0..seen.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn picks_the_rows_before_labels() {
        let sequence = Sequence { ids: vec![1, 2, 3, 4, 5], weights: vec![1.0, 0.0, 0.5, 1.0, 0.0] };
        let pack = Pack::new(&[&sequence]);
        assert_eq!(pack.ids, [1, 2, 3]);
        assert_eq!(pack.labelled().picked, Some(vec![1, 2]));
        let labels: Vec<(u32, f32)> = pack.labels.iter().map(|label| (label.token, label.weight)).collect();
        assert_eq!(labels, [(3, 0.5), (4, 1.0)]);
    }
}
