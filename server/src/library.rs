//! The client library of Socket.IO, where servers of Socket.IO have it, so that pages that load it
//! from their server find it.
//!
//! `/socket.io/socket.io.js` is the library of Socket.IO 4, as with a server of that version; pages
//! written for version 2 work with it too. Who wants version 2 itself finds it at
//! `/socket.io/v2/socket.io.js`.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;

/// `socket.io-client` 4.8.4, MIT.
const V4: &str = include_str!("../web/vendor/socket.io-4.min.js");
/// `socket.io-client` 2.5.0, MIT.
const V2: &str = include_str!("../web/vendor/socket.io-2.min.js");

/// The routes of the library.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/socket.io/socket.io.js", get(|| async { script(V4) }))
        .route("/socket.io/socket.io.min.js", get(|| async { script(V4) }))
        .route("/socket.io/v2/socket.io.js", get(|| async { script(V2) }))
}

fn script(text: &'static str) -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")], text).into_response()
}
