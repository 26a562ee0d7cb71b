//! A chart of lines as SVG.
//!
//! Promises a white background, so that it can be read on a dark page too, colours that the colour-blind tell apart, and
//! a legend beside the lines, where it hides none.

use anyhow::anyhow;
use plotters::prelude::{
    ChartBuilder, Circle, Color as _, DrawingArea, IntoDrawingArea as _, IntoFont as _, LineSeries, PathElement,
    RGBColor, SVGBackend, ShapeStyle, Text, WHITE,
};

use super::axis::Axis;

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What was varied, with its unit.
    pub x: String,
    /// Whether what was varied grows by factors.
    pub x_is_logarithmic: bool,
    /// What was measured, with its unit.
    pub y: String,
    /// The lines, in the order of the legend.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its points from left to right.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: u32 = 820;
const HEIGHT: u32 = 360;
const LEGEND_WIDTH: u32 = 210;
const LINE_HEIGHT: i32 = 24;
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
/// Okabe and Ito's, without those that are pale on white.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Chart {
    /// Whether there is anything to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.points.is_empty())
    }

    /// Draws it.
    ///
    /// # Errors
    /// If the plotting library fails.
    pub fn svg(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        {
            let whole = SVGBackend::with_string(&mut text, (WIDTH, HEIGHT)).into_drawing_area();
            whole.fill(&WHITE).map_err(broken)?;
            let (plot, legend) = whole.split_horizontally(WIDTH - LEGEND_WIDTH);
            self.draw_lines(&plot)?;
            self.draw_legend(&legend)?;
            whole.present().map_err(broken)?;
        }
        // One end of line at the end, as every text file has.
        Ok(text.trim_end().to_owned() + "\n")
    }

    fn draw_lines(&self, area: &Area<'_>) -> anyhow::Result<()> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x = Axis::of_sizes(&points().map(|(x, _)| *x).collect::<Vec<_>>(), self.x_is_logarithmic);
        let y = Axis::of_costs(&points().map(|(_, y)| *y).collect::<Vec<_>>());
        let (x_title, y_title) = (x.title(&self.x), y.title(&self.y));
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, (FONT, 18).into_font().color(&INK))
            .margin(12)
            .x_label_area_size(48)
            .y_label_area_size(72)
            .build_cartesian_2d(x, y)
            .map_err(broken)?;
        chart
            .configure_mesh()
            .x_desc(x_title)
            .y_desc(y_title)
            .axis_style(INK)
            .bold_line_style(GRID)
            .label_style((FONT, 13).into_font().color(&INK))
            .axis_desc_style((FONT, 14).into_font().color(&INK))
            .draw()
            .map_err(broken)?;
        for (line, colour) in self.lines.iter().zip(colours()) {
            let series = LineSeries::new(line.points.iter().copied(), stroke(colour));
            chart.draw_series(series).map_err(broken)?;
            let dots = line.points.iter().map(|point| Circle::new(*point, 3, colour.filled()));
            chart.draw_series(dots).map_err(broken)?;
        }
        Ok(())
    }

    fn draw_legend(&self, area: &Area<'_>) -> anyhow::Result<()> {
        let style = (FONT, 13).into_font().color(&INK);
        for ((line, colour), at) in self.lines.iter().zip(colours()).zip(2..) {
            let y = at * LINE_HEIGHT;
            area.draw(&PathElement::new([(6, y), (28, y)], stroke(colour)))
                .map_err(broken)?;
            area.draw(&Circle::new((17, y), 3, colour.filled())).map_err(broken)?;
            let name = Text::new(line.name.clone(), (34, y - 5), style.clone());
            area.draw(&name).map_err(broken)?;
        }
        Ok(())
    }
}

fn colours() -> impl Iterator<Item = RGBColor> {
    COLOURS.into_iter().cycle()
}

fn stroke(colour: RGBColor) -> ShapeStyle {
    colour.stroke_width(2)
}

fn broken(why: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("a plot can't be drawn: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_says_what_it_shows_and_is_the_same_each_time() {
        let chart = Chart {
            title: "Cost & routes".to_owned(),
            x: "routes".to_owned(),
            x_is_logarithmic: true,
            y: "instructions".to_owned(),
            lines: vec![Line {
                name: "the program".to_owned(),
                points: vec![(10.0, 100.0), (1_000.0, 120.0)],
            }],
        };
        let svg = chart.svg().unwrap();
        for text in [
            "Cost &amp; routes",
            "routes",
            "instructions",
            "the program",
            "120",
            "1000",
        ] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert_eq!(chart.svg().unwrap(), svg);
    }

    #[test]
    fn nothing_measured_is_nothing_to_draw() {
        let mut chart = Chart {
            title: String::new(),
            x: String::new(),
            x_is_logarithmic: false,
            y: String::new(),
            lines: vec![],
        };
        assert!(chart.is_empty());
        chart.lines.push(Line {
            name: String::new(),
            points: vec![(0.0, 0.0)],
        });
        assert!(!chart.is_empty());
        chart.svg().unwrap();
    }
}
