//! Places of callers: how many requests each has that run, so that one of them does not take what is there for all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Requests that run, by the id of their caller; of those alone that have some.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<BTreeMap<String, usize>>);

/// The place of one request, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    caller: String,
}

impl Places {
    /// Takes a place for a caller; none where it has `limit` of them.
    pub(super) fn take(self: &Arc<Places>, caller: &str, limit: usize) -> Option<Place> {
        // The lock is short, and a count is whole at any time, whatever panicked beside it.
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(caller) {
            Some(count) if *count >= limit => return None,
            Some(count) => *count += 1,
            None => {
                taken.insert(caller.to_owned(), 1);
            }
        }
        Some(Place { places: Arc::clone(self), caller: caller.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.caller) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                taken.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_so_many_and_nothing_is_left_of_who_has_none() {
        let places = Arc::new(Places::default());
        let (first, second) = (places.take("ana", 2), places.take("ana", 2));
        assert!(first.is_some() && second.is_some() && places.take("ana", 2).is_none());
        assert!(places.take("ben", 2).is_some());
        drop(first);
        let third = places.take("ana", 2);
        assert!(third.is_some() && places.take("ana", 2).is_none());
        drop((second, third));
        assert!(places.0.lock().expect("nobody panicked").is_empty());
    }
}
