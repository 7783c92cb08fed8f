//! Numbers that stand for objects in languages without ownership.
//!
//! A handle is an index and a generation: freeing an object makes every copy of its handle stale,
//! and a stale handle is an error, never a crash. A lookup gives a strong reference, so an object
//! that is freed during a call lives until that call returns.

use std::num::NonZeroU64;
use std::sync::{Arc, PoisonError, RwLock};

/// Stands for one object of a [`HandleTable`]. Never zero; zero is free to mean "none" in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(NonZeroU64);

impl Handle {
    /// The handle as a number for a foreign language.
    pub fn to_raw(self) -> u64 {
        self.0.get()
    }

    /// A number from a foreign language; `None` for zero. Whether it is stale, the table tells.
    pub fn from_raw(raw: u64) -> Option<Self> {
        NonZeroU64::new(raw).map(Handle)
    }

    fn new(index: u32, generation: u32) -> Self {
        // Generations are odd while in use, so the number is never zero.
        Handle(NonZeroU64::new(u64::from(generation) << 32 | u64::from(index)).expect("odd generation"))
    }

    fn index(self) -> usize {
        (self.0.get() & u64::from(u32::MAX)) as usize
    }

    fn generation(self) -> u32 {
        (self.0.get() >> 32) as u32
    }
}

/// The object of this handle was freed, or the number never was a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stale or foreign handle: its object was freed")]
pub struct StaleHandle;

/// Objects by handle. Lookups share a read lock and never wait for each other.
#[derive(Debug)]
pub struct HandleTable<T> {
    slots: RwLock<Slots<T>>,
}

#[derive(Debug)]
struct Slots<T> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Entry<T> {
    /// Odd while in use; grows by one when taken and when freed.
    generation: u32,
    object: Option<Arc<T>>,
}

impl<T> Default for HandleTable<T> {
    fn default() -> Self {
        HandleTable { slots: RwLock::new(Slots { entries: Vec::new(), free: Vec::new() }) }
    }
}

impl<T> HandleTable<T> {
    /// Stores an object.
    pub fn insert(&self, object: Arc<T>) -> Handle {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let index = slots.free.pop().unwrap_or_else(|| {
            slots.entries.push(Entry { generation: 0, object: None });
            (slots.entries.len() - 1) as u32
        });
        let entry = &mut slots.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.object = Some(object);
        Handle::new(index, entry.generation)
    }

    /// The object of `handle`, kept alive by the reference.
    ///
    /// # Errors
    /// [`StaleHandle`] when it was removed.
    pub fn get(&self, handle: Handle) -> Result<Arc<T>, StaleHandle> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let entry = slots.entries.get(handle.index()).ok_or(StaleHandle)?;
        match &entry.object {
            Some(object) if entry.generation == handle.generation() => Ok(object.clone()),
            Some(_) | None => Err(StaleHandle),
        }
    }

    /// Takes the object out; the handle is stale from now on.
    ///
    /// # Errors
    /// [`StaleHandle`] when it was removed before.
    pub fn remove(&self, handle: Handle) -> Result<Arc<T>, StaleHandle> {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let entry = slots.entries.get_mut(handle.index()).ok_or(StaleHandle)?;
        if entry.generation != handle.generation() {
            return Err(StaleHandle);
        }
        let object = entry.object.take().ok_or(StaleHandle)?;
        entry.generation = entry.generation.wrapping_add(1);
        // A slot whose generations are used up is retired: its oldest handles must stay stale.
        if entry.generation != 0 {
            slots.free.push(handle.index() as u32);
        }
        Ok(object)
    }

    /// How many objects are stored.
    pub fn len(&self) -> usize {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.entries.iter().filter(|entry| entry.object.is_some()).count()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_handle_is_stale_even_when_its_slot_is_used_again() {
        let table = HandleTable::default();
        let first = table.insert(Arc::new(1));
        assert_eq!(table.get(first).as_deref(), Ok(&1));
        table.remove(first).expect("present");
        let second = table.insert(Arc::new(2));
        assert_ne!(first, second);
        assert_eq!(table.get(first), Err(StaleHandle));
        assert_eq!(table.remove(first), Err(StaleHandle));
        assert_eq!(table.get(second).as_deref(), Ok(&2));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn numbers_that_never_were_handles_are_refused() {
        let table: HandleTable<()> = HandleTable::default();
        assert!(Handle::from_raw(0).is_none());
        let foreign = Handle::from_raw(u64::MAX).expect("not zero");
        assert_eq!(table.get(foreign), Err(StaleHandle));
        assert!(table.is_empty());
    }

    #[test]
    fn an_object_in_use_outlives_its_removal() {
        let table = HandleTable::default();
        let handle = table.insert(Arc::new(String::from("in use")));
        let used = table.get(handle).expect("present");
        drop(table.remove(handle));
        assert_eq!(used.as_str(), "in use");
    }
}
