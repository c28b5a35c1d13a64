//! A picture as a file in `tests/screens`: its text and its styles.

use std::fmt::Write as _;
use std::path::Path;

use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::style::Color;

use super::draw;
use crate::client::model::Model;
use crate::client::view::theme::{Depth, Theme};

/// A picture as a file: its rows, then the same rows with a letter for each style, then what the letters mean.
fn picture(model: &mut Model, columns: u16, rows: u16) -> String {
    let (cells, caret) = draw(model, columns, rows, Theme::new(Depth::Many));
    let mut legend: Vec<String> = Vec::new();
    let (mut text, mut styles) = (String::new(), String::new());
    for y in 0..rows {
        let (mut text_row, mut style_row) = (String::new(), String::new());
        let mut x = 0;
        while x < columns {
            let cell = &cells[(x, y)];
            let name = style_name(cell);
            let letter = match (name.as_str(), legend.iter().position(|known| *known == name)) {
                ("", _) => '.',
                (_, Some(index)) => letter(index),
                (_, None) => {
                    legend.push(name);
                    letter(legend.len() - 1)
                }
            };
            text_row.push_str(cell.symbol());
            // A wide cluster has as many letters as columns, so that the letters stand in the terminal's columns.
            let width = cell.cell_width().max(1);
            style_row.extend((0..width).map(|_| letter));
            x += width;
        }
        let _ = writeln!(text, "{}", text_row.trim_end());
        let _ = writeln!(styles, "{}", style_row.trim_end_matches('.'));
    }
    let mut picture = format!("{columns}x{rows}, caret {caret:?}\n\n{text}\n{styles}\n");
    for (index, name) in legend.iter().enumerate() {
        let _ = writeln!(picture, "{} {name}", letter(index));
    }
    picture
}

fn letter(index: usize) -> char {
    char::from(b'a' + u8::try_from(index).expect("there are few styles"))
}

/// What differs from plain text: colours by their number, weights by their names.
fn style_name(cell: &Cell) -> String {
    let mut name = Vec::new();
    for (side, color) in [("on", cell.fg), ("over", cell.bg)] {
        match color {
            Color::Reset => {}
            Color::Indexed(number) => name.push(format!("{side} {number}")),
            other => name.push(format!("{side} {other:?}")),
        }
    }
    let weights = cell.modifier.iter_names().map(|(weight, _)| weight.to_lowercase());
    name.into_iter().chain(weights).collect::<Vec<_>>().join(", ").replace("on ", "colour ").replace("over ", "on ")
}

/// Compares with the picture in `tests/screens`; `CHAT_BLESS=1` writes it instead.
#[track_caller]
pub(super) fn golden(name: &str, model: &mut Model, columns: u16, rows: u16) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(format!("{name}-{columns}x{rows}.txt"));
    let got = picture(model, columns, rows);
    if std::env::var_os("CHAT_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, got).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(got == wanted, "{} differs; CHAT_BLESS=1 writes this:\n{got}", path.display());
}
