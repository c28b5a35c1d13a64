//! Colours: what is written can be read in every theme, and people are told apart.

use std::collections::{BTreeMap, HashMap, HashSet};

use crossterm::event::{KeyCode, KeyModifiers};

use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::style::{Color, Modifier, Style};

use super::draw;
use super::models::{chat, form, reading};
use super::pictures::press;
use crate::client::form::Tab;
use crate::client::model::Model;
use crate::client::preferences::{Colors, ThemeName};
use crate::client::view::theme::{Background, Depth, Theme};
use crate::ground::texts::Language;

const BLACK: [u8; 3] = [0; 3];
/// The dark backgrounds of themes are hardly lighter.
const NEARLY_BLACK: [u8; 3] = [0x1e; 3];
const WHITE: [u8; 3] = [255; 3];

/// What is bold can be read with less: on both black and white there is no red of more contrast.
const BOLD_CONTRAST: f64 = 3.8;

/// A theme, what it is written on, the least contrast on that, and how many looks there are for people at least.
struct Case {
    name: ThemeName,
    background: Background,
    papers: &'static [[u8; 3]],
    exact: (f64, usize),
    indexed: (f64, usize),
}

/// Every theme whose colours are ours.
const CASES: [Case; 5] = [
    // Nothing is known of the background: seven of the 256 colours have that much on both, and each is also bold.
    case(ThemeName::Auto, Background::Unknown, &[BLACK, WHITE], (4.5, 72), (4.45, 14)),
    case(ThemeName::Dark, Background::Unknown, &[NEARLY_BLACK], (4.5, 108), (4.5, 72)),
    case(ThemeName::Light, Background::Unknown, &[WHITE], (4.5, 108), (4.5, 40)),
    case(ThemeName::HighContrast, Background::Dark, &[BLACK], (7.0, 108), (7.0, 72)),
    case(ThemeName::HighContrast, Background::Light, &[WHITE], (7.0, 108), (7.0, 20)),
];

const fn case(
    name: ThemeName,
    background: Background,
    papers: &'static [[u8; 3]],
    exact: (f64, usize),
    indexed: (f64, usize),
) -> Case {
    Case { name, background, papers, exact, indexed }
}

impl Case {
    /// The theme on a terminal of 256 colours and on one with all, each with the least contrast and the least number of colours.
    fn themes(&self) -> [(Theme, (f64, usize)); 2] {
        [(Depth::Many, self.indexed), (Depth::True, self.exact)]
            .map(|(depth, least)| (Theme::wanted(depth, self.name, Colors::default(), self.background), least))
    }
}

/// Red, green and blue as xterm shows them.
fn parts(color: Color) -> [u8; 3] {
    match color {
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Indexed(index @ 232..) => [8 + 10 * (index - 232); 3],
        Color::Indexed(index @ 16..) => {
            let cube = index - 16;
            [cube / 36, cube / 6 % 6, cube % 6].map(|step| if step == 0 { 0 } else { 55 + 40 * step })
        }
        other => panic!("{other:?} looks as the terminal likes"),
    }
}

/// The contrast of two colours (WCAG 2.2, "contrast ratio").
fn contrast(one: [u8; 3], two: [u8; 3]) -> f64 {
    let luminance = |parts: [u8; 3]| {
        let linear = parts.map(|part| f64::from(part) / 255.0).map(|part| match part {
            ..=0.03928 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (one, two) = (luminance(one), luminance(two));
    (one.max(two) + 0.05) / (one.min(two) + 0.05)
}

/// Names of many kinds.
fn names() -> impl Iterator<Item = String> {
    let numbered = |stem: &'static str| (0..1_000).map(move |number| format!("{stem}{number}"));
    let short = ('a'..='z').flat_map(|first| ('a'..='z').map(move |last| format!("{first}o{last}a")));
    ["nick", "Jean-", "日本", "guest-"].into_iter().flat_map(numbered).chain(short)
}

#[test]
fn what_is_written_can_be_read_in_every_theme() {
    for case in &CASES {
        for (theme, (least, _)) in case.themes() {
            let roles = [theme.dim(), theme.accent(), theme.good(), theme.warning(), theme.error()];
            let least_of = |style: Style| match style.add_modifier.contains(Modifier::BOLD) {
                true if case.background == Background::Unknown && case.name == ThemeName::Auto => BOLD_CONTRAST,
                // The roles' colours are of the 256 on every terminal.
                _ => least.min(4.5).min(case.indexed.0),
            };
            let roles = roles.into_iter().filter_map(|style| Some((style.fg?, least_of(style))));
            let people = names().filter_map(|name| theme.author(&name).fg).map(|color| (color, least));
            for (color, least) in roles.chain(people) {
                for paper in case.papers {
                    let found = contrast(parts(color), *paper);
                    assert!(found >= least, "{:?}: {color} has {found:.2} on {paper:?}", case.name);
                }
            }
        }
    }
}

#[test]
fn people_are_told_apart() {
    for case in &CASES {
        for (theme, (_, least)) in case.themes() {
            let mut shares: HashMap<Style, usize> = HashMap::new();
            for name in names() {
                *shares.entry(theme.author(&name)).or_default() += 1;
            }
            assert!(shares.len() >= least, "{:?}: {} looks", case.name, shares.len());
            // Drawn by lot, hardly ever a colour is that far from its share.
            let share = names().count() / shares.len();
            let (most, fewest) = (shares.values().max().unwrap(), shares.values().min().unwrap());
            assert!(*most < share * 2 && *fewest > share / 2, "{:?}: {fewest} to {most}, not {share}", case.name);
        }
    }
    let theme = Theme::new(Depth::Sixteen);
    let looks: std::collections::HashSet<_> = names().map(|name| theme.author(&name)).collect();
    assert_eq!(looks.len(), 10);
}

/// In groups of eight, hardly more often than chance has it two have the same colour.
#[test]
fn in_a_conversation_few_share_a_colour() {
    for case in &CASES {
        for (theme, (_, count)) in case.themes() {
            let names: Vec<String> = names().collect();
            let (mut pairs, mut same) = (0, 0);
            for group in names.chunks(8) {
                let colors: Vec<_> = group.iter().map(|name| theme.author(name)).collect();
                for (place, color) in colors.iter().enumerate() {
                    pairs += place;
                    same += colors[..place].iter().filter(|other| *other == color).count();
                }
            }
            assert!(same * count < pairs * 3 / 2, "{:?}: {same} of {pairs} pairs for {count} colours", case.name);
        }
    }
}

/// Whatever stands in a message, it is one bar when it is chosen, from one edge of the pane to the other.
#[test]
fn the_chosen_message_is_one_even_bar() {
    let bar = |model: &mut Model, columns: u16, theme: Theme| {
        let (cells, _) = draw(model, columns, 24, theme);
        let area = model.areas().messages;
        // What the pane's edges say lies over it.
        let is_free = |x, y| !model.pane.above.contains(x, y) && !model.pane.below.contains(x, y);
        let even = HashSet::from([(Color::Reset, Color::Reset, Modifier::REVERSED)]);
        let chosen = model.conversations.current().unwrap().chosen.unwrap();
        let mut count = 0;
        for (y, row) in (area.y..area.y + area.height).rev().zip(&model.pane.rows) {
            // What a wide cluster covers is not written.
            let is_written = |x: &u16| *x == area.x || cells[(*x - 1, y)].cell_width() < 2;
            let columns_of_row = (area.x..area.x + area.width).filter(is_written).filter(|x| is_free(*x, y));
            let cells = columns_of_row.map(|x| &cells[(x, y)]);
            let look = |cell: &Cell| (cell.fg, cell.bg, cell.modifier & (Modifier::REVERSED | Modifier::DIM));
            let looks: HashSet<_> = cells.map(look).collect();
            let is_bar = row.key == chosen && row.row >= row.above;
            count += usize::from(is_bar);
            assert!(!is_bar || looks == even, "{columns} columns, {theme:?}, row {y}: {looks:?}");
            assert!(row.key == chosen || looks != even, "{columns} columns, {theme:?}, row {y}");
        }
        count
    };
    let up = (KeyCode::Up, KeyModifiers::SHIFT);
    for depth in [Depth::None, Depth::Sixteen, Depth::Many, Depth::True] {
        for name in [ThemeName::Auto, ThemeName::Dark, ThemeName::Light, ThemeName::HighContrast] {
            let theme = Theme::wanted(depth, name, Colors::default(), Background::Unknown);
            for columns in [40, 80, 120] {
                let mut model = reading(Language::English);
                let mut highest = 0;
                // One after the other: of several rows, answering another, with reactions, withdrawn, on its way, at the top.
                for _ in 0..12 {
                    press(&mut model, &[up]);
                    highest = highest.max(bar(&mut model, columns, theme));
                }
                assert!(highest > 1);
            }
        }
    }
}

/// The same in every version: who has learned a colour knows the person by it.
#[test]
fn a_name_keeps_its_colour() {
    let theme = |depth, name| Theme::wanted(depth, name, Colors::default(), Background::Unknown);
    let mut got = BTreeMap::new();
    for name in ["Romain", "mimi", "日本太郎"] {
        let color = |depth, theme_name| theme(depth, theme_name).author(name).fg.unwrap().to_string();
        got.insert(
            name,
            [
                color(Depth::True, ThemeName::Dark),
                color(Depth::True, ThemeName::Light),
                color(Depth::Many, ThemeName::Dark),
                color(Depth::Many, ThemeName::Light),
                color(Depth::Sixteen, ThemeName::Dark),
            ],
        );
    }
    let wanted = BTreeMap::from([
        ("Romain", ["#88A1FF", "#4258B5", "222", "23", "Green"].map(str::to_owned)),
        ("mimi", ["#CB8BF8", "#7F46A3", "106", "53", "Green"].map(str::to_owned)),
        ("日本太郎", ["#E79300", "#8D5100", "115", "162", "Magenta"].map(str::to_owned)),
    ]);
    assert_eq!(got, wanted);
    let theme = theme(Depth::True, ThemeName::Dark);
    assert_eq!(theme.author("Romain"), theme.author("romain"));
    assert_eq!(theme.author("Romain"), theme.author("Romain__"), "as a client calls itself while the name is taken");
}

#[test]
fn without_colour_nothing_has_one() {
    for mut model in [chat(Language::English), form(Language::French, Tab::Register)] {
        let (cells, _) = draw(&mut model, 100, 30, Theme::new(Depth::None));
        assert!(cells.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
    }
}
