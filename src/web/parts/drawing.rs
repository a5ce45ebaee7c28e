//! What lies around a record, as a drawing: the record in the middle, its neighbours around it. Made here, so that it needs
//! no script; the list below it says the same in words.

use std::f64::consts::TAU;

use crate::kit::text::visible_line;
use crate::memory::query::Neighbourhood;
use crate::web::brained::Brained;
use crate::web::parts::html::Html;
use crate::web::parts::recalled::href;

/// Neighbours that one drawing holds; more are not to be read.
const MOST: usize = 16;

/// In the units of the drawing.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;

/// A drawing.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The markup.
    pub svg: Html,
}

impl Drawing {
    /// The neighbourhood of a record; none when it stands alone.
    pub fn of(brained: &Brained, walked: &Neighbourhood) -> Option<Self> {
        let (middle, around) = walked.nodes.split_first()?;
        let around = &around[..around.len().min(MOST)];
        if around.is_empty() {
            return None;
        }
        let (x, y) = (WIDTH / 2.0, HEIGHT / 2.0);
        let mut lines = String::new();
        let mut nodes = String::new();
        for (number, node) in around.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "there are sixteen at most")]
            let angle = TAU * number as f64 / around.len() as f64 - TAU / 4.0;
            let (there_x, there_y) = (x + angle.cos() * (x - 110.0), y + angle.sin() * (y - 34.0));
            let kind = node.by.as_ref().map(|edge| edge.kind.as_str()).unwrap_or_default();
            lines.push_str(&format!(
                "<line x1=\"{x:.0}\" y1=\"{y:.0}\" x2=\"{there_x:.0}\" y2=\"{there_y:.0}\"/>\
                 <text class=\"edge\" x=\"{:.0}\" y=\"{:.0}\">{}</text>",
                (x + there_x) / 2.0,
                (y + there_y) / 2.0,
                escaped(kind)
            ));
            let href = href(brained, node.kept.id.as_deref(), &node.kept.path);
            nodes.push_str(&format!(
                "<a href=\"{}\">{}</a>",
                escaped(&href),
                label(&node.kept.title, there_x, there_y)
            ));
        }
        let title = escaped(&visible_line(&middle.kept.title, 80));
        let svg = format!(
            "<svg viewBox=\"0 0 {WIDTH:.0} {HEIGHT:.0}\" role=\"img\" aria-label=\"What {title} is related to\">{lines}{nodes}\
             <g class=\"middle\">{}</g></svg>",
            label(&middle.kept.title, x, y)
        );
        Some(Self { svg: Html::made(svg) })
    }
}

fn label(title: &str, x: f64, y: f64) -> String {
    let shown = visible_line(title, 26);
    #[expect(clippy::cast_precision_loss, reason = "a label has a few dozen letters")]
    let width = shown.chars().count() as f64 * 7.2 + 18.0;
    format!(
        "<rect x=\"{:.0}\" y=\"{:.0}\" width=\"{width:.0}\" height=\"26\" rx=\"6\"/><text x=\"{x:.0}\" y=\"{:.0}\">{}</text>",
        x - width / 2.0,
        y - 13.0,
        y + 4.5,
        escaped(&shown)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
