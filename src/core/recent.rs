//! The values that were used last.
//!
//! For: what is dear to make and is asked for again and again, by many threads. Not for: values that must be kept. The one
//! decision: each value has a lock of its own, under which it is made, once; nobody waits for a value of another key.

use std::sync::{Arc, Mutex, PoisonError};

/// Holds some values by their keys. Cheap to clone; clones hold the same.
#[derive(Debug)]
pub struct Recent<K, V> {
    most: usize,
    slots: Arc<Mutex<Vec<Slot<K, V>>>>,
}

/// A key, and its value once it is made.
type Slot<K, V> = (K, Arc<Mutex<Option<Arc<V>>>>);

impl<K, V> Clone for Recent<K, V> {
    fn clone(&self) -> Self {
        Self { most: self.most, slots: Arc::clone(&self.slots) }
    }
}

impl<K: PartialEq, V> Recent<K, V> {
    /// Holds this many values at most.
    pub fn holding(most: usize) -> Self {
        Self { most, slots: Arc::default() }
    }

    /// The value of a key. It is made if it is not held; others who want it wait meanwhile.
    ///
    /// # Errors
    /// Those of `make`; the next one who asks tries again.
    pub fn get<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let slot = self.slot(key);
        let mut value = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = &*value {
            return Ok(Arc::clone(value));
        }
        let made = Arc::new(make()?);
        *value = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Lets go of the values of these keys.
    pub fn forget(&self, is_stale: impl Fn(&K) -> bool) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).retain(|(key, _)| !is_stale(key));
    }

    fn slot(&self, key: K) -> Arc<Mutex<Option<Arc<V>>>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().position(|(other, _)| *other == key);
        let slot = known.map_or_else(|| (key, Arc::default()), |place| slots.remove(place));
        let value = Arc::clone(&slot.1);
        slots.insert(0, slot);
        slots.truncate(self.most);
        value
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn what_was_used_last_is_held_and_made_once() {
        let recent = Recent::holding(2);
        let made = AtomicUsize::new(0);
        let get = |key: u8| {
            let make = || Ok::<_, Infallible>(made.fetch_add(1, Ordering::SeqCst));
            recent.get(key, make).unwrap()
        };
        assert_eq!([get(1), get(2), get(1), get(3)].map(|value| *value), [0, 1, 0, 2]);
        assert_eq!((*get(1), *get(2)), (0, 3), "2 was the one that was not used for longest");
        recent.forget(|key| *key == 2);
        assert_eq!(*get(2), 4);
    }

    #[test]
    fn a_failure_is_not_held() {
        let recent = Recent::holding(1);
        assert_eq!(recent.get(1, || Err::<u8, _>("no")), Err("no"));
        assert_eq!(recent.get(1, || Ok::<_, &str>(7)), Ok(Arc::new(7)));
    }

    #[test]
    fn one_key_does_not_wait_for_another() {
        let recent = Recent::holding(2);
        let both_make = Barrier::new(2);
        thread::scope(|scope| {
            for key in 0..2 {
                let (recent, both_make) = (recent.clone(), &both_make);
                scope.spawn(move || {
                    recent.get(key, || {
                        both_make.wait();
                        Ok::<_, Infallible>(())
                    })
                });
            }
        });
    }
}
