//! The dialogues above everything: the help, and the questions that somebody must answer.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer as Cells;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::cells::{clear, frame, paint, paint_line, paint_right};
use super::dates::Zone;
use super::look::Look;
use super::panels::{KEYS_GAP, draw_footer, draw_keys, key_columns};
use super::theme::{Depth, Theme};
use super::wrap::{Columns, columns_of, cut, wrap};
use crate::client::bindings::{Action, Context};
use crate::client::chord::Chord;
use crate::client::commands::{COMMANDS, usage};
use crate::client::keymap::HelpRow;
use crate::client::links::Links;
use crate::client::model::Model;
use crate::client::overlay::{HelpPart, Overlay};
use crate::ground::texts::{Texts, Value};
use crate::ground::tls::Fingerprint;

/// The widest dialogue, its frame included.
const QUESTION_COLUMNS_MAX: u16 = 64;
/// The widest help, its frame included.
const HELP_COLUMNS_MAX: u16 = 84;
/// Smaller screens have no frame around a dialogue.
const FRAME_FROM: (u16, u16) = (30, 8);
/// The columns of keys in the help, before what they do.
const KEY_COLUMNS_MAX: usize = 30;
/// The keys have no more than this part of the screen's rows.
const KEYS_SHARE: u16 = 4;
/// What the sign takes that there is more above or below.
const DIRECTIONS_COLUMNS: u16 = 1;
/// How many keys of one action the help names.
const CHORDS_SHOWN_MAX: usize = 3;

/// The cells of a dialogue: its whole, and what is inside its frame.
pub(super) struct Layout {
    outer: Rect,
    /// What is inside its frame, less the rows for the keys.
    pub(super) inner: Rect,
    /// The rows for the keys.
    pub(super) keys: Rect,
}

impl Layout {
    /// A dialogue in the middle of the screen, as wide as it may be and as high as `rows_for` says its text and its keys are.
    pub(super) fn of(screen: Rect, columns_max: u16, rows_for: impl FnOnce(u16) -> (usize, usize)) -> Self {
        let has_frame = screen.width >= FRAME_FROM.0 && screen.height >= FRAME_FROM.1;
        let (side, edge) = if has_frame { (2, 1) } else { (0, 0) };
        let width = screen.width.min(columns_max);
        let (text, keys) = rows_for(width.saturating_sub(2 * side));
        let text = u16::try_from(text).unwrap_or(u16::MAX);
        let keys = u16::try_from(keys).unwrap_or(u16::MAX).min(screen.height / KEYS_SHARE).max(1);
        // The keys below the text, with a blank row above them when there is room.
        let wanted = text.saturating_add(keys + 1 + 2 * edge);
        let height = wanted.min(screen.height);
        let x = screen.x + (screen.width - width) / 2;
        let y = screen.y + (screen.height - height) / 2;
        let outer = Rect { x, y, width, height };
        let keys_height = if height > 1 { keys } else { 0 };
        let gap = u16::from(height == wanted);
        let inner = Rect {
            x: x + side.min(width),
            y: y + edge,
            width: width.saturating_sub(2 * side),
            height: height.saturating_sub(2 * edge + keys_height + gap),
        };
        let keys = Rect { y: (y + height).saturating_sub(edge + keys_height.max(1)), height: keys_height, ..inner };
        Self { outer, inner, keys }
    }

    /// Empties the cells and frames them.
    pub(super) fn draw_empty(&self, cells: &mut Cells, title: &str, look: &Look<'_>) {
        // A column of distance to what lies below, where there is one.
        let outer = self.outer;
        let left = outer.x.saturating_sub(1).max(cells.area.x);
        clear(cells, Rect { x: left, width: (outer.right() + 1).saturating_sub(left), ..outer });
        if self.inner.y > self.outer.y {
            frame(cells, self.outer, look.theme.line());
            let room = usize::from(self.outer.width.saturating_sub(6));
            let title = format!(" {} ", cut(title, room));
            paint(cells, self.outer, self.outer.x + 2, self.outer.y, &title, room + 2, look.theme.accent());
        }
    }
}

/// Draws a dialogue over what is there, from this row of its text on.
pub fn draw(cells: &mut Cells, screen: Rect, shown: &Overlay, first_row: usize, look: &Look<'_>) {
    if screen.is_empty() {
        return;
    }
    let (layout, rows) = lay_out(screen, shown, look);
    let question = question(shown, look);
    layout.draw_empty(cells, &question.title, look);
    draw_rows(cells, layout.inner, rows.iter().skip(first_row));
    let has_more_below = first_row + usize::from(layout.inner.height) < rows.len();
    let directions = match (first_row > 0, has_more_below) {
        (true, true) => "↕",
        (true, false) => "↑",
        (false, true) => "↓",
        (false, false) => "",
    };
    let taken = u16::try_from(columns_of(directions)).unwrap_or_default();
    let keys = Rect { width: layout.keys.width.saturating_sub(taken), ..layout.keys };
    match shown {
        Overlay::Help(_) => draw_footer(cells, keys, Context::Help, look, |_| true),
        _ => {
            for (y, answers) in (keys.top()..keys.bottom()).zip(question.answers(keys.width, look)) {
                draw_keys(cells, Rect { y, height: 1, ..keys }, answers.into_iter(), look);
            }
        }
    }
    let last = Rect { y: layout.keys.bottom().saturating_sub(1), height: layout.keys.height.min(1), ..layout.keys };
    paint_right(cells, last, directions, look.theme.accent());
}

/// Where a dialogue lies, and all rows of its text.
fn lay_out(screen: Rect, shown: &Overlay, look: &Look<'_>) -> (Layout, Vec<Line<'static>>) {
    let columns_max = if matches!(shown, Overlay::Help(_)) { HELP_COLUMNS_MAX } else { QUESTION_COLUMNS_MAX };
    let mut rows = Vec::new();
    let mut of = |reserved: u16| {
        let layout = Layout::of(screen, columns_max, |columns| {
            let keys;
            (rows, keys) = match shown {
                Overlay::Help(first) => (help(*first, columns, look), 1),
                shown => {
                    let question = question(shown, look);
                    (question.rows(columns), question.answers(columns.saturating_sub(reserved), look).len())
                }
            };
            (rows.len(), keys)
        });
        (layout, rows.len())
    };
    let (mut layout, count) = of(0);
    if count > usize::from(layout.inner.height) {
        // Beside the keys it is said that there is more.
        (layout, _) = of(DIRECTIONS_COLUMNS);
    }
    (layout, rows)
}

fn draw_rows<'a>(cells: &mut Cells, area: Rect, rows: impl Iterator<Item = &'a Line<'static>>) {
    for (y, row) in (area.top()..area.bottom()).zip(rows) {
        paint_line(cells, area, area.x, y, row);
    }
}

/// How far down the dialogue that is shown can be scrolled on a screen of this size.
pub fn first_row_max(model: &Model, columns: u16, rows: u16) -> usize {
    let Some(shown) = model.overlays.shown() else { return 0 };
    // How many rows there are does not depend on the colours.
    let (texts, keymap, caps) = (&model.texts, &model.settings.keymap, model.server.session.caps());
    let (theme, zone, links) = (Theme::new(Depth::None), Zone::default(), Links::default());
    let look = Look { theme, zone, texts, keymap, caps, nick: "", links: &links };
    let (layout, text) = lay_out(Rect::new(0, 0, columns, rows), shown, &look);
    text.len().saturating_sub(usize::from(layout.inner.height))
}

/// The rows of the help at this width.
fn help(first: HelpPart, columns: u16, look: &Look<'_>) -> Vec<Line<'static>> {
    let (keys, commands) = (help_of_keys(columns, look), help_of_commands(columns, look));
    let (mut rows, others) = match first {
        HelpPart::Keys => (keys, commands),
        HelpPart::Commands => (commands, keys),
    };
    rows.push(Line::default());
    rows.extend(others);
    rows
}

fn help_of_keys(columns: u16, look: &Look<'_>) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    for (context, title_id) in Context::TITLES {
        if !rows.is_empty() {
            rows.push(Line::default());
        }
        rows.push(Line::styled(look.texts.get(title_id).into_owned(), look.theme.strong()));
        for row in look.keymap.help_rows(context, look.caps) {
            let what = look.texts.get(row.help_id).into_owned();
            rows.extend(help_row(&chord_names(&row, look.texts), &what, columns, look));
        }
    }
    rows
}

fn help_of_commands(columns: u16, look: &Look<'_>) -> Vec<Line<'static>> {
    let mut rows = vec![Line::styled(look.texts.get("help-title-commands").into_owned(), look.theme.strong())];
    for command in COMMANDS.iter().filter(|command| command.is_offered(look.caps)) {
        rows.extend(help_row(&usage(command, look.texts), &look.texts.get(command.help_id), columns, look));
    }
    rows
}

/// The keys of a row of the help: the recommended ones, or the ends of a run such as Alt-1 … Alt-9.
fn chord_names(row: &HelpRow, texts: &Texts) -> String {
    let is_run = row.chords.iter().all(|chord| matches!(chord.code, KeyCode::Char('0'..='9')));
    match (row.chords.first(), row.chords.last()) {
        (Some(first), Some(last)) if is_run && first != last => {
            format!("{} … {}", first.name(texts), last.name(texts))
        }
        _ => {
            let names = row.chords.iter().take(CHORDS_SHOWN_MAX).map(|chord| chord.name(texts));
            names.collect::<Vec<_>>().join(", ")
        }
    }
}

/// What is pressed or typed, and what it does: in two columns, or one above the other where there is no room.
fn help_row(key: &str, what: &str, columns: u16, look: &Look<'_>) -> Vec<Line<'static>> {
    let key_columns = KEY_COLUMNS_MAX.min(usize::from(columns) / 2);
    let indent = key_columns + 2;
    let is_beside = usize::from(columns) >= 2 * KEY_COLUMNS_MAX && columns_of(key) <= key_columns;
    if !is_beside {
        let mut rows = wrap([(key, look.theme.accent())], Columns::all(columns));
        rows.extend(wrap([(what, look.theme.text())], Columns::all(columns)));
        return rows;
    }
    let rest = columns.saturating_sub(u16::try_from(indent).unwrap_or(columns));
    let mut lead = format!("{key}{}", " ".repeat(indent - columns_of(key)));
    let wrapped = wrap([(what, look.theme.text())], Columns::all(rest));
    wrapped
        .into_iter()
        .map(|mut row| {
            let blank = " ".repeat(indent);
            row.spans.insert(0, Span::styled(std::mem::replace(&mut lead, blank), look.theme.accent()));
            row
        })
        .collect()
}

/// A question's title and paragraphs.
struct Question {
    title: String,
    paragraphs: Vec<(String, Style)>,
    /// The id of the word for yes; nothing where there is nothing to accept.
    accept_id: Option<&'static str>,
    refuse_id: &'static str,
    /// The id of the word for another way than both.
    edit_id: Option<&'static str>,
}

impl Question {
    /// Its text at this width.
    fn rows(&self, columns: u16) -> Vec<Line<'static>> {
        let mut rows: Vec<Line<'static>> = Vec::new();
        for (paragraph, style) in self.paragraphs.iter().filter(|(paragraph, _)| !paragraph.is_empty()) {
            if !rows.is_empty() {
                rows.push(Line::default());
            }
            rows.extend(wrap([(paragraph.as_str(), *style)], Columns::all(columns)));
        }
        rows
    }

    /// The keys that answer it, in as many rows of this width as they need.
    fn answers(&self, columns: u16, look: &Look<'_>) -> Vec<Vec<(Chord, String)>> {
        let chord = |action| look.keymap.chord(Context::Question, action);
        let accept = self.accept_id.zip(chord(Action::Accept));
        let refuse = Some(self.refuse_id).zip(chord(Action::Refuse));
        let edit = self.edit_id.zip(chord(Action::Edit));
        // A column stays free before the first one.
        let room = usize::from(columns).saturating_sub(1);
        let (mut rows, mut left) = (vec![Vec::new()], room);
        for (id, chord) in accept.into_iter().chain(refuse).chain(edit) {
            let word = look.texts.get(id).into_owned();
            let wanted = key_columns(&chord, &word, look.texts);
            if left < wanted && left < room {
                rows.push(Vec::new());
                left = room;
            }
            left = left.saturating_sub(wanted + usize::from(KEYS_GAP));
            rows.last_mut().into_iter().for_each(|row| row.push((chord, word.clone())));
        }
        rows
    }
}

fn question(shown: &Overlay, look: &Look<'_>) -> Question {
    let (texts, theme) = (look.texts, look.theme);
    let plain = |id: &str, variables: &[(&str, Value<'_>)]| (texts.format(id, variables), theme.text());
    match shown {
        Overlay::Help(_) => Question {
            title: texts.get("help-title").into_owned(),
            paragraphs: Vec::new(),
            accept_id: None,
            edit_id: None,
            refuse_id: "footer-close",
        },
        Overlay::Address(question) => Question {
            title: texts.get("question-address-title").into_owned(),
            paragraphs: vec![
                plain("question-address", &[("address", question.address.as_str().into())]),
                (question.explanation.clone(), theme.dim()),
                plain("question-address-advice", &[]),
            ],
            accept_id: Some("question-address-accept"),
            refuse_id: "question-address-refuse",
            edit_id: None,
        },
        Overlay::CertificateUnknown { server, fingerprint } => Question {
            title: texts.get("question-certificate-title").into_owned(),
            paragraphs: vec![
                plain("question-certificate", &[("server", server.as_str().into())]),
                (grouped(fingerprint), theme.strong()),
                plain("question-certificate-advice", &[]),
            ],
            accept_id: Some("question-certificate-accept"),
            refuse_id: "question-certificate-refuse",
            edit_id: None,
        },
        Overlay::CertificateChanged { server, pinned, got } => Question {
            title: texts.get("question-changed-title").into_owned(),
            paragraphs: vec![
                (texts.format("question-changed", &[("server", server.as_str().into())]), theme.error()),
                (texts.get("question-changed-known").into_owned(), theme.dim()),
                (grouped(pinned), theme.text()),
                (texts.get("question-changed-shown").into_owned(), theme.dim()),
                (grouped(got), theme.text()),
                plain("question-changed-advice", &[]),
            ],
            accept_id: None,
            refuse_id: "footer-close",
            edit_id: None,
        },
        Overlay::KeepPassword(question) => {
            let whose = [("server", question.address.as_str().into()), ("name", question.account.as_str().into())];
            Question {
                title: texts.get("question-keep-title").into_owned(),
                paragraphs: vec![
                    plain("question-keep", &whose),
                    plain(question.place_id(), &[]),
                    (texts.get("question-keep-advice").into_owned(), theme.dim()),
                ],
                accept_id: Some("question-keep-accept"),
                refuse_id: "question-keep-refuse",
                edit_id: None,
            }
        }
        Overlay::Redact(question) => Question {
            title: texts.get("question-redact-title").into_owned(),
            paragraphs: vec![
                plain("question-redact", &[("name", question.author.as_str().into())]),
                (crate::proto::text::plain(&question.excerpt).into_owned(), theme.dim()),
                plain("question-redact-advice", &[]),
            ],
            accept_id: Some("question-redact-accept"),
            refuse_id: "question-redact-refuse",
            edit_id: None,
        },
        Overlay::Report(question) => Question {
            title: texts.get("question-report-title").into_owned(),
            paragraphs: vec![
                plain("question-report", &[("name", question.author.as_str().into())]),
                (crate::proto::text::plain(&question.excerpt).into_owned(), theme.dim()),
                match question.reason.as_str() {
                    "" => (String::new(), theme.text()),
                    reason => plain("question-report-reason", &[("reason", reason.into())]),
                },
                plain("question-report-advice", &[]),
            ],
            accept_id: Some("question-report-accept"),
            refuse_id: "question-report-refuse",
            edit_id: None,
        },
        Overlay::Paste { lines, messages, preview } => {
            let more = if *lines > preview.len() { "\n…" } else { "" };
            let count = texts.format("question-paste-messages", &[("count", (*messages).into())]);
            Question {
                title: texts.get("question-paste-title").into_owned(),
                paragraphs: vec![
                    plain("question-paste", &[("lines", (*lines).into())]),
                    (count, if *messages > 1 { theme.warning() } else { theme.text() }),
                    // On a small screen this is what there may be no room for.
                    (format!("{}{more}", preview.join("\n")), theme.dim()),
                ],
                accept_id: Some("question-paste-accept"),
                refuse_id: "question-paste-refuse",
                edit_id: Some("question-paste-edit"),
            }
        }
        Overlay::Resend { count } => Question {
            title: texts.get("question-resend-title").into_owned(),
            paragraphs: vec![plain("question-resend", &[("count", (*count).into())])],
            accept_id: Some("question-resend-accept"),
            refuse_id: "question-resend-refuse",
            edit_id: None,
        },
    }
}

/// A fingerprint in groups that a row can end between.
fn grouped(fingerprint: &Fingerprint) -> String {
    let text = fingerprint.to_string();
    let pairs: Vec<&str> = text.split(':').collect();
    pairs.chunks(8).map(|group| group.join(":")).collect::<Vec<_>>().join("  ")
}
