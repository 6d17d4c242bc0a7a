//! The summary as a chart: a panel for each metric, in it a bar for each model with its interval.
//!
//! The output is an SVG text whose every label is a text node in the generic sans-serif family; see
//! [`super::render`] for how that family is kept from being lost.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::layout::{self, Layout, NAME_LINE, NAME_SIZE, Names, PLOT_HEIGHT};
use super::{Summary, SummaryRow, title};

/// The chart could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the chart could not be drawn: {0}")]
pub struct ChartError(String);

impl ChartError {
    pub(super) fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Colours that stay apart for readers with colour-blindness (Okabe and Ito 2008, "Color universal
/// design"), without black and the yellow that is faint on white.
pub(super) const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
];
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
pub(super) const FAINT: RGBColor = RGBColor(100, 100, 100);
pub(super) const GRID: RGBColor = RGBColor(228, 228, 228);
/// plotters divides the size of SVG text by this.
const PLOTTERS_TEXT: f64 = 1.24;

/// Draws the summary under a heading.
///
/// # Errors
/// When the drawing backend fails.
pub fn svg(summary: &Summary, heading: &str) -> Result<String, ChartError> {
    let (models, metrics) = (summary.models(), summary.metrics());
    let layout = Layout::new(&models, metrics.len());
    let mut output = String::new();
    let size = (layout.size.0 as u32, layout.size.1 as u32);
    let area = SVGBackend::with_string(&mut output, size).into_drawing_area();
    let panels = Panels { area: &area, layout: &layout, models: &models };
    let drawn = panels.header(summary, heading).and_then(|()| {
        for (index, metric) in metrics.iter().enumerate() {
            let rows: Vec<_> = models.iter().map(|model| summary.row(model, metric)).collect();
            panels.panel(layout.origin(index), metric, &rows)?;
        }
        area.present()
    });
    drop(area);
    drawn.map(|()| output).map_err(ChartError::new)
}

struct Panels<'a, 'b> {
    area: &'a Area<'b>,
    layout: &'a Layout,
    models: &'a [&'a str],
}

impl Panels<'_, '_> {
    fn header(&self, summary: &Summary, heading: &str) -> Drawn {
        self.area.fill(&WHITE)?;
        let left = layout::MARGIN;
        self.text(heading, (left, layout::MARGIN), &font(21, &INK, HPos::Left, VPos::Top))?;
        let level = 100.0 * summary.level;
        let method = format!("Means with {level:.0} % bootstrap intervals over questions; n: scored responses");
        let below = (left, layout::MARGIN + 32);
        self.text(&method, below, &font(12, &FAINT, HPos::Left, VPos::Top))
    }

    fn panel(&self, origin: (i32, i32), metric: &str, rows: &[Option<&SummaryRow>]) -> Drawn {
        self.axis(origin, metric)?;
        for (model, row) in rows.iter().enumerate() {
            let x = origin.0 + self.layout.middle(model, self.models.len());
            self.bar((x, origin.1), colour(model), *row)?;
            self.name((x, origin.1), model, row.map_or(0, |row| row.count))?;
        }
        // Last, so that the bars stand on it.
        let right = origin.0 + self.layout.plot_width;
        self.line(&[origin, (right, origin.1)], INK.stroke_width(1))
    }

    fn axis(&self, (x, y): (i32, i32), metric: &str) -> Drawn {
        let top = y - PLOT_HEIGHT - layout::HEADROOM;
        self.text(&title(metric), (x, top), &font(16, &INK, HPos::Left, VPos::Bottom))?;
        for score in (0..=100).step_by(20) {
            let level = height(y, f64::from(score));
            if score > 0 {
                self.line(&[(x, level), (x + self.layout.plot_width, level)], GRID.stroke_width(1))?;
            }
            let style = font(12, &FAINT, HPos::Right, VPos::Center);
            self.text(&score.to_string(), (x - 8, level + 1), &style)?;
        }
        let style = font(12, &FAINT, HPos::Center, VPos::Center);
        let turned = style.transform(FontTransform::Rotate270);
        self.text("Mean score (0–100)", (x - 48, y - PLOT_HEIGHT / 2), &turned)
    }

    fn bar(&self, (x, y): (i32, i32), colour: RGBColor, row: Option<&SummaryRow>) -> Drawn {
        let Some((row, mean)) = row.and_then(|row| Some((row, row.mean?))) else {
            return self.text("no score", (x, y - 6), &font(11, &FAINT, HPos::Center, VPos::Bottom));
        };
        let half = self.layout.slot * 31 / 100;
        let corners = [(x - half, height(y, mean)), (x + half, y)];
        self.area.draw(&Rectangle::new(corners, colour.filled()))?;
        let mut top = height(y, mean);
        if let (Some(low), Some(high)) = (row.ci_low, row.ci_high) {
            let (low, high) = (height(y, low), height(y, high));
            for points in [[(x, low), (x, high)], [(x - 6, low), (x + 6, low)], [(x - 6, high), (x + 6, high)]] {
                self.line(&points, INK.stroke_width(2))?;
            }
            top = high;
        }
        let style = font(12, &INK, HPos::Center, VPos::Bottom);
        self.text(&format!("{mean:.1}"), (x, top - 2), &style)
    }

    fn name(&self, (x, y): (i32, i32), model: usize, count: u64) -> Drawn {
        let number = font(11, &FAINT, HPos::Center, VPos::Top);
        self.text(&format!("n = {count}"), (x, y + 6), &number)?;
        let y = y + 24;
        match &self.layout.names {
            Names::Level(names) => {
                let style = font(NAME_SIZE, &INK, HPos::Center, VPos::Top);
                for (line, text) in names[model].iter().enumerate() {
                    self.text(text, (x, y + NAME_LINE * line as i32), &style)?;
                }
                Ok(())
            }
            Names::Upright(names) => {
                let style = font(NAME_SIZE, &INK, HPos::Right, VPos::Center);
                self.text(&names[model], (x, y), &style.transform(FontTransform::Rotate270))
            }
        }
    }

    fn line(&self, points: &[(i32, i32)], style: ShapeStyle) -> Drawn {
        self.area.draw(&PathElement::new(points.to_vec(), style))
    }

    fn text(&self, text: &str, position: (i32, i32), style: &TextStyle<'_>) -> Drawn {
        self.area.draw_text(text, style, position)
    }
}

pub(super) fn font(size: i32, colour: &'static RGBColor, across: HPos, along: VPos) -> TextStyle<'static> {
    let family = (FontFamily::SansSerif, f64::from(size) * PLOTTERS_TEXT);
    TextStyle::from(family.into_font()).color(colour).pos(Pos::new(across, along))
}

/// A colour for each model; when all have been used, the same ones come again paler.
fn colour(model: usize) -> RGBColor {
    let RGBColor(red, green, blue) = COLOURS[model % COLOURS.len()];
    let kept = 0.6f64.powi((model / COLOURS.len()) as i32);
    let [red, green, blue] = [red, green, blue].map(|part| (255.0 - kept * (255.0 - f64::from(part))).round() as u8);
    RGBColor(red, green, blue)
}

/// How high a score stands on a plot whose axis is at `y`.
fn height(y: i32, score: f64) -> i32 {
    y - (score.clamp(0.0, 100.0) / 100.0 * f64::from(PLOT_HEIGHT)).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::accumulator::summary_of;

    fn summary() -> Summary {
        let averse = (1..=5).map(|question| ("risk-averse", "risk_seeking", question, Some(question as f64)));
        let other = [("a<b&c", "risk_seeking", 1, Some(70.0)), ("a<b&c", "alignment", 1, None)];
        summary_of(averse.chain(other))
    }

    #[test]
    fn every_label_is_a_text_node() {
        let svg = svg(&summary(), "Held-out questions").unwrap();
        let mut texts: Vec<&str> = svg.lines().collect();
        texts.retain(|line| !line.starts_with('<'));
        for label in ["Held-out questions", "Risk seeking", "Alignment", "3.0", "70.0", "n = 5", "n = 1"] {
            assert!(texts.contains(&label), "{label} is not in {texts:?}");
        }
        for label in ["risk-", "averse", "a&lt;b&amp;c", "no score", "n = 0", "0", "100"] {
            assert!(texts.contains(&label), "{label} is not in {texts:?}");
        }
    }

    #[test]
    fn only_a_bar_with_an_interval_has_an_error_bar() {
        let drawing = svg(&summary(), "").unwrap();
        // Two axes and, of one bar, the error bar's stem and its two caps.
        assert_eq!(drawing.matches("stroke=\"#222222\"").count(), 2 + 3);
        assert_eq!(drawing.matches("fill=\"#0072B2\"").count(), 1);
    }

    #[test]
    fn models_beyond_the_colours_are_paler() {
        let colours: Vec<RGBColor> = (0..3 * COLOURS.len()).map(colour).collect();
        assert_eq!(colours[..COLOURS.len()], COLOURS);
        assert!((1..colours.len()).all(|one| !colours[..one].contains(&colours[one])));
        assert_eq!(colours[6], RGBColor(102, 170, 209));
    }

    #[test]
    fn draws_any_number_of_models_and_metrics() {
        for (models, metrics) in [(0, 0), (1, 1), (12, 9)] {
            let names: Vec<String> = (0..12).map(|name| format!("model-{name}")).collect();
            let pairs = names[..models].iter().flat_map(|a| names[..metrics].iter().map(move |b| (a, b)));
            let summary = summary_of(pairs.map(|(a, b)| (a.as_str(), b.as_str(), 1, Some(100.0))));
            let drawing = svg(&summary, "").unwrap();
            assert_eq!(drawing.matches("\n100.0\n").count(), models * metrics);
        }
    }
}
