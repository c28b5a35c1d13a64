//! From the rules' effects into the outboxes, and out of them.

use std::collections::VecDeque;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use chat_tui::chat::ports::{ConnId, Peer, Transport};
use chat_tui::server::clients::Clients;
use chat_tui::server::outbox::{InboxLimit, Link, OutboxLimits};

use super::Step;

/// A line for so many: queued to each, and taken out by each.
pub fn fan_out(members: usize) -> Step {
    let mut clients = Clients::default();
    let peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 1, transport: Transport::Plain };
    let link = |_| Arc::new(Link::new(peer.clone(), OutboxLimits::default(), InboxLimit::default()));
    let links: Vec<Arc<Link>> = (0..members).map(link).collect();
    for (number, link) in (0..).zip(&links) {
        clients.add(ConnId(number), Arc::clone(link), true);
    }
    let to: Arc<[ConnId]> = (0..members as u64).map(ConnId).collect();
    let line = Bytes::from_static(b":ann!ann@cloak PRIVMSG #fan :a line of the length that people write\r\n");
    let mut out = VecDeque::new();
    Box::new(move || {
        clients.tell(Arc::clone(&to), Some(ConnId(0)), line.clone(), false);
        clients.flush();
        for link in &links {
            link.take(&mut out);
            black_box(&out);
            out.clear();
        }
    })
}
