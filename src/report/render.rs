//! A chart's SVG text as PNG and as PDF, with one embedded font.
//!
//! A renderer leaves a label out, without an error, when its generic family maps to no installed
//! font. So no installed font is looked at: every family maps to the embedded DejaVu Sans, and both
//! outputs are the same on every machine.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Pixels of the PNG for each unit of the SVG text.
const SCALE: f32 = 2.0;
/// Units of an SVG text to the inch, by its standard.
const DOTS_PER_INCH: f32 = 96.0;
const FAMILY: &str = "DejaVu Sans";

/// A chart could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The text is not SVG.
    #[error("the chart is not valid SVG: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// The image could not be made or encoded.
    #[error("the chart could not be made a PNG: {0}")]
    Png(String),
    /// The document could not be made.
    #[error("the chart could not be made a PDF: {0}")]
    Pdf(String),
}

/// The bytes of a PNG image, two pixels to a unit of `svg`.
///
/// # Errors
/// When `svg` is not valid SVG, or has no area.
pub fn png(svg: &str) -> Result<Vec<u8>, RenderError> {
    let tree = tree(svg)?;
    let size = tree.size();
    let pixels = |length: f32| (length * SCALE).ceil() as u32;
    let mut pixmap = Pixmap::new(pixels(size.width()), pixels(size.height()))
        .ok_or_else(|| RenderError::Png("it has no area".to_owned()))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| RenderError::Png(error.to_string()))
}

/// The bytes of a one-page PDF document whose text can be selected and searched.
///
/// # Errors
/// When `svg` is not valid SVG.
pub fn pdf(svg: &str) -> Result<Vec<u8>, RenderError> {
    let page = svg2pdf::PageOptions { dpi: DOTS_PER_INCH };
    let options = svg2pdf::ConversionOptions::default();
    svg2pdf::to_pdf(&tree(svg)?, options, page).map_err(|error| RenderError::Pdf(error.to_string()))
}

fn tree(svg: &str) -> Result<Tree, RenderError> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_source(fontdb::Source::Binary(Arc::new(dejavu::sans::regular())));
    fonts.set_sans_serif_family(FAMILY);
    fonts.set_serif_family(FAMILY);
    fonts.set_monospace_family(FAMILY);
    fonts.set_cursive_family(FAMILY);
    fonts.set_fantasy_family(FAMILY);
    let family = FAMILY.to_owned();
    let options = Options { fontdb: Arc::new(fonts), font_family: family, ..Options::default() };
    Ok(Tree::from_str(svg, &options)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::accumulator::summary_of;
    use crate::report::chart;
    use resvg::usvg::{Group, Node};

    fn drawing() -> String {
        let questions = 1..=9u64;
        let summary = summary_of(questions.flat_map(|question| {
            let eights = 8.0 * question as f64;
            [("log-utility", "alignment", question, Some(eights)), ("γ = -1, naïve", "alignment", question, Some(90.0))]
        }));
        chart::svg(&summary, "Held-out questions").unwrap()
    }

    fn texts(group: &Group) -> Vec<&resvg::usvg::Text> {
        let nodes = group.children().iter();
        let inner = nodes.flat_map(|node| match node {
            Node::Group(group) => texts(group),
            Node::Text(text) => vec![text.as_ref()],
            _ => Vec::new(),
        });
        inner.collect()
    }

    /// Glyphs, by the font's number for them; 0 is the box for a missing character.
    fn glyphs(text: &resvg::usvg::Text) -> Vec<u16> {
        let spans = text.layouted().iter();
        spans.flat_map(|span| span.positioned_glyphs.iter().map(|glyph| glyph.id.0)).collect()
    }

    #[test]
    fn every_label_becomes_glyphs_of_the_embedded_font() {
        let drawing = drawing();
        let tree = tree(&drawing).unwrap();
        let texts = texts(tree.root());
        assert_eq!(texts.len(), drawing.matches("<text").count());
        for text in texts {
            let label: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
            let glyphs = glyphs(text);
            assert_eq!(glyphs.len(), label.chars().count(), "{label}");
            assert!(!glyphs.contains(&0), "{label}");
        }
    }

    #[test]
    fn the_png_shows_the_heading_and_the_bars() {
        let image = Pixmap::decode_png(&png(&drawing()).unwrap()).unwrap();
        let inked = |left: u32, top: u32, right: u32, bottom: u32| {
            let points = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
            points.filter(|(x, y)| image.pixel(*x, *y).unwrap().green() < 128).count()
        };
        // The heading takes the upper left corner, two pixels to the unit; nothing is to its right.
        assert!(inked(56, 56, 460, 100) > 1_000);
        assert_eq!(inked(image.width() - 300, 0, image.width(), 100), 0);
        let blue = resvg::tiny_skia::PremultipliedColorU8::from_rgba(0, 114, 178, 255).unwrap();
        let bar = image.pixels().iter().filter(|pixel| **pixel == blue).count();
        // 52 units wide and 112 high (a mean of 40), less the error bar over it.
        assert!((18_000..=23_296).contains(&bar), "{bar}");
    }

    #[test]
    fn the_pdf_embeds_the_font_with_its_characters() {
        let document = pdf(&drawing()).unwrap();
        let holds = |needle: &[u8]| document.windows(needle.len()).any(|window| window == needle);
        assert!(document.starts_with(b"%PDF-"));
        assert!(holds(b"DejaVuSans") && holds(b"/ToUnicode") && holds(b"/FontFile2"));
    }

    #[test]
    fn the_same_chart_gives_the_same_bytes() {
        let drawing = drawing();
        assert_eq!(png(&drawing).unwrap(), png(&drawing).unwrap());
        assert_eq!(pdf(&drawing).unwrap(), pdf(&drawing).unwrap());
    }

    #[test]
    fn what_is_not_svg_is_an_error() {
        assert!(matches!(png("no chart"), Err(RenderError::Svg(_))));
        assert!(matches!(pdf("<svg"), Err(RenderError::Svg(_))));
    }
}
