//! Bytes that wait to leave, in pieces that are shared with whoever else gets them.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::{Buf, Bytes};

/// How many pieces one write carries at most.
pub const WRITE_CHUNKS_MAX: usize = 64;

/// Pieces in their order. Empty, they hold no memory.
#[derive(Debug, Default)]
pub struct Chunks {
    list: VecDeque<Bytes>,
    /// Whether the first one has partly left.
    is_begun: bool,
}

impl Chunks {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many pieces wait.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds a piece.
    pub fn push_back(&mut self, bytes: Bytes) {
        self.list.push_back(bytes);
    }

    /// Moves all of `more` behind these.
    pub fn append(&mut self, more: &mut Self) {
        if self.is_empty() {
            // The list itself changes hands: nothing is copied.
            *self = std::mem::take(more);
        } else {
            self.list.append(&mut std::mem::take(more).list);
        }
    }

    /// The first pieces, as one write takes them.
    pub fn slices<'a, 'b>(&'a self, room: &'b mut [IoSlice<'a>; WRITE_CHUNKS_MAX]) -> &'b [IoSlice<'a>] {
        for (slice, chunk) in room.iter_mut().zip(&self.list) {
            *slice = IoSlice::new(chunk);
        }
        &room[..self.list.len().min(WRITE_CHUNKS_MAX)]
    }

    /// Forgets the bytes that have left.
    pub fn consume(&mut self, mut written: usize) -> io::Result<()> {
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        while let Some(first) = self.list.front_mut() {
            if written < first.len() {
                first.advance(written);
                self.is_begun |= written > 0;
                return Ok(());
            }
            written -= first.len();
            self.list.pop_front();
            self.is_begun = false;
        }
        self.list = VecDeque::new();
        Ok(())
    }

    /// Forgets what waits, but for the rest of the piece that has begun to leave and for the very last piece.
    pub fn keep_only_the_last(&mut self) {
        let begun = if self.is_begun && self.list.len() > 1 { self.list.pop_front() } else { None };
        let last = self.list.pop_back();
        self.list = begun.into_iter().chain(last).collect();
    }
}

#[cfg(test)]
impl From<Chunks> for Vec<Bytes> {
    fn from(chunks: Chunks) -> Self {
        chunks.list.into()
    }
}
