//! What a client says in the address it connects to.

use form_urlencoded::parse;

use crate::rooms::MAX_NAME_CHARS;

/// The parts of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what follows the question mark.
    pub(crate) fn new(text: Option<&str>) -> Self {
        Query(parse(text.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// A part's value, the first if there are several.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What a client of a dialect with one room wishes of it.
    pub(crate) fn wishes(&self) -> Wishes {
        let room = self.get("room").filter(|room| !room.is_empty() && room.chars().count() <= MAX_NAME_CHARS);
        Wishes {
            exclusive: matches!(self.get("exclusive"), Some("1" | "true")),
            room: room.unwrap_or_default().to_owned(),
        }
    }
}

/// What pages made for this server may add to the address they connect to, and the systems' own pages
/// do not: `exclusive=1` and `room=NAME`.
///
/// A room with somebody exclusive in it is a room of two: the third is told `full` in the dialect's
/// way and not let in, whether exclusive or not. Where the dialect has no word for it, those who are
/// exclusive are also told `bye` when the other leaves. Without it, `socketio-relay`,
/// `socketio-invite` and `ws-broadcast` let in as many as come, as the systems themselves do.
///
/// `room` chooses a room where the dialect has only one: `socketio-relay` and `ws-broadcast`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(crate) exclusive: bool,
    /// Empty for the room that everybody is in who names none.
    pub(crate) room: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_from_the_address() {
        let query = Query::new(Some("EIO=4&exclusive=1&room=tea%20time&room=other"));
        assert_eq!(query.get("EIO"), Some("4"));
        assert_eq!(query.wishes(), Wishes { exclusive: true, room: "tea time".to_owned() });
        assert_eq!(Query::new(None).wishes(), Wishes::default());
        assert_eq!(Query::new(Some("exclusive=yes&room=")).wishes(), Wishes::default());
    }
}
