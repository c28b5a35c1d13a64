//! Plots as SVG: bars, and lines of growth.

use crate::table::grouped;

const PLOT_WIDTH: f64 = 640.0;
const BAR_HEIGHT: f64 = 22.0;
const LABEL_WIDTH: f64 = 120.0;
const VALUE_WIDTH: f64 = 110.0;
const TITLE_HEIGHT: f64 = 34.0;

/// Bars, one for each server.
pub fn bars(title: &str, digits: usize, bars: &[(&str, f64)]) -> String {
    let most = bars.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let height = TITLE_HEIGHT + BAR_HEIGHT * bars.len() as f64 + 8.0;
    let mut body = String::new();
    for (index, (server, value)) in bars.iter().enumerate() {
        let top = TITLE_HEIGHT + BAR_HEIGHT * index as f64;
        let width = (value / most * (PLOT_WIDTH - LABEL_WIDTH - VALUE_WIDTH)).max(1.0);
        let colour = if server.starts_with("limit") { "#9aa5b1" } else { "#3b7dd8" };
        body += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{server}</text>\
             <rect x=\"{LABEL_WIDTH}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
            LABEL_WIDTH - 6.0,
            top + 15.0,
            top + 3.0,
            BAR_HEIGHT - 6.0,
            LABEL_WIDTH + width + 6.0,
            top + 15.0,
            grouped(*value, digits),
        );
    }
    svg(height, title, &body)
}

fn svg(height: f64, title: &str, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{PLOT_WIDTH}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"8\" y=\"20\" font-weight=\"bold\">{title}</text>\n{body}</svg>\n"
    )
}

const GROWTH_HEIGHT: f64 = 320.0;
const COLOURS: &[&str] = &["#3b7dd8", "#d8703b", "#4a9d5b", "#8a5bb5", "#9aa5b1", "#c2a13a", "#555555"];

/// Lines with their points, one for each server; both axes are logarithmic.
pub fn lines(title: &str, lines: &[(&str, Vec<(f64, f64)>)]) -> String {
    let all: Vec<(f64, f64)> = lines.iter().flat_map(|(_, points)| points.iter().copied()).collect();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let values = all.iter().map(of);
        (values.clone().fold(f64::MAX, f64::min).log10(), values.fold(f64::MIN, f64::max).log10())
    };
    let (across, up) = (range(|point| point.0), range(|point| point.1));
    let place = |value: f64, (least, most): (f64, f64)| (value.log10() - least) / (most - least).max(1e-9);
    let mut body = String::new();
    for (index, (server, points)) in lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let at = |point: &(f64, f64)| {
            let x = 60.0 + place(point.0, across) * (PLOT_WIDTH - 220.0);
            (x, GROWTH_HEIGHT - 40.0 - place(point.1, up) * (GROWTH_HEIGHT - 90.0))
        };
        let path: Vec<String> = points.iter().map(at).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        body += &format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n",
            path.join(" ")
        );
        for point in points {
            let (x, y) = at(point);
            body += &format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"10\">{:.2}</text>\n",
                y - 6.0,
                point.1
            );
        }
        let (legend_x, legend_y) = (PLOT_WIDTH - 120.0, 50.0 + 18.0 * index as f64);
        body += &format!("<text x=\"{legend_x}\" y=\"{legend_y}\" fill=\"{colour}\">{server}</text>\n");
    }
    let mut marks: Vec<f64> = all.iter().map(|point| point.0).collect();
    marks.sort_by(f64::total_cmp);
    marks.dedup();
    for count in marks {
        let x = 60.0 + place(count, across) * (PLOT_WIDTH - 220.0);
        body += &format!("<text x=\"{x:.1}\" y=\"{:.1}\">{}</text>\n", GROWTH_HEIGHT - 14.0, grouped(count, 0));
    }
    svg(GROWTH_HEIGHT, title, &body)
}
