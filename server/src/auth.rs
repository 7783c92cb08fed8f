//! Who may say they are whom.

use duet_signal::message::UserId;

/// Decides whether a client is who its `hello` says.
///
/// Called once for each connection, on the server's own threads; it must not block.
pub trait Authenticator: Send + Sync + 'static {
    /// Checks the token a client showed for a user.
    ///
    /// # Errors
    /// [`Denied`]; its text is shown to the client, which is then disconnected.
    fn authenticate(&self, user: &UserId, token: Option<&str>) -> Result<(), Denied>;

    /// Checks the token of a client whose dialect has no user names: pages of other systems. Called
    /// like [`Authenticator::authenticate`]. Nobody is let in so unless one decides otherwise.
    ///
    /// # Errors
    /// [`Denied`]; its text is shown to the client, which is then disconnected.
    fn admits_guest(&self, token: Option<&str>) -> Result<(), Denied> {
        let _ = token;
        Err(Denied("this server takes only clients that say who they are".to_owned()))
    }

    /// True when anybody may be anybody. Such a server only listens on loopback, and only lets in
    /// web pages of its own.
    fn is_open(&self) -> bool {
        false
    }
}

/// The client is not who it says, for a reason fit to be shown to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Denied(pub String);

/// Lets everybody be whoever they say: for one's own machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Authenticator for Open {
    fn authenticate(&self, _user: &UserId, _token: Option<&str>) -> Result<(), Denied> {
        Ok(())
    }

    fn admits_guest(&self, _token: Option<&str>) -> Result<(), Denied> {
        Ok(())
    }

    fn is_open(&self) -> bool {
        true
    }
}

/// Lets in everybody who knows one secret; among them, everybody is whoever they say.
#[derive(Clone)]
pub struct SharedToken(String);

impl SharedToken {
    /// A shared secret. White space around it is not part of it; `None` when nothing is left.
    pub fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        (!secret.is_empty()).then(|| SharedToken(secret.to_owned()))
    }
}

impl Authenticator for SharedToken {
    fn authenticate(&self, _user: &UserId, token: Option<&str>) -> Result<(), Denied> {
        self.admits_guest(token)
    }

    fn admits_guest(&self, token: Option<&str>) -> Result<(), Denied> {
        match token {
            None => {
                let text = "this server wants a token; send it in hello, or as token=... in the address";
                Err(Denied(text.to_owned()))
            }
            Some(token) if same(token.as_bytes(), self.0.as_bytes()) => Ok(()),
            Some(_) => Err(Denied("the token is wrong; ask whoever runs the server for it".to_owned())),
        }
    }
}

/// Compares without telling by its duration how many bytes were right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && std::hint::black_box(a.iter().zip(b).fold(0, |diff, (a, b)| diff | (a ^ b))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_token_lets_in_only_those_who_know_it() {
        let auth = SharedToken::new(" s3cret\n").unwrap();
        let user = UserId::from("alice");
        assert!(auth.authenticate(&user, Some("s3cret")).is_ok());
        for wrong in [None, Some(""), Some("s3cre"), Some("s3cret "), Some("S3cret")] {
            assert!(auth.authenticate(&user, wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_empty_secret_is_no_secret() {
        assert!(SharedToken::new(" \n").is_none());
    }
}
