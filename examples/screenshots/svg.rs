//! A terminal's screen as an SVG picture: what the emulator holds, cell by cell, nothing retouched.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

const CELL_WIDTH: f32 = 8.4;
const CELL_HEIGHT: f32 = 18.0;
const FONT_SIZE: u8 = 14;
const MARGIN: f32 = 14.0;
const TITLE_HEIGHT: f32 = 30.0;
/// Where the letters stand in a cell, from its top.
const BASELINE: f32 = 13.5;

/// The colours of a terminal's own settings.
pub struct Paper {
    foreground: &'static str,
    background: &'static str,
    /// The background as a terminal tells it.
    pub told: &'static str,
    /// The sixteen colours with a name; the rest of the 256 is computed.
    palette: [&'static str; 16],
}

pub const DARK: Paper = Paper {
    foreground: "#d5d8df",
    background: "#16181d",
    told: "rgb:16/18/1d",
    palette: [
        "#2b2f38", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4", "#6b7280", "#ef8891",
        "#b2d998", "#f0d49b", "#85c4f5", "#d79bea", "#7fd0da", "#ffffff",
    ],
};

pub const LIGHT: Paper = Paper {
    foreground: "#2a2c33",
    background: "#fafafa",
    told: "rgb:fa/fa/fa",
    palette: [
        "#2a2c33", "#c4342d", "#3e7d2f", "#8f6a00", "#2f5fd0", "#9a2fa0", "#0b7285", "#a0a1a7", "#6b6f78", "#d9453d",
        "#4f9a3c", "#a87c00", "#4078f2", "#b347ba", "#12899e", "#ffffff",
    ],
};

/// How a run of neighbouring cells looks.
#[derive(Clone, PartialEq)]
struct Look {
    foreground: String,
    background: Option<String>,
    bold: bool,
    italic: bool,
    underline: bool,
    dim: bool,
}

impl Look {
    fn of(cell: &Cell, paper: &Paper) -> Self {
        let mut foreground = paper.color(cell.fgcolor());
        let mut background = paper.color(cell.bgcolor());
        if cell.inverse() {
            (foreground, background) =
                (background.or(Some(paper.background.to_owned())), foreground.or(Some(paper.foreground.to_owned())));
        }
        Self {
            foreground: foreground.unwrap_or_else(|| paper.foreground.to_owned()),
            background,
            bold: cell.bold(),
            italic: cell.italic(),
            underline: cell.underline(),
            dim: cell.dim(),
        }
    }
}

/// Draws a screen under a title bar.
pub fn render(screen: &Screen, title: &str, paper: &Paper) -> String {
    let Paper { foreground, background, .. } = paper;
    let (rows, columns) = screen.size();
    let width = f32::from(columns.get()) * CELL_WIDTH + 2.0 * MARGIN;
    let height = f32::from(rows.get()) * CELL_HEIGHT + 2.0 * MARGIN + TITLE_HEIGHT;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,monospace\" \
         font-size=\"{FONT_SIZE}\">\n<title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"{background}\"/>\n",
        escape(title)
    );
    for (place, fill) in ["#e06c75", "#e5c07b", "#98c379"].into_iter().enumerate() {
        let _ = writeln!(svg, "<circle cx=\"{}\" cy=\"20\" r=\"5.5\" fill=\"{fill}\"/>", 22 + 18 * place);
    }
    let _ = writeln!(
        svg,
        "<text x=\"50%\" y=\"24\" text-anchor=\"middle\" fill=\"#8b919d\" font-size=\"13\">{}</text>",
        escape(title)
    );
    for row in 0..rows.get() {
        draw_row(screen, row, columns.get(), paper, &mut svg);
    }
    if !screen.hide_cursor() {
        let (row, column) = screen.cursor_position();
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"2\" height=\"{CELL_HEIGHT}\" fill=\"{foreground}\"/>",
            left(column),
            top(row)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Gathers neighbouring cells that look alike; a wide or an unusual character stands alone, so that no font can shift it.
fn draw_row(screen: &Screen, row: u16, columns: u16, paper: &Paper, svg: &mut String) {
    let mut column = 0;
    while column < columns {
        let Some(cell) = screen.cell(row, column) else { break };
        let look = Look::of(cell, paper);
        let start = column;
        let mut text = String::new();
        if is_plain(cell) {
            while let Some(next) = screen.cell(row, column).filter(|next| column < columns && is_plain(next)) {
                if Look::of(next, paper) != look {
                    break;
                }
                text.push_str(if next.has_contents() { next.contents() } else { " " });
                column += 1;
            }
        } else {
            text.push_str(cell.contents());
            column += if cell.is_wide() { 2 } else { 1 };
        }
        draw_run(&look, row, start, column - start, &text, svg);
    }
}

fn is_plain(cell: &Cell) -> bool {
    !cell.is_wide() && !cell.is_wide_continuation() && (!cell.has_contents() || cell.contents().is_ascii())
}

fn draw_run(look: &Look, row: u16, start: u16, count: u16, text: &str, svg: &mut String) {
    let (x, y, width) = (left(start), top(row), f32::from(count) * CELL_WIDTH);
    if let Some(fill) = &look.background {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT}\" fill=\"{fill}\"/>"
        );
    }
    if text.trim().is_empty() {
        return;
    }
    if text == "│" {
        // Drawn, because the letters of a font seldom reach from row to row.
        let middle = x + width / 2.0;
        let _ = writeln!(
            svg,
            "<line x1=\"{middle:.1}\" y1=\"{y:.1}\" x2=\"{middle:.1}\" y2=\"{:.1}\" stroke=\"{}\"{}/>",
            y + CELL_HEIGHT,
            look.foreground,
            if look.dim { " opacity=\"0.6\"" } else { "" }
        );
        return;
    }
    let mut style = String::new();
    for (wanted, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.italic, " font-style=\"italic\""),
        (look.underline, " text-decoration=\"underline\""),
        (look.dim, " opacity=\"0.6\""),
    ] {
        if wanted {
            style.push_str(attribute);
        }
    }
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
         xml:space=\"preserve\" fill=\"{}\"{style}>{}</text>",
        y + BASELINE,
        look.foreground,
        escape(text)
    );
}

fn left(column: u16) -> f32 {
    MARGIN + f32::from(column) * CELL_WIDTH
}

fn top(row: u16) -> f32 {
    MARGIN + TITLE_HEIGHT + f32::from(row) * CELL_HEIGHT
}

impl Paper {
    fn color(&self, color: Color) -> Option<String> {
        match color {
            Color::Default => None,
            Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
            Color::Idx(index @ 0..16) => Some(self.palette[usize::from(index)].to_owned()),
            Color::Idx(index @ 16..232) => {
                let step = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
                let cube = index - 16;
                Some(format!("#{:02x}{:02x}{:02x}", step(cube / 36), step(cube / 6 % 6), step(cube % 6)))
            }
            Color::Idx(index) => {
                let level = 8 + 10 * (index - 232);
                Some(format!("#{level:02x}{level:02x}{level:02x}"))
            }
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
