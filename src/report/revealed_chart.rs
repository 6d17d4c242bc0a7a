//! Revealed against target gammas: a point with its interval for each model, and the line on which they should lie.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::RevealedRow;
use super::chart::{COLOURS, ChartError, FAINT, GRID, INK, font};
use super::names::shortened;
use super::places::{Frame, free};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

const SIZE: (u32, u32) = (820, 600);
const LEFT: i32 = 84;
const RIGHT: i32 = 640;
const TOP: i32 = 100;
const BOTTOM: i32 = 530;
/// How far apart models of the same target stand, in pixels.
const DODGE: i32 = 14;
/// Width of a letter of a label, in pixels.
const LETTER: i32 = 7;
/// Room around the targets, in gamma.
const ROOM: f64 = 1.0;
/// Estimates further than this from every target do not stretch the chart; they are drawn at its edge.
const FARTHEST: f64 = 3.0;

/// A model with a target.
struct Point<'a> {
    row: &'a RevealedRow,
    target: f64,
    colour: usize,
    shift: i32,
}

/// Draws the rows that have a target; none if no row has one.
///
/// # Errors
/// When the drawing backend fails.
pub fn svg(rows: &[&RevealedRow], heading: &str) -> Result<Option<String>, ChartError> {
    let points = points(rows);
    if points.is_empty() {
        return Ok(None);
    }
    let mut output = String::new();
    let area = SVGBackend::with_string(&mut output, SIZE).into_drawing_area();
    let chart = Chart { area: &area, range: range(&points) };
    let drawn = chart.frame(heading).and_then(|()| {
        let names: Vec<&str> = points.iter().map(|point| point.row.model_name.as_str()).collect();
        points.iter().try_for_each(|point| chart.point(point))?;
        let mut taken: Vec<Frame> = points.iter().map(|point| chart.frame_of(point)).collect();
        for (point, name) in points.iter().zip(shortened(&names)) {
            chart.label(point, &name, (last_shift(&points, point.target), &mut taken))?;
        }
        area.present()
    });
    drop(area);
    drawn.map(|()| Some(output)).map_err(ChartError::new)
}

fn points<'a>(rows: &[&'a RevealedRow]) -> Vec<Point<'a>> {
    let mut points: Vec<Point<'a>> = Vec::new();
    for row in rows {
        let Some(target) = row.target.filter(|_| row.gamma().is_some() || row.interval().iter().any(Option::is_some))
        else {
            continue;
        };
        let before = points.iter().filter(|point| point.target == target).count();
        points.push(Point { row, target, colour: 0, shift: DODGE * before as i32 });
    }
    coloured(points)
}

/// A colour for each target: there may be more models than colours.
fn coloured(mut points: Vec<Point<'_>>) -> Vec<Point<'_>> {
    let mut targets: Vec<f64> = points.iter().map(|point| point.target).collect();
    targets.sort_by(f64::total_cmp);
    targets.dedup();
    for point in &mut points {
        point.colour = targets.partition_point(|target| *target < point.target) % COLOURS.len();
    }
    points
}

/// How far right of its target the last model of the same target stands.
fn last_shift(points: &[Point<'_>], target: f64) -> i32 {
    points.iter().filter(|point| point.target == target).map(|point| point.shift).max().unwrap_or(0)
}

/// The gammas that both axes span.
fn range(points: &[Point<'_>]) -> [f64; 2] {
    let targets = || points.iter().map(|point| point.target);
    let [low, high] =
        [targets().fold(f64::INFINITY, f64::min) - ROOM, targets().fold(f64::NEG_INFINITY, f64::max) + ROOM];
    let shown = points
        .iter()
        .flat_map(|point| [point.row.gamma(), point.row.interval()[0], point.row.interval()[1]])
        .flatten()
        .map(|gamma| gamma.clamp(low - FARTHEST, high + FARTHEST));
    let [low, high] = shown.fold([low, high], |[low, high], gamma| [low.min(gamma - 0.2), high.max(gamma + 0.2)]);
    [low.floor(), high.ceil()]
}

struct Chart<'a, 'b> {
    area: &'a Area<'b>,
    range: [f64; 2],
}

impl Chart<'_, '_> {
    fn x(&self, gamma: f64) -> i32 {
        LEFT + (self.share(gamma) * f64::from(RIGHT - LEFT)).round() as i32
    }

    fn y(&self, gamma: f64) -> i32 {
        BOTTOM - (self.share(gamma) * f64::from(BOTTOM - TOP)).round() as i32
    }

    fn share(&self, gamma: f64) -> f64 {
        ((gamma - self.range[0]) / (self.range[1] - self.range[0])).clamp(0.0, 1.0)
    }

    fn frame(&self, heading: &str) -> Drawn {
        self.area.fill(&WHITE)?;
        self.text(heading, (28, 28), &font(21, &INK, HPos::Left, VPos::Top))?;
        let method = "Revealed coefficient of relative risk aversion with 95 % intervals; on the line it is the target";
        self.text(method, (28, 60), &font(12, &FAINT, HPos::Left, VPos::Top))?;
        for gamma in self.range[0] as i32..=self.range[1] as i32 {
            let (x, y) = (self.x(f64::from(gamma)), self.y(f64::from(gamma)));
            self.line(&[(LEFT, y), (RIGHT, y)], GRID.stroke_width(1))?;
            self.line(&[(x, TOP), (x, BOTTOM)], GRID.stroke_width(1))?;
            self.text(&gamma.to_string(), (LEFT - 8, y + 1), &font(12, &FAINT, HPos::Right, VPos::Center))?;
            self.text(&gamma.to_string(), (x, BOTTOM + 8), &font(12, &FAINT, HPos::Center, VPos::Top))?;
        }
        let [low, high] = self.range;
        self.line(&[(self.x(low), self.y(low)), (self.x(high), self.y(high))], FAINT.stroke_width(1))?;
        let middle = (LEFT + RIGHT) / 2;
        self.text("Target gamma", (middle, BOTTOM + 32), &font(13, &INK, HPos::Center, VPos::Top))?;
        let turned = font(13, &INK, HPos::Center, VPos::Center).transform(FontTransform::Rotate270);
        self.text("Revealed gamma", (LEFT - 48, (TOP + BOTTOM) / 2), &turned)
    }

    /// The gammas between which the interval is drawn, lower first.
    fn ends(&self, point: &Point<'_>) -> [f64; 2] {
        let [low, high] = point.row.interval();
        [low.unwrap_or(self.range[0]), high.unwrap_or(self.range[1])]
    }

    /// What the point and its interval cover.
    fn frame_of(&self, point: &Point<'_>) -> Frame {
        let (x, y) = self.place(point);
        let [bottom, top] = match point.row.interval() {
            [None, None] => [y, y],
            _ => self.ends(point).map(|end| self.y(end)),
        };
        [x - 6, top.min(y - 6), x + 6, bottom.max(y + 6)]
    }

    fn point(&self, point: &Point<'_>) -> Drawn {
        let colour = COLOURS[point.colour];
        let x = self.x(point.target) + point.shift;
        let [low, high] = point.row.interval();
        let ends = self.ends(point);
        if low.is_some() || high.is_some() {
            self.line(&ends.map(|end| (x, self.y(end))), colour.stroke_width(2))?;
            for end in [low, high].into_iter().flatten() {
                self.line(&[(x - 5, self.y(end)), (x + 5, self.y(end))], colour.stroke_width(2))?;
            }
        }
        if point.row.gamma().is_some() {
            self.area.draw(&Circle::new(self.place(point), 5, colour.filled()))?;
        }
        Ok(())
    }

    /// Where the estimate stands, or the middle of the interval where there is none.
    fn place(&self, point: &Point<'_>) -> (i32, i32) {
        let [low, high] = self.ends(point);
        let middle = 0.5 * (low + high);
        (self.x(point.target) + point.shift, self.y(point.row.gamma().unwrap_or(middle)))
    }

    /// Writes the name beside the models of its target, the last of which stands `shift` to the right, or above or below
    /// where something else stands there.
    fn label(&self, point: &Point<'_>, name: &str, (shift, taken): (i32, &mut Vec<Frame>)) -> Drawn {
        let (x, y) = self.place(point);
        let label = match point.row.gamma() {
            Some(gamma) => format!("{name} {gamma:.2}"),
            None => name.to_owned(),
        };
        let width = label.chars().count() as i32 * LETTER;
        let left = self.x(point.target) + shift + 10;
        let place = free([left, y - 7, left + width, y + 7], taken, TOP..=BOTTOM);
        taken.push(place);
        let level = i32::midpoint(place[1], place[3]);
        if level != y || point.shift < shift {
            self.line(&[(x, y), (left - 2, level)], COLOURS[point.colour].stroke_width(1))?;
        }
        self.text(&label, (left, level), &font(12, &COLOURS[point.colour], HPos::Left, VPos::Center))
    }

    fn line(&self, points: &[(i32, i32)], style: ShapeStyle) -> Drawn {
        self.area.draw(&PathElement::new(points.to_vec(), style))
    }

    fn text(&self, text: &str, position: (i32, i32), style: &TextStyle<'_>) -> Drawn {
        self.area.draw_text(text, style, position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Estimate, Method};

    fn row(name: &str, target: f64) -> RevealedRow {
        RevealedRow {
            model_name: name.to_owned(),
            target: Some(target),
            set: None,
            domain: None,
            decisions: 1,
            items: 1,
            estimate: None,
            error: None,
            whole: None,
        }
    }

    #[test]
    fn targets_have_colours_of_their_own_however_many_models_there_are() {
        let rows: Vec<RevealedRow> = [2.0, 2.0, 1.0, 1.0, 0.0, 0.0, -1.0, -1.0].map(|target| row("m", target)).into();
        let points =
            coloured(rows.iter().map(|row| Point { row, target: row.target.unwrap(), colour: 0, shift: 0 }).collect());
        assert_eq!(points.iter().map(|point| point.colour).collect::<Vec<_>>(), [3, 3, 2, 2, 1, 1, 0, 0]);
    }

    #[test]
    fn labels_stand_right_of_all_models_of_their_target_and_off_other_intervals() {
        let estimated = |name: &str, target: f64, interval: [f64; 2]| RevealedRow {
            estimate: Some(Estimate {
                gamma: Some(0.5 * (interval[0] + interval[1])),
                std_error: None,
                interval: interval.map(Some),
                method: Method::Wald,
                precisions: std::collections::BTreeMap::new(),
                kappa: None,
                lapse: None,
                log_likelihood: 0.0,
                observations: 1,
                clusters: 1,
                aic: 0.0,
                bic: 0.0,
                notes: Vec::new(),
            }),
            ..row(name, target)
        };
        let rows = [
            estimated("tuned-to-one-for-a-while", 1.0, [0.5, 1.5]),
            estimated("untuned-one", 1.0, [0.4, 1.2]),
            estimated("tuned-to-two", 2.0, [0.6, 1.4]),
        ];
        let drawing = svg(&rows.iter().collect::<Vec<_>>(), "").unwrap().unwrap();
        let place = |label: &str| -> [i32; 2] {
            let before = drawing.split(&format!("\n{label}\n")).next().unwrap().rsplit("<text ").next().unwrap();
            let number = |name: &str| before.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap();
            [number("x").parse().unwrap(), number("y").parse().unwrap()]
        };
        let mut unused = String::new();
        let area = SVGBackend::with_string(&mut unused, SIZE).into_drawing_area();
        let chart = Chart { area: &area, range: range(&points(&rows.iter().collect::<Vec<_>>())) };
        let (own, other) = (chart.x(1.0), chart.x(2.0));
        let [one, untuned] = ["tuned-to-one-for-a-while 1.00", "untuned-one 0.80"].map(place);
        assert_eq!([one[0], untuned[0]], [own + DODGE + 10; 2]);
        assert!(one[0] + 29 * LETTER > other, "the label is so long that it reaches the next target's interval");
        let [bottom, top] = [0.6, 1.4].map(|gamma| chart.y(gamma));
        assert!(one[1] < top || one[1] > bottom, "{one:?} is on the interval from {top} to {bottom}");
    }
}
