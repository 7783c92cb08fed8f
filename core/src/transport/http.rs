//! One small request: the name a PeerServer gives to who has none.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::http::Uri;

use super::socket::{self, Dial, Failure};
use super::tls::Trust;

/// The largest answer taken: a name has 36 characters, headers some hundred.
const MAX_ANSWER: u64 = 16 * 1024;

/// The body of what is at `url`, as text. HTTP/1.0 (RFC 1945): the answer ends with the connection, and comes
/// in one piece.
///
/// # Errors
/// For people: why there is none.
pub(super) async fn get(dialer: &dyn Dial, trust: Trust, url: &str) -> Result<String, Failure> {
    let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let uri: Uri = url.parse().map_err(|error| other(&error))?;
    let mut stream = socket::connect(dialer, trust, &uri).await.map_err(|error| other(&error))?;
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let exchange = async {
        stream.write_all(request.as_bytes()).await?;
        stream.take(MAX_ANSWER).read_to_end(&mut answer).await
    };
    exchange.await.map_err(|error| other(&error))?;
    body(&answer).map(str::to_owned)
}

/// What an answer with status 200 carries.
fn body(answer: &[u8]) -> Result<&str, Failure> {
    let other = |reason: &str| Err(Failure::Other(reason.into()));
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(answer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return other("the answer ends early"),
        Err(error) => return other(&format!("it does not speak HTTP: {error}")),
    };
    match response.code {
        Some(200) => {}
        code => return Err(Failure::of_status(code.unwrap_or_default())),
    }
    std::str::from_utf8(&answer[length..]).or_else(|_| other("the answer is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_good_answer_is_what_is_wanted() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\r\n0e5c-7";
        assert_eq!(body(answer), Ok("0e5c-7"));
    }

    #[test]
    fn anything_else_says_what_it_is() {
        for (answer, reason) in [
            (&b"HTTP/1.1 401 Unauthorized\r\n\r\nno"[..], "401"),
            (b"HTTP/1.1 200 OK\r\ncontent-", "ends early"),
            (b"", "ends early"),
            (b"SSH-2.0-x\r\n\r\n", "does not speak"),
            (b"HTTP/1.1 200 OK\r\n\r\n\xff", "no text"),
        ] {
            let failure = body(answer).unwrap_err();
            assert_eq!(matches!(failure, Failure::Unauthorized(_)), reason == "401");
            assert!(failure.to_string().contains(reason), "{reason}");
        }
    }
}
