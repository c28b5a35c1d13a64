//! WHO: the members of a channel, or those whom a mask means.
//!
//! Specifications: Modern IRC, "WHO message"; IRCv3 `whox`, with the fields `d` and `o` of ircu beside the standard ones. Addresses
//! are shown to operators and to oneself only; everybody else sees the cloak. Secret channels are empty for those outside.

use crate::chat::call::Call;
use crate::chat::event::{ChannelId, Rank};
use crate::chat::policy::channel as policy;
use crate::chat::ports::ConnId;
use crate::chat::refusal::Handled;
use crate::chat::session::Person;
use crate::chat::world::World;
use crate::proto::caps::Cap;
use crate::proto::mask::{fold_mask, glob};
use crate::proto::message::Line;
use crate::proto::names::ChannelName;
use crate::proto::numerics::{RPL_ENDOFWHO, RPL_WHOREPLY, RPL_WHOSPCRPL};

/// The most digits of a token.
const TOKEN_DIGITS_MAX: usize = 3;

/// What of each person is asked for.
struct Wanted<'a> {
    /// Operators only.
    only_operators: bool,
    /// The fields of WHOX, with the token that `t` gives back; without it the plain reply.
    fields: Option<(&'a str, &'a str)>,
}

impl<'a> Wanted<'a> {
    /// `[o][%<fields>[,<token>]]`.
    fn parse(text: &'a str) -> Self {
        let (flags, fields) = text.split_once('%').map_or((text, None), |(flags, fields)| (flags, Some(fields)));
        let fields = fields.map(|fields| fields.split_once(',').unwrap_or((fields, "")));
        let is_token = |token: &str| token.len() <= TOKEN_DIGITS_MAX && token.bytes().all(|byte| byte.is_ascii_digit());
        let fields = fields.map(|(fields, token)| (fields, if is_token(token) { token } else { "" }));
        Self { only_operators: flags.contains('o'), fields }
    }
}

/// `WHO [<mask> [o][%<fields>[,<token>]]]`: a channel's members, one person, or those whom a mask means.
pub(crate) fn who(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let mask = if call.param(0).is_empty() { "*" } else { call.param(0) };
    let wanted = Wanted::parse(call.param(1));
    let mut found = if ChannelName::looks_like(mask) {
        in_channel(world, conn, mask)
    } else if let Some(person) = world.person_called(mask) {
        world.sessions_of(person).first().map(|of| (*of, None)).into_iter().collect()
    } else {
        by_mask(world, conn, mask)
    };
    found.retain(|(of, _)| !wanted.only_operators || world.session(*of).modes.contains('o'));
    for (of, member) in found {
        let line = match wanted.fields {
            Some((fields, token)) => extended_line(world, conn, of, member, fields, token),
            None => plain_line(world, conn, of, member),
        };
        world.reply(conn, line);
    }
    world.reply_end(conn, RPL_ENDOFWHO, mask, "End of WHO list");
    Ok(())
}

/// Somebody who is listed, and as a member of which channel.
type Found = (ConnId, Option<(ChannelId, Rank)>);

fn in_channel(world: &mut World, conn: ConnId, name: &str) -> Vec<Found> {
    let Ok(id) = world.find_channel(name) else { return Vec::new() };
    let asker = world.asker(conn, id);
    let Some(channel) = world.state.channel(id) else { return Vec::new() };
    if !policy::may_see(channel, &asker) {
        return Vec::new();
    }
    let members = world.present_members(channel);
    world.shows(id);
    let is_shown = |of: ConnId| asker.rank.is_some() || asker.is_operator || !world.session(of).modes.contains('i');
    members.into_iter().filter(|(of, _)| is_shown(*of)).map(|(of, rank)| (of, Some((id, rank)))).collect()
}

/// People whose nick, user, host, server, real name or whole `nick!user@host` a mask means, at most
/// the bound; the invisible only when a channel is shared.
fn by_mask(world: &World, conn: ConnId, mask: &str) -> Vec<Found> {
    let mask = if mask == "0" { "*".to_owned() } else { fold_mask(mask) };
    let peers = world.peers(conn);
    let own = world.person_of(conn);
    let mut seen: Vec<Person> = Vec::new();
    for session in world.sessions.in_order().filter(|session| session.is_welcome && !session.is_closed) {
        let person = world.person_of(session.conn);
        let (source, server) = (session.source(), &world.settings.server_name);
        let texts = [session.name(), session.user(), &session.host, server, &session.realname, &source];
        let fits = texts.iter().any(|text| glob(&mask, &fold_mask(text)));
        let is_shown = person == own || !session.modes.contains('i') || peers.contains(&session.conn);
        if fits && is_shown && !seen.contains(&person) {
            seen.push(person);
            if seen.len() == world.settings.limits.who_replies_max {
                break;
            }
        }
    }
    seen.into_iter().filter_map(|person| world.sessions_of(person).first().map(|of| (*of, None))).collect()
}

/// `H` or `G`, `*` for operators, `B` for bots, and the prefixes in the channel.
fn flags(world: &World, conn: ConnId, of: ConnId, member: Option<(ChannelId, Rank)>) -> String {
    let person = world.person_of(of);
    let mut flags = if world.away_of(person).is_some() { "G" } else { "H" }.to_owned();
    if world.has_user_mode(person, 'o') {
        flags.push('*');
    }
    if let Some((_, rank)) = member {
        flags.push_str(&rank.prefixes(world.session(conn).has(Cap::MultiPrefix)));
    }
    if world.has_user_mode(person, 'B') {
        flags.push('B');
    }
    flags
}

fn channel_name(world: &World, member: Option<(ChannelId, Rank)>) -> String {
    member.map_or_else(|| "*".to_owned(), |(id, _)| world.channel_name(id))
}

/// 352.
fn plain_line(world: &World, conn: ConnId, of: ConnId, member: Option<(ChannelId, Rank)>) -> Line {
    let session = world.session(of);
    let (user, host) = world.user_and_host(of);
    let line = world.numeric(conn, RPL_WHOREPLY).param(&channel_name(world, member)).param(&user).param(&host);
    let line = line.param(&world.settings.server_name).param(session.name()).param(&flags(world, conn, of, member));
    line.trailing(&format!("0 {}", session.realname))
}

/// 354: the fields that were asked for, in the order of the specification.
fn extended_line(
    world: &World,
    conn: ConnId,
    of: ConnId,
    member: Option<(ChannelId, Rank)>,
    fields: &str,
    token: &str,
) -> Line {
    /// Every field, in the order in which they stand in the reply.
    const FIELDS: &str = "tcuihsnfdlaor";
    /// What stands for an address that is not shown.
    const ADDRESS_HIDDEN: &str = "255.255.255.255";
    let session = world.session(of);
    let (user, host) = world.user_and_host(of);
    let mut line = world.numeric(conn, RPL_WHOSPCRPL);
    for field in FIELDS.chars().filter(|field| fields.contains(*field)) {
        line = match field {
            't' if token.is_empty() => line.param("0"),
            't' => line.param(token),
            'c' => line.param(&channel_name(world, member)),
            'u' => line.param(&user),
            'i' if world.sees_address(conn, of) => line.param(&address(&session.address())),
            'i' => line.param(ADDRESS_HIDDEN),
            'h' => line.param(&host),
            's' => line.param(&world.settings.server_name),
            'n' => line.param(session.name()),
            'f' => line.param(&flags(world, conn, of, member)),
            'd' => line.param("0"),
            'l' => line.param(&world.idle_seconds(world.person_of(of)).to_string()),
            'a' => {
                let account = session.account().and_then(|account| world.account_name(account));
                line.param(account.as_deref().unwrap_or("0"))
            }
            'o' => line.param("n/a"),
            _ => line.trailing(&session.realname),
        };
    }
    line
}

/// An address that begins with a colon would be taken for the last parameter.
fn address(address: &str) -> String {
    if address.starts_with(':') { format!("0{address}") } else { address.to_owned() }
}
