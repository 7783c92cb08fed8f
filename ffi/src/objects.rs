//! The objects that other languages know by number.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use duet_core::{Call, Engine, FrameRef, Handle, HandleTable, Session, Subscription};

use crate::c::{DuetError, Failure};

static OBJECTS: LazyLock<HandleTable<Object>> = LazyLock::new(HandleTable::default);

/// What a handle stands for.
pub(crate) enum Object {
    Engine(Engine),
    Session(Watched<Session>),
    Call(Watched<Call>),
    Frame(#[expect(dead_code, reason = "only kept alive: its planes are in the host's hands")] FrameRef),
}

/// An object and its host's event handler. The handler goes first when both are dropped.
pub(crate) struct Watched<T> {
    handler: Mutex<Option<Subscription>>,
    pub(crate) object: T,
}

impl<T> Watched<T> {
    pub(crate) fn new(object: T) -> Self {
        Watched { handler: Mutex::new(None), object }
    }

    /// Puts `handler` in the place of the one before.
    pub(crate) fn watch(&self, handler: Option<Subscription>) {
        let before =
            std::mem::replace(&mut *self.handler.lock().unwrap_or_else(PoisonError::into_inner), handler);
        // Not under the lock: dropping it may call the host back.
        drop(before);
    }
}

/// Stores an object and gives its handle.
pub(crate) fn insert(object: Object) -> u64 {
    OBJECTS.insert(Arc::new(object)).to_raw()
}

/// Takes an object out. Whoever is using it right now keeps it until done.
pub(crate) fn remove(raw: u64, kind: Kind) -> Result<(), Failure> {
    let object = get(raw)?;
    if object.kind() != kind {
        return Err(wrong_kind(&object, kind));
    }
    let handle = Handle::from_raw(raw).ok_or_else(stale)?;
    OBJECTS.remove(handle).map(drop).map_err(|_| stale())
}

/// How many objects are stored.
pub(crate) fn count() -> usize {
    OBJECTS.len()
}

fn get(raw: u64) -> Result<Arc<Object>, Failure> {
    Handle::from_raw(raw).and_then(|handle| OBJECTS.get(handle).ok()).ok_or_else(stale)
}

/// What an object is, for messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Engine,
    Session,
    Call,
    Frame,
}

impl Object {
    fn kind(&self) -> Kind {
        match self {
            Object::Engine(_) => Kind::Engine,
            Object::Session(_) => Kind::Session,
            Object::Call(_) => Kind::Call,
            Object::Frame(_) => Kind::Frame,
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Engine => "an engine",
            Kind::Session => "a session",
            Kind::Call => "a call",
            Kind::Frame => "a frame",
        }
    }
}

/// Runs `body` with the engine of a handle.
pub(crate) fn with_engine<R>(
    raw: u64,
    body: impl FnOnce(&Engine) -> Result<R, Failure>,
) -> Result<R, Failure> {
    match &*get(raw)? {
        Object::Engine(engine) => body(engine),
        other => Err(wrong_kind(other, Kind::Engine)),
    }
}

/// Runs `body` with the session of a handle.
pub(crate) fn with_session<R>(
    raw: u64,
    body: impl FnOnce(&Watched<Session>) -> Result<R, Failure>,
) -> Result<R, Failure> {
    match &*get(raw)? {
        Object::Session(session) => body(session),
        other => Err(wrong_kind(other, Kind::Session)),
    }
}

/// Runs `body` with the call of a handle.
pub(crate) fn with_call<R>(
    raw: u64,
    body: impl FnOnce(&Watched<Call>) -> Result<R, Failure>,
) -> Result<R, Failure> {
    match &*get(raw)? {
        Object::Call(call) => body(call),
        other => Err(wrong_kind(other, Kind::Call)),
    }
}

fn stale() -> Failure {
    Failure::new(DuetError::InvalidHandle, "stale or foreign handle: its object was freed")
}

fn wrong_kind(object: &Object, wanted: Kind) -> Failure {
    let (found, wanted) = (object.kind().name(), wanted.name());
    Failure::new(DuetError::InvalidHandle, format!("this handle is {found}; {wanted} is needed"))
}
