//! Where everything of a chart goes, in pixels: the grid of panels, the bars and the models' names.

use super::names::shortened;

/// Size of the models' names.
pub(super) const NAME_SIZE: i32 = 12;
/// Height of a line of names.
pub(super) const NAME_LINE: i32 = 15;
/// Height of the plot between the scores 0 and 100.
pub(super) const PLOT_HEIGHT: i32 = 280;
/// Room above the score 100, for the value over a bar that reaches it.
pub(super) const HEADROOM: i32 = 30;
/// Room for the chart's title and the line under it.
pub(super) const HEADER: i32 = 92;
/// Room for a panel's title.
pub(super) const PANEL_TITLE: i32 = 20;
/// Room for the axis title and its numbers, left of a plot.
pub(super) const AXIS: i32 = 60;
/// Room around the chart.
pub(super) const MARGIN: i32 = 28;

const GAP: i32 = 34;
const WIDEST: i32 = 1_480;
const NARROWEST: i32 = 640;
const NARROWEST_PLOT: i32 = 200;
const COUNT_LINE: i32 = 22;
const MOST_LINES: usize = 3;
/// Mean advance of a character of DejaVu Sans in hundredths of its size, on the safe side.
const ADVANCE: i32 = 64;

/// The chart's geometry.
#[derive(Debug)]
pub(super) struct Layout {
    /// Width of a model's place on the axis; its bar takes part of it.
    pub(super) slot: i32,
    /// Width of a plot.
    pub(super) plot_width: i32,
    /// The models' names as they are drawn.
    pub(super) names: Names,
    /// Width and height of the chart.
    pub(super) size: (i32, i32),
    columns: i32,
    panel: (i32, i32),
}

/// The models' names below a plot.
#[derive(Debug, PartialEq)]
pub(super) enum Names {
    /// Each name in lines that fit its slot.
    Level(Vec<Vec<String>>),
    /// Each name turned by a quarter, since one would not fit.
    Upright(Vec<String>),
}

impl Layout {
    pub(super) fn new(models: &[&str], panels: usize) -> Self {
        let count = models.len().max(1) as i32;
        let slot = (480 / count).clamp(58, 84);
        let alone = if panels == 1 { NARROWEST - 2 * MARGIN - AXIS } else { NARROWEST_PLOT };
        let plot_width = (count * slot + slot / 2).max(alone);
        let names = Names::new(models, slot);
        let width = AXIS + plot_width;
        let height = PANEL_TITLE + HEADROOM + PLOT_HEIGHT + COUNT_LINE + names.height() + GAP;
        let panels = panels.max(1) as i32;
        let fitting = ((WIDEST - 2 * MARGIN + GAP) / (width + GAP)).clamp(1, panels);
        let rows = (panels + fitting - 1) / fitting;
        let columns = (panels + rows - 1) / rows;
        let across = 2 * MARGIN + columns * (width + GAP) - GAP;
        let size = (across.max(NARROWEST), HEADER + rows * height - GAP + MARGIN);
        Self { slot, plot_width, names, size, columns, panel: (width + GAP, height) }
    }

    /// The point of a panel's plot where the axes meet.
    pub(super) fn origin(&self, panel: usize) -> (i32, i32) {
        let (column, row) = (panel as i32 % self.columns, panel as i32 / self.columns);
        let x = MARGIN + column * self.panel.0 + AXIS;
        (x, HEADER + row * self.panel.1 + PANEL_TITLE + HEADROOM + PLOT_HEIGHT)
    }

    /// The middle of a model's slot, counted from the plot's origin.
    pub(super) fn middle(&self, model: usize, models: usize) -> i32 {
        let left = (self.plot_width - models as i32 * self.slot) / 2;
        left + model as i32 * self.slot + self.slot / 2
    }
}

impl Names {
    fn new(models: &[&str], slot: i32) -> Self {
        let fitting = (slot * 100 / (NAME_SIZE * ADVANCE)) as usize;
        let lines: Vec<Vec<String>> = models.iter().map(|name| wrapped(name, fitting)).collect();
        let fits =
            |lines: &Vec<String>| lines.len() <= MOST_LINES && lines.iter().all(|line| line.chars().count() <= fitting);
        if lines.iter().all(fits) { Self::Level(lines) } else { Self::Upright(shortened(models)) }
    }

    fn height(&self) -> i32 {
        match self {
            Self::Level(names) => NAME_LINE * names.iter().map(Vec::len).max().unwrap_or(0) as i32,
            Self::Upright(names) => {
                let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
                longest as i32 * NAME_SIZE * ADVANCE / 100 + 6
            }
        }
    }
}

/// A name in lines of at most `fitting` characters where its hyphens, spaces and the like allow it.
fn wrapped(name: &str, fitting: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive(['-', '_', ' ', ':', '/', '.']) {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + part.trim_end().chars().count() > fitting {
            lines.push(part.to_owned());
        } else {
            line.push_str(part);
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_break_at_hyphens() {
        assert_eq!(wrapped("risk-averse", 8), ["risk-", "averse"]);
        assert_eq!(wrapped("risk averse", 12), ["risk averse"]);
        assert_eq!(wrapped("unbreakable", 4), ["unbreakable"]);
    }

    #[test]
    fn a_name_that_does_not_fit_turns_all_of_them() {
        let level = Names::new(&["risk-averse", "log-utility"], 84);
        assert!(matches!(level, Names::Level(_)));
        let upright = Names::new(&["risk-averse", "ft:gpt-4.1-2025-04-14:personal:risk-averse:CEppJhPr"], 84);
        let expected = vec!["risk-averse".to_owned(), "ft:gpt-4.1-20…erse:CEppJhPr".to_owned()];
        assert_eq!(upright, Names::Upright(expected));
    }

    #[test]
    fn panels_share_the_rows_evenly_and_stay_inside() {
        for (models, panels) in [(1, 1), (4, 3), (4, 4), (9, 5), (12, 1), (12, 9)] {
            let names: Vec<String> = (1..=models).map(|model| format!("model-{model}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let layout = Layout::new(&names, panels);
            for panel in 0..panels {
                let (x, y) = layout.origin(panel);
                assert!(x >= MARGIN + AXIS && x + layout.plot_width + MARGIN <= layout.size.0);
                assert!(y - PLOT_HEIGHT - HEADROOM >= HEADER && y + NAME_LINE <= layout.size.1);
                let last = layout.middle(models - 1, models) + layout.slot / 2;
                assert!(layout.middle(0, models) > layout.slot / 2 && last <= layout.plot_width);
            }
        }
        assert_eq!(Layout::new(&["a", "b", "c", "d"], 4).columns, 2);
        assert_eq!(Layout::new(&["a", "b", "c", "d"], 3).columns, 3);
    }
}
