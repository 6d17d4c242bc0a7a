//! Where labels go on a chart so that they cover nothing.

use std::ops::RangeInclusive;

/// The left, top, right and bottom of what is drawn, in pixels.
pub(super) type Frame = [i32; 4];

fn overlap(one: &Frame, other: &Frame) -> bool {
    one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]
}

/// The height nearest to that of `wanted`, between these levels, at which it overlaps nothing; its own if there is none.
pub(super) fn free(wanted: Frame, taken: &[Frame], levels: RangeInclusive<i32>) -> Frame {
    let moved = |by: i32| [wanted[0], wanted[1] + by, wanted[2], wanted[3] + by];
    let tries = (0..=levels.end() - levels.start()).flat_map(|by| [moved(by), moved(-by)]);
    let mut inside = tries.filter(|place| levels.contains(&place[1]) && levels.contains(&place[3]));
    inside.find(|place| !taken.iter().any(|other| overlap(place, other))).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_goes_where_nothing_stands() {
        let wanted = [100, 200, 180, 214];
        let free = |taken: &[Frame]| free(wanted, taken, 100..=530);
        assert_eq!(free(&[[0, 200, 100, 214]]), wanted, "touching is no overlap");
        assert_eq!(free(&[[90, 190, 110, 204]]), [100, 204, 180, 218]);
        assert_eq!(free(&[[90, 205, 110, 230], [150, 100, 160, 190]]), [100, 191, 180, 205]);
    }
}
