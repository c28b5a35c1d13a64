//! Effects that wait for their commit, pure: what anybody is told is in the record before.
//!
//! An effect stands behind a gate, the number of an event. When the journal reports that everything up to a number is
//! committed, the effects behind these gates come out in the order of their gates, and behind one gate in the order in
//! which the rules emitted them. When the journal stalls, an effect goes back to the gate that it must stand behind.

use std::collections::BTreeMap;

use crate::chat::event::Seq;
use crate::chat::ports::{Effect, Held};

/// The most effects that may wait. Beyond it the hub tells the rules that the journal is stalled, so that no durable line
/// is accepted until half of them are gone.
pub const HELD_EFFECTS_MAX: usize = 1_000_000;

/// The most events of one line: it has no room for more targets. How far behind an event the gate of its consequences is.
const LINE_EVENTS_MAX: u64 = 512;

/// An effect behind its gate.
#[derive(Debug)]
struct Waiting {
    must: Seq,
    cause: Option<Seq>,
    effect: Effect,
}

/// All effects that wait, and up to where the record goes.
#[derive(Debug)]
pub struct HeldEffects {
    committed: Seq,
    gates: BTreeMap<Seq, Vec<Waiting>>,
    count: usize,
}

impl HeldEffects {
    /// Nothing waits; the record goes up to `committed`.
    pub fn new(committed: Seq) -> Self {
        Self { committed, gates: BTreeMap::new(), count: 0 }
    }

    /// Takes an effect in, or gives it back when its gate is open.
    pub fn hold(&mut self, held: Held) -> Option<Effect> {
        if held.gate <= self.committed {
            return Some(held.effect);
        }
        self.count += 1;
        let waiting = Waiting { must: held.must, cause: held.cause, effect: held.effect };
        self.gates.entry(held.gate).or_default().push(waiting);
        None
    }

    /// Opens all gates up to `committed`, this one included, and hands what stood behind them to `sink` in order.
    pub fn release(&mut self, committed: Seq, mut sink: impl FnMut(Effect)) {
        self.committed = self.committed.max(committed);
        while let Some(first) = self.gates.first_entry() {
            if *first.key() > self.committed {
                break;
            }
            let waiting = first.remove();
            self.count -= waiting.len();
            waiting.into_iter().for_each(|waiting| sink(waiting.effect));
        }
    }

    /// The journal stalls: what stands behind a later gate than it must goes back to that one, or to `sink` when it is open.
    /// The order of what is for one connection stays, because its gates rise either way.
    pub fn release_what_need_not_wait(&mut self, mut sink: impl FnMut(Effect)) {
        let mut early = Vec::new();
        for (gate, waiting) in &mut self.gates {
            early.extend(waiting.extract_if(.., |waiting| waiting.must < *gate));
        }
        for waiting in early {
            if waiting.must <= self.committed {
                self.count -= 1;
                sink(waiting.effect);
            } else {
                self.gates.entry(waiting.must).or_default().push(waiting);
            }
        }
    }

    /// Puts `replacement` in the place of the consequences of an event that is not in the record. They stand behind one
    /// gate, that of the last event of the same line, which is not far.
    pub fn replace_consequences(&mut self, cause: Seq, replacement: impl IntoIterator<Item = Effect>) {
        let mut replacement = replacement.into_iter().map(|effect| Waiting { must: cause, cause: None, effect });
        let last = Seq(cause.0.saturating_add(LINE_EVENTS_MAX));
        for waiting in self.gates.range_mut(cause..=last).map(|(_, waiting)| waiting) {
            let Some(place) = waiting.iter().position(|waiting| waiting.cause == Some(cause)) else { continue };
            let before = waiting.len();
            waiting.retain(|waiting| waiting.cause != Some(cause));
            waiting.splice(place..place, replacement);
            self.count = self.count - before + waiting.len();
            return;
        }
        // Nobody would have been told; whoever is told now waits for its place in the order like everybody.
        if let Some(first) = replacement.next() {
            let waiting = self.gates.entry(cause).or_default();
            let before = waiting.len();
            waiting.push(first);
            waiting.extend(replacement);
            self.count += waiting.len() - before;
        }
    }

    /// Up to where the record goes.
    pub fn committed(&self) -> Seq {
        self.committed
    }

    /// How many effects wait.
    pub fn count(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chat::ports::ConnId;

    fn held(gate: u64, cause: Option<u64>, number: u64) -> Held {
        let effect = Effect::LineDone { conn: ConnId(number) };
        Held { gate: Seq(gate), must: Seq(gate), cause: cause.map(Seq), effect }
    }

    fn number(effect: &Effect) -> u64 {
        match effect {
            Effect::LineDone { conn } => conn.0,
            other => panic!("{other:?}"),
        }
    }

    fn released(held: &mut HeldEffects, committed: u64) -> Vec<u64> {
        let mut numbers = Vec::new();
        held.release(Seq(committed), |effect| numbers.push(number(&effect)));
        numbers
    }

    #[test]
    fn an_open_gate_holds_nothing() {
        let mut effects = HeldEffects::new(Seq(5));
        assert!(effects.hold(held(0, None, 1)).is_some());
        assert!(effects.hold(held(5, None, 1)).is_some());
        assert!(effects.hold(held(6, None, 1)).is_none());
        assert_eq!(effects.count(), 1);
    }

    #[test]
    fn in_a_stall_an_effect_waits_for_what_it_must() {
        let mut effects = HeldEffects::new(Seq(1));
        for (gate, must, number) in [(3, 3, 10), (5, 1, 20), (5, 3, 30), (5, 5, 40)] {
            let waiting = Held { must: Seq(must), ..held(gate, None, number) };
            assert!(effects.hold(waiting).is_none());
        }
        let mut early = Vec::new();
        effects.release_what_need_not_wait(|effect| early.push(number(&effect)));
        assert_eq!((early, effects.count()), (vec![20], 3));
        assert_eq!(released(&mut effects, 3), [10, 30]);
        assert_eq!(released(&mut effects, 5), [40]);
        assert_eq!(effects.count(), 0);
    }

    #[test]
    fn effects_come_out_by_gate_and_then_as_emitted() {
        let mut effects = HeldEffects::new(Seq(0));
        for (gate, number) in [(1, 10), (2, 20), (1, 11), (3, 30), (2, 21)] {
            assert!(effects.hold(held(gate, None, number)).is_none());
        }
        assert_eq!(released(&mut effects, 2), [10, 11, 20, 21]);
        assert_eq!(effects.count(), 1);
        assert_eq!(released(&mut effects, 9), [30]);
        assert_eq!(effects.count(), 0);
    }

    fn done(number: u64) -> Effect {
        Effect::LineDone { conn: ConnId(number) }
    }

    #[test]
    fn what_a_duplicate_tells_stands_where_its_consequences_stood() {
        let mut effects = HeldEffects::new(Seq(0));
        // A line with two events: its consequences wait for both. Another line shows what came out of the first.
        let line = [held(2, None, 20), held(2, Some(1), 21), held(2, Some(2), 22), held(2, None, 23)];
        for waiting in line.into_iter().chain([held(1, None, 10), held(3, Some(3), 30)]) {
            assert!(effects.hold(waiting).is_none());
        }
        effects.replace_consequences(Seq(1), [done(99)]);
        assert_eq!(effects.count(), 6);
        assert_eq!(released(&mut effects, 3), [10, 20, 99, 22, 23, 30]);
        assert_eq!(effects.count(), 0);
    }

    #[test]
    fn a_duplicate_without_consequences_still_has_its_place() {
        let mut effects = HeldEffects::new(Seq(0));
        assert!(effects.hold(held(3, Some(3), 30)).is_none());
        effects.replace_consequences(Seq(2), [done(99)]);
        effects.replace_consequences(Seq(3), []);
        assert_eq!(released(&mut effects, 3), [99]);
        assert_eq!(effects.count(), 0);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_comes_early(
            gates in prop::collection::vec(0u64..20, 0..100),
            commits in prop::collection::vec(0u64..20, 0..10),
        ) {
            let mut effects = HeldEffects::new(Seq(0));
            let mut out = Vec::new();
            for (index, gate) in gates.iter().enumerate() {
                out.extend(effects.hold(held(*gate, None, index as u64)).map(|effect| number(&effect)));
            }
            for commit in commits {
                for number in released(&mut effects, commit) {
                    prop_assert!(gates[number as usize] <= effects.committed().0);
                    out.push(number);
                }
            }
            prop_assert_eq!(out.len() + effects.count(), gates.len());
            out.extend(released(&mut effects, 20));
            out.sort_unstable();
            prop_assert_eq!(out, (0..gates.len() as u64).collect::<Vec<_>>());
        }
    }
}
