//! The connections as the hub sees them, and what goes into whose outbox.
//!
//! *A run*: lines that follow each other and go to the same many are gathered, and each of these gets them as one piece,
//! so that a busy channel costs its members a piece for each batch and not a piece for each line. A connection that is to
//! get something else in between, or is left out of a line, *steps out* of the run: it gets what was gathered until then,
//! and from there on each line by itself. So everybody's order is the order in which effects were performed.

use std::sync::Arc;

use bytes::Bytes;

use super::outbox::{Link, Pushed};
use crate::chat::numbers::NumberMap;
use crate::chat::ports::ConnId;

/// The most bytes of a run. Beyond it a new run begins; it keeps the pieces well below what an outbox may hold.
const RUN_BYTES_MAX: usize = 32 * 1024;

/// One connection.
struct Client {
    link: Arc<Link>,
    /// Whether the present world knows it; false for those that end because their world did.
    is_known: bool,
    /// Whether its task is to be woken by the next flush.
    is_touched: bool,
    /// The last run that it stepped out of.
    left_run: u64,
}

/// Lines for the same many.
struct Run {
    to: Arc<[ConnId]>,
    sheddable: bool,
    lines: Vec<Bytes>,
    bytes: usize,
    /// Who has stepped out.
    apart: Vec<ConnId>,
}

/// All connections, by number.
#[derive(Default)]
pub struct Clients {
    by_number: NumberMap<ConnId, Client>,
    touched: Vec<ConnId>,
    /// Whose lines need nothing more; said with the next flush, when what they caused is queued.
    lines_done: Vec<ConnId>,
    run: Option<Run>,
    /// How many runs there were; the number of the present one.
    runs: u64,
    traffic: Traffic,
}

/// What was queued, and what was not, since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Pieces that were queued.
    pub pieces: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Pieces that were left out for slow readers.
    pub sheds: u64,
    /// Connections that were ended because they read too slowly.
    pub exceeded: u64,
}

impl Traffic {
    /// Takes note of a piece; whether its connection's task is to be woken.
    fn note(&mut self, pushed: Pushed, bytes: usize) -> bool {
        match pushed {
            Pushed::Queued => {
                self.pieces += 1;
                self.bytes += bytes as u64;
            }
            Pushed::Shed => self.sheds += 1,
            Pushed::Exceeded => self.exceeded += 1,
            Pushed::Closed => {}
        }
        matches!(pushed, Pushed::Queued | Pushed::Exceeded)
    }
}

impl Clients {
    /// A connection is there.
    pub fn add(&mut self, conn: ConnId, link: Arc<Link>, is_known: bool) {
        self.by_number.insert(conn, Client { link, is_known, is_touched: false, left_run: 0 });
    }

    /// What is shared with a connection's task.
    pub fn link(&self, conn: ConnId) -> Option<&Link> {
        self.by_number.get(&conn).map(|client| &*client.link)
    }

    /// A connection is gone: whether the world knew it.
    pub fn remove(&mut self, conn: ConnId) -> bool {
        self.by_number.remove(&conn).is_some_and(|client| client.is_known)
    }

    /// What was queued so far, and what was not.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// How many bytes wait for each reader.
    pub fn queued_bytes(&self) -> impl Iterator<Item = usize> {
        self.by_number.values().map(|client| client.link.queued_bytes())
    }

    /// The bytes that wait for their readers, of those for whom any wait.
    pub fn queued_by_connection(&self) -> impl Iterator<Item = (ConnId, usize)> {
        let queued = self.by_number.iter().map(|(conn, client)| (*conn, client.link.queued_bytes()));
        queued.filter(|(_, bytes)| *bytes > 0)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_number.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// Whether the world knows this one.
    pub fn is_known(&self, conn: ConnId) -> bool {
        self.by_number.get(&conn).is_some_and(|client| client.is_known)
    }

    /// The numbers of all.
    pub fn numbers(&self) -> Vec<ConnId> {
        self.by_number.keys().copied().collect()
    }

    /// Queues lines to one.
    pub fn send(&mut self, to: ConnId, bytes: Bytes, sheddable: bool) {
        self.step_out(to);
        self.push(to, bytes, sheddable);
    }

    /// Queues lines to many, whose numbers rise; `except` is left out.
    pub fn tell(&mut self, to: Arc<[ConnId]>, except: Option<ConnId>, bytes: Bytes, sheddable: bool) {
        let goes_on = self.run.as_ref().is_some_and(|run| {
            Arc::ptr_eq(&run.to, &to) && run.sheddable == sheddable && run.bytes + bytes.len() <= RUN_BYTES_MAX
        });
        if !goes_on {
            self.end_run();
            self.runs += 1;
            self.run = Some(Run { to, sheddable, lines: Vec::new(), bytes: 0, apart: Vec::new() });
        }
        if let Some(except) = except {
            self.step_out(except);
        }
        let Some(mut run) = self.run.take() else { return };
        for conn in run.apart.iter().filter(|conn| Some(**conn) != except) {
            self.push(*conn, bytes.clone(), sheddable);
        }
        run.bytes += bytes.len();
        run.lines.push(bytes);
        self.run = Some(run);
    }

    /// A line of this connection needs nothing more.
    pub fn line_done(&mut self, conn: ConnId) {
        self.lines_done.push(conn);
    }

    /// A connection was let in.
    pub fn welcome(&self, conn: ConnId) {
        if let Some(link) = self.link(conn) {
            link.welcome();
        }
    }

    /// The server stops: those who are closed now are not waited for.
    pub fn hurry(&self) {
        self.by_number.values().for_each(|client| client.link.hurry());
    }

    /// Ends a connection once what is queued to it has left.
    pub fn close(&mut self, conn: ConnId) {
        self.step_out(conn);
        if let Some(client) = self.by_number.get_mut(&conn) {
            client.link.close();
            touch(client, conn, &mut self.touched);
        }
    }

    /// The world does not know this one any more.
    pub fn forget(&mut self, conn: ConnId) {
        if let Some(client) = self.by_number.get_mut(&conn) {
            client.is_known = false;
        }
    }

    /// Wakes the tasks of all to whom something was queued.
    pub fn flush(&mut self) {
        self.end_run();
        for conn in self.lines_done.drain(..) {
            if let Some(client) = self.by_number.get(&conn) {
                client.link.line_done();
            }
        }
        for conn in self.touched.drain(..) {
            if let Some(client) = self.by_number.get_mut(&conn) {
                client.is_touched = false;
                client.link.wake();
            }
        }
    }

    fn push(&mut self, conn: ConnId, bytes: Bytes, sheddable: bool) {
        let Some(client) = self.by_number.get_mut(&conn) else { return };
        let size = bytes.len();
        if self.traffic.note(client.link.push(bytes, sheddable), size) {
            touch(client, conn, &mut self.touched);
        }
    }

    /// Whoever is in the present run gets what was gathered so far, and from now on each line by itself.
    fn step_out(&mut self, conn: ConnId) {
        let Some(run) = self.run.as_mut().filter(|run| run.to.binary_search(&conn).is_ok()) else { return };
        let Some(client) = self.by_number.get_mut(&conn).filter(|client| client.left_run != self.runs) else { return };
        client.left_run = self.runs;
        run.apart.push(conn);
        for line in &run.lines {
            if self.traffic.note(client.link.push(line.clone(), run.sheddable), line.len()) {
                touch(client, conn, &mut self.touched);
            }
        }
    }

    fn end_run(&mut self) {
        let Some(mut run) = self.run.take() else { return };
        let piece = match run.lines.as_mut_slice() {
            [only] => std::mem::take(only),
            lines => lines.concat().into(),
        };
        for conn in run.to.iter() {
            if let Some(client) = self.by_number.get_mut(conn)
                && client.left_run != self.runs
                && self.traffic.note(client.link.push(piece.clone(), run.sheddable), piece.len())
            {
                touch(client, *conn, &mut self.touched);
            }
        }
    }
}

fn touch(client: &mut Client, conn: ConnId, touched: &mut Vec<ConnId>) {
    if !std::mem::replace(&mut client.is_touched, true) {
        touched.push(conn);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use proptest::prelude::*;

    use super::*;
    use crate::chat::ports::Peer;
    use crate::server::outbox::{InboxLimit, OutboxLimits};

    const CONNS: u64 = 5;

    fn link() -> Link {
        Link::new(Peer::for_tests(), OutboxLimits::default(), InboxLimit::default())
    }

    fn clients() -> (Clients, BTreeMap<u64, Arc<Link>>) {
        let mut clients = Clients::default();
        let links: BTreeMap<_, _> = (0..CONNS).map(|n| (n, Arc::new(link()))).collect();
        for (number, link) in &links {
            clients.add(ConnId(*number), Arc::clone(link), true);
        }
        (clients, links)
    }

    fn pieces(link: &Link) -> Vec<Bytes> {
        let mut out = VecDeque::new();
        link.take(&mut out);
        out.into()
    }

    fn audience(numbers: &[u64]) -> Arc<[ConnId]> {
        numbers.iter().copied().map(ConnId).collect()
    }

    #[test]
    fn lines_for_the_same_many_arrive_as_one_piece() {
        let (mut clients, links) = clients();
        let all = audience(&[0, 1, 2]);
        for line in ["a\r\n", "b\r\n", "c\r\n"] {
            clients.tell(Arc::clone(&all), Some(ConnId(0)), line.into(), false);
        }
        clients.flush();
        assert_eq!(pieces(&links[&1]), ["a\r\nb\r\nc\r\n"]);
        assert_eq!(pieces(&links[&2]), ["a\r\nb\r\nc\r\n"]);
        assert!(pieces(&links[&0]).is_empty());
    }

    #[derive(Clone, Debug)]
    enum Step {
        Send(u64),
        Tell(usize, Option<u64>),
        Flush,
        Close(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..CONNS).prop_map(Step::Send),
            (0..2usize, prop::option::of(0..CONNS)).prop_map(|(to, except)| Step::Tell(to, except)),
            Just(Step::Flush),
            (0..CONNS).prop_map(Step::Close),
        ]
    }

    proptest! {
        #[test]
        fn everybody_gets_the_same_as_line_by_line(steps in prop::collection::vec(step(), 0..60)) {
            let (mut clients, links) = clients();
            let audiences = [audience(&[0, 1, 2, 3]), audience(&[2, 3, 4])];
            let mut expected: BTreeMap<u64, String> = BTreeMap::new();
            let mut closed = Vec::new();
            for (index, step) in steps.into_iter().enumerate() {
                let line = format!("{index}\r\n");
                match step {
                    Step::Send(to) => {
                        clients.send(ConnId(to), line.clone().into(), false);
                        if !closed.contains(&to) {
                            *expected.entry(to).or_default() += &line;
                        }
                    }
                    Step::Tell(to, except) => {
                        let to = &audiences[to];
                        clients.tell(Arc::clone(to), except.map(ConnId), line.clone().into(), false);
                        for conn in to.iter().filter(|conn| Some(conn.0) != except && !closed.contains(&conn.0)) {
                            *expected.entry(conn.0).or_default() += &line;
                        }
                    }
                    Step::Flush => clients.flush(),
                    Step::Close(conn) => {
                        clients.close(ConnId(conn));
                        closed.push(conn);
                    }
                }
            }
            clients.flush();
            for (number, link) in &links {
                let got = pieces(link).concat();
                prop_assert_eq!(String::from_utf8(got).unwrap(), expected.remove(number).unwrap_or_default());
            }
        }
    }
}
