//! The files of the web page, carried in the binary: a program that is moved, or built from a folder
//! that is gone, still has its page.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "web/"]
#[allow_missing = true]
struct Files;

/// Answers a request for a file of the page; a folder is its `index.html`.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, "the page is only for reading\n").into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let index = match path {
        "" => "index.html".to_owned(),
        path => format!("{}/index.html", path.trim_end_matches('/')),
    };
    if let Some(file) = Files::get(path) {
        return respond(path, file, &headers);
    }
    match Files::get(&index) {
        Some(file) if path.is_empty() || path.ends_with('/') => respond(&index, file, &headers),
        Some(_) => to_folder(path, uri.query()),
        None => (StatusCode::NOT_FOUND, "nothing is here; the page is at /\n").into_response(),
    }
}

/// Sends a browser from `folder` to `folder/`, against which the page's own addresses are meant.
fn to_folder(path: &str, query: Option<&str>) -> Response {
    let name = path.rsplit('/').next().unwrap_or(path);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    // Relative, so that it holds behind a proxy that serves this server under a path.
    (StatusCode::PERMANENT_REDIRECT, [(LOCATION, format!("{name}/{query}"))]).into_response()
}

fn respond(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag =
        format!("\"{:032x}\"", hash.iter().take(16).fold(0u128, |tag, byte| tag << 8 | u128::from(*byte)));
    // Asked about each time, sent only when changed: a page and its modules must be of one version.
    let caching = [(CACHE_CONTROL, "no-cache".to_owned()), (ETAG, tag.clone())];
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, content_type(path))], Body::from(file.data.into_owned())).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
