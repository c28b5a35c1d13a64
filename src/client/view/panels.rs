//! The chat screen around the messages: conversations, members, rules with titles, input box, footer.
//!
//! Where things are is said by `geometry`; a part without room is empty there, and nothing is drawn of it.

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::cells::{paint, paint_right, position_in, rule};
use super::look::{Look, rect};
use super::status;
use super::wrap::{columns_of, cut};
use crate::client::bindings::{Action, Context};
use crate::client::chord::Chord;
use crate::client::chosen;
use crate::client::connection::Status;
use crate::client::conversation::{Conversation, ConversationKind};
use crate::client::geometry::{ChatAreas, PROMPT_COLUMNS, first_visible};
use crate::client::model::Model;
use crate::client::signs::Presence;
use crate::ground::texts::Texts;
use crate::proto::text::plain;

/// Draws everything but the messages; returns where the caret stands.
pub fn draw(cells: &mut Cells, screen: Rect, model: &Model, look: &Look<'_>) -> Option<Position> {
    let areas = model.areas();
    let part = |area| rect(area, screen);
    draw_header(cells, &areas, screen, model, look);
    draw_walls(cells, &areas, screen, look);
    draw_list(cells, part(areas.list), model, look);
    if let Some(conversation) = model.conversations.current() {
        draw_members(cells, part(areas.members), conversation, look);
    }
    draw_status(cells, &areas, screen, model, look);
    // A dialogue or a list above has keys of its own in it; while it is there, those of the conversation do nothing.
    match model.contexts().first() {
        Some(Context::Chosen) => {
            draw_footer(cells, part(areas.footer), Context::Chosen, look, |action| chosen::is_possible(model, action))
        }
        Some(Context::Chat) => draw_footer(cells, part(areas.footer), Context::Chat, look, |_| true),
        _ => {}
    }
    draw_composer(cells, part(areas.composer), model, look)
}

/// The rule above the panels, with their titles in it.
fn draw_header(cells: &mut Cells, areas: &ChatAreas, screen: Rect, model: &Model, look: &Look<'_>) {
    let header = rect(areas.header, screen);
    if header.is_empty() {
        return;
    }
    rule(cells, header, look.theme.line());
    for x in wall_columns(areas) {
        paint(cells, header, x, header.y, "┬", 1, look.theme.line());
    }
    let over = |area: Rect| Rect { y: header.y, height: 1, ..area };
    if !areas.list.is_empty() {
        title(cells, over(rect(areas.list, screen)), &[(model.server.session.nick(), look.theme.strong())]);
    }
    let Some(conversation) = model.conversations.current() else { return };
    let mut line = Rect { x: areas.messages.x, width: areas.messages.width, ..header };
    let members = conversation.members.count();
    let count = look.texts.format("panel-members", &[("count", members.into())]);
    if !areas.members.is_empty() {
        title(cells, over(rect(areas.members, screen)), &[(&count, look.theme.dim())]);
    }
    // What there is no panel for is said at the right end, when there is room.
    let mut aside = Vec::new();
    if areas.list.is_empty() {
        let unread: u32 = model.conversations.list().iter().map(|conversation| conversation.unread).sum();
        if unread > 0 {
            aside.push((look.texts.format("panel-unread", &[("count", unread.into())]), look.theme.unread()));
        }
    }
    if areas.members.is_empty() && members > 0 && header.width >= 40 {
        aside.push((count, look.theme.dim()));
    }
    for (text, style) in aside {
        line.width = line.width.saturating_sub(1);
        let from = paint_right(cells, line, &format!(" {text} "), style);
        line.width = from.saturating_sub(line.x);
    }
    let name = conversation.name.as_str();
    title(cells, line, &[(name, look.theme.accent()), (&conversation.topic, look.theme.dim())]);
}

/// Texts in a rule, from its left end: `─ one ─ two ─`.
fn title(cells: &mut Cells, line: Rect, texts: &[(&str, Style)]) {
    let mut x = line.x.saturating_add(1);
    for (text, style) in texts.iter().filter(|(text, _)| !text.is_empty()) {
        let room = usize::from(line.right().saturating_sub(x)).saturating_sub(3);
        if room == 0 {
            return;
        }
        x = paint(cells, line, x, line.y, &format!(" {} ", cut(text, room)), room + 2, *style) + 1;
    }
}

/// The columns between panels.
fn wall_columns(areas: &ChatAreas) -> impl Iterator<Item = u16> + use<> {
    let left = (areas.list.width > 0).then_some(areas.list.width);
    let right = (areas.members.width > 0).then(|| areas.members.x.saturating_sub(1));
    left.into_iter().chain(right)
}

fn draw_walls(cells: &mut Cells, areas: &ChatAreas, screen: Rect, look: &Look<'_>) {
    for x in wall_columns(areas) {
        for y in areas.messages.y..areas.messages.y + areas.messages.height {
            paint(cells, screen, x, y, "│", 1, look.theme.line());
        }
    }
}

fn draw_list(cells: &mut Cells, area: Rect, model: &Model, look: &Look<'_>) {
    let list = model.conversations.list();
    let current = model.conversations.current_index().unwrap_or(0);
    let first = first_visible(current, list.len(), usize::from(area.height));
    for (y, (index, conversation)) in (area.top()..area.bottom()).zip(list.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..area };
        draw_list_row(cells, line, model, conversation, index == current, look);
    }
}

fn draw_list_row(
    cells: &mut Cells,
    line: Rect,
    model: &Model,
    conversation: &Conversation,
    is_current: bool,
    look: &Look<'_>,
) {
    let mut name_style = match conversation.kind {
        _ if !conversation.is_joined() => look.theme.dim(),
        _ if matches!(conversation.presence, Presence::Away | Presence::Offline) => look.theme.dim(),
        ConversationKind::Server => look.theme.dim(),
        _ => look.theme.text(),
    };
    if conversation.unread > 0 || is_current {
        name_style = name_style.add_modifier(Modifier::BOLD);
    }
    let mut room = Rect { x: line.x + 2.min(line.width), width: line.width.saturating_sub(3), ..line };
    if is_current {
        paint(cells, line, line.x, line.y, "▌", 1, look.theme.accent());
        name_style = name_style.patch(look.theme.accent());
    }
    if conversation.unread > 0 {
        let mark = if conversation.mentions > 0 { "@" } else { "" };
        let count = match conversation.unread {
            100.. => format!("{mark}99+"),
            unread => format!("{mark}{unread}"),
        };
        let style = if conversation.mentions > 0 { look.theme.unread() } else { look.theme.dim() };
        let from = paint_right(cells, room, &count, style);
        room.width = from.saturating_sub(room.x + 1);
    }
    let heading = server_heading(model, conversation);
    let name = cut(heading.as_deref().unwrap_or(&conversation.name), usize::from(room.width));
    paint(cells, room, room.x, room.y, &name, usize::from(room.width), name_style);
}

/// With several servers, each one's own conversation is the heading of the others there, with how far its connection is.
fn server_heading(model: &Model, conversation: &Conversation) -> Option<String> {
    let is_heading = conversation.kind == ConversationKind::Server && model.servers().len() > 1;
    let server = model.server_of(conversation.server).filter(|_| is_heading)?;
    let mark = if server.connection.status == Status::Online { "●" } else { "○" };
    Some(format!("{mark} {}", conversation.name))
}

fn draw_members(cells: &mut Cells, area: Rect, conversation: &Conversation, look: &Look<'_>) {
    let members = conversation.members.list();
    let height = usize::from(area.height);
    let hidden = match conversation.members.count() > height {
        true => conversation.members.count() - height.saturating_sub(1),
        false => 0,
    };
    let shown = if hidden > 0 { height.saturating_sub(1) } else { height };
    for (y, member) in (area.top()..area.bottom()).zip(members.iter().take(shown)) {
        let line = Rect { y, height: 1, ..area };
        let sign: String = member.prefixes.chars().take(1).collect();
        paint(cells, line, line.x + 1, y, &sign, 1, look.theme.dim());
        let style = if member.is_away { look.theme.dim() } else { look.theme.author(&member.nick) };
        let room = usize::from(line.width.saturating_sub(3));
        paint(cells, line, line.x + 2, y, &cut(&member.nick, room), room, style);
    }
    if hidden > 0 && !area.is_empty() {
        let text = look.texts.format("panel-more-members", &[("count", hidden.into())]);
        let room = usize::from(area.width.saturating_sub(3));
        paint(cells, area, area.x + 2, area.bottom() - 1, &cut(&text, room), room, look.theme.dim());
    }
}

/// With fewer columns, nothing is said of the connection: half a word of it would say less.
const CONNECTION_COLUMNS_MIN: u16 = 12;

/// The rule between messages and input box: the connection at its left, what else there is to say at its right.
fn draw_status(cells: &mut Cells, areas: &ChatAreas, screen: Rect, model: &Model, look: &Look<'_>) {
    let line = rect(areas.status, screen);
    if line.is_empty() {
        return;
    }
    rule(cells, line, look.theme.line());
    if areas.messages.height > 0 {
        for x in wall_columns(areas) {
            paint(cells, line, x, line.y, "┴", 1, look.theme.line());
        }
    }
    let x = areas.messages.x.min(line.right());
    let mut room = Rect { x, width: line.right().saturating_sub(x + 1), ..line };
    if let Some((text, style)) = news(model, look) {
        // The connection keeps a third of the line, unless what there is to say would lose its end by that.
        let third = usize::from(room.width) * 2 / 3;
        if columns_of(&text) > third {
            room = Rect { width: line.width.saturating_sub(1), ..line };
        }
        let from =
            paint_right(cells, room, &format!(" {} ", cut(&text, usize::from(room.width).saturating_sub(2))), style);
        room = Rect { x: x.min(from), width: from.saturating_sub(x), ..line };
        if room.width < CONNECTION_COLUMNS_MIN {
            return;
        }
    }
    if let Some(replying) = model.conversations.current().and_then(|conversation| conversation.replying.as_ref()) {
        let quote = &replying.quote;
        let leave =
            look.keymap.chord(Context::Chat, Action::Leave).map_or(String::new(), |chord| chord.name(look.texts));
        let head =
            look.texts.format("composer-replying", &[("name", quote.author.as_str().into()), ("key", leave.into())]);
        return title(cells, room, &[(&head, look.theme.accent()), (&plain(&quote.text), look.theme.dim())]);
    }
    if let Some(status) = status::sentence(model, look) {
        title(cells, room, &[(&format!("{} {}", status.mark, status.text), status.style)]);
    }
}

/// What the right end of the status line says.
fn news(model: &Model, look: &Look<'_>) -> Option<(String, Style)> {
    if let Some(remark) = &model.remark {
        return Some((remark.clone(), look.theme.warning()));
    }
    let typists: Vec<&str> = model.conversations.current().map(|one| one.typing.nicks().collect()).unwrap_or_default();
    if let Some(first) = typists.first() {
        let variables = [("count", typists.len().into()), ("name", (*first).into())];
        return Some((look.texts.format("panel-typing", &variables), look.theme.dim()));
    }
    let waiting: usize = model.conversations.list().iter().map(|one| one.buffer.pending_count()).sum();
    (waiting > 0 && !is_online(model))
        .then(|| (look.texts.format("panel-waiting", &[("count", waiting.into())]), look.theme.warning()))
}

fn is_online(model: &Model) -> bool {
    model.server.connection.status == Status::Online
}

/// The input box; returns where the caret stands.
fn draw_composer(cells: &mut Cells, area: Rect, model: &Model, look: &Look<'_>) -> Option<Position> {
    let conversation = model.conversations.current()?;
    let edit = &conversation.composer.edit;
    let takes_messages = conversation.takes_messages();
    let prompt_style = if takes_messages { look.theme.accent() } else { look.theme.dim() };
    let text = Rect { x: area.x + PROMPT_COLUMNS, width: area.width.saturating_sub(PROMPT_COLUMNS), ..area };
    paint(cells, area, area.x, area.y, "›", 1, prompt_style);
    if edit.is_empty() {
        let id = if takes_messages { "composer-hint" } else { "composer-hint-commands" };
        let hint = look.texts.format(id, &[("name", conversation.name.as_str().into())]);
        paint(
            cells,
            text,
            text.x,
            text.y,
            &cut(&hint, usize::from(text.width)),
            usize::from(text.width),
            look.theme.dim(),
        );
        return position_in(area, usize::from(text.x), usize::from(text.y));
    }
    let columns = ChatAreas::composer_text_columns(model.size.0);
    let rows = edit.rows(columns);
    let (caret_row, caret_column) = edit.caret_cell(columns);
    let first = first_visible(caret_row, rows.len(), usize::from(text.height));
    for (y, row) in (text.top()..text.bottom()).zip(rows.iter().skip(first)) {
        paint(cells, text, text.x, y, &edit.text()[row.clone()], usize::from(text.width), look.theme.text());
    }
    position_in(area, usize::from(text.x) + caret_column, usize::from(text.y) + caret_row.checked_sub(first)?)
}

/// The keys that matter in a context and can do something now, as many as there is room for.
pub fn draw_footer(
    cells: &mut Cells,
    line: Rect,
    context: Context,
    look: &Look<'_>,
    is_possible: impl Fn(Action) -> bool,
) {
    let keys = look.keymap.footer(context).filter(|key| is_possible(key.action));
    let keys = keys.map(|key| (key.chord, look.texts.get(key.word_id).into_owned()));
    draw_keys(cells, line, keys, look);
}

/// The columns between a key's word and the next key.
pub const KEYS_GAP: u16 = 3;

/// Keys with their words, a column before the first one: `F1 help   Enter send`.
pub fn draw_keys(cells: &mut Cells, line: Rect, keys: impl Iterator<Item = (Chord, String)>, look: &Look<'_>) {
    if line.is_empty() {
        return;
    }
    let mut x = line.x + 1;
    for (chord, word) in keys {
        let name = chord.name(look.texts);
        if usize::from(x) + key_columns(&chord, &word, look.texts) > usize::from(line.right()) {
            return;
        }
        x = paint(cells, line, x, line.y, &name, usize::from(line.width), look.theme.strong());
        x = paint(cells, line, x + 1, line.y, &word, usize::from(line.width), look.theme.dim()) + KEYS_GAP;
    }
}

/// The columns that a key and its word take.
pub fn key_columns(chord: &Chord, word: &str, texts: &Texts) -> usize {
    columns_of(&chord.name(texts)) + 1 + columns_of(word)
}
