//! SEARCH: messages that hold a text.
//!
//! Specification: `soju.im/search` (soju, `doc/ext/search.md`). The store compares a bounded number of messages one by one,
//! within its own time limit: no index is kept.

use super::history::{readable, reader};
use super::past::{lines_of, reply_in_batch};
use crate::chat::asked::Asked;
use crate::chat::call::Call;
use crate::chat::event::Place;
use crate::chat::limits;
use crate::chat::ports::{Answer, ConnId, Question, SearchQuery};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::caps::Cap;
use crate::proto::message::{Line, Tag};
use crate::proto::numerics::ERR_UNKNOWNCOMMAND;
use crate::proto::time::Timestamp;

/// The type of the batch.
const BATCH_TYPE: &str = "soju.im/search";

/// `SEARCH <attribute>=<value>{;<attribute>=<value>}`, the values escaped like those of tags.
pub(crate) fn search(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    if !world.session(conn).has(Cap::Search) {
        return Err(Refusal::numeric(ERR_UNKNOWNCOMMAND, &[call.command.name], "Unknown command"));
    }
    let query = read(world, conn, call.param(0))?;
    if world.is_stalled() {
        return Err(failed());
    }
    world.ask(conn, Question::Search(query), Asked::Search);
    Ok(())
}

fn failed() -> Refusal {
    Refusal::fail("INTERNAL_ERROR", &[], "server-search-failed")
}

fn invalid(what: &str) -> Refusal {
    let context: &[&str] = if what.is_empty() { &[] } else { &[what] };
    Refusal::fail("INVALID_PARAMS", context, "server-invalid-parameters")
}

fn read(world: &World, conn: ConnId, attributes: &str) -> Result<SearchQuery, Refusal> {
    let limit_max = world.settings.history_page_max;
    let mut query = SearchQuery {
        places: Vec::new(),
        account: None,
        from: None,
        text: None,
        after: None,
        before: None,
        limit: limits::SEARCH_LIMIT_DEFAULT.min(limit_max),
    };
    let mut target = None;
    for attribute in attributes.split(';').filter(|attribute| !attribute.is_empty()) {
        let (key, escaped) = attribute.split_once('=').unwrap_or((attribute, ""));
        let attribute = Tag { key, escaped };
        let value = attribute.value().into_owned();
        let time = || Timestamp::parse(&value).map(Some).ok_or_else(|| invalid(attribute.key));
        match attribute.key {
            "in" => target = Some(value),
            "from" => query.from = Some(value),
            "text" => query.text = Some(value).filter(|text| !text.is_empty()),
            "after" => query.after = time()?,
            "before" => query.before = time()?,
            "limit" => {
                let limit = value.parse::<u32>().ok().filter(|limit| *limit > 0);
                query.limit = limit.ok_or_else(|| invalid(attribute.key))?.min(limit_max);
            }
            unknown => return Err(invalid(unknown)),
        }
    }
    match target {
        Some(target) => {
            let (place, _) = readable(world, conn, &target).ok_or_else(|| invalid("in"))?;
            query.places.push(place);
        }
        None if attributes.is_empty() => return Err(invalid("")),
        None => {
            query.places = world.channels_of(conn).into_iter().map(Place::Channel).collect();
            query.account = reader(world, conn);
        }
    }
    Ok(query)
}

/// The store has found something, or cannot.
pub(crate) fn answered(world: &mut World, conn: ConnId, answer: Answer) -> Handled {
    let Answer::Page(events) = answer else { return Err(failed()) };
    let lines: Vec<Line> = events.iter().flat_map(|event| lines_of(world, conn, event, &event.target)).collect();
    let head = world.server_line("BATCH");
    reply_in_batch(world, conn, head, BATCH_TYPE, None, lines);
    Ok(())
}
