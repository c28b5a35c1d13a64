//! How many connections there are, in total and from each address. Each has a place, which is free again when it ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections.
#[derive(Debug, Default)]
pub struct Places(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    by_address: HashMap<Box<str>, usize>,
}

/// A connection's place.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    address: Option<Box<str>>,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place among so many; nothing when all are taken.
    pub fn take(self: &Arc<Self>, most: usize) -> Option<Place> {
        let mut taken = self.taken();
        if taken.total >= most {
            return None;
        }
        taken.total += 1;
        Some(Place { places: Arc::clone(self), address: None })
    }

    /// How many are taken.
    pub fn count(&self) -> usize {
        self.taken().total
    }
}

impl Place {
    /// The place is one of so many for an address from now on. False: all of these are taken.
    pub fn belongs_to(&mut self, address: String, most: usize) -> bool {
        let mut taken = self.places.taken();
        let address = address.into_boxed_str();
        let count = taken.by_address.entry(address.clone()).or_default();
        let has_room = *count < most;
        if has_room {
            *count += 1;
            self.address = Some(address);
        }
        has_room
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.total -= 1;
        if let Some(address) = self.address.take()
            && let Some(count) = taken.by_address.get_mut(&address)
        {
            *count -= 1;
            // An address without connections costs nothing.
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_total_and_by_address() {
        let places = Arc::new(Places::default());
        let mut ann = places.take(3).unwrap();
        assert!(ann.belongs_to("a".to_owned(), 1));
        let mut bob = places.take(3).unwrap();
        assert!(!bob.belongs_to("a".to_owned(), 1));
        assert!(bob.belongs_to("b".to_owned(), 1));
        let cat = places.take(3).unwrap();
        assert!(places.take(3).is_none());
        drop(ann);
        assert_eq!(places.count(), 2);
        let mut dan = places.take(3).unwrap();
        assert!(dan.belongs_to("a".to_owned(), 1));
        drop((bob, cat, dan));
        assert_eq!((places.count(), places.taken().by_address.len()), (0, 0));
    }
}
