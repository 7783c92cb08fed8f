//! The files of the web page, carried in the binary: a program that is moved, or built from a folder
//! that is gone, still has its page. Or the files of a folder, for who brings pages of another system.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use rust_embed::{EmbeddedFile, RustEmbed};
use tokio::task::spawn_blocking;

use crate::app::App;

#[derive(RustEmbed)]
#[folder = "web/"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

/// Marks an answer as a file that is not ours: it loads what it likes from where it likes.
#[derive(Clone, Copy)]
pub(crate) struct Foreign;

/// Answers a request for a file of the page; a folder is its `index.html`.
pub(crate) async fn serve(State(app): State<Arc<App>>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, "the page is only for reading\n").into_response();
    }
    if let Some(folder) = &app.config.pages {
        return foreign(folder, request.uri()).await;
    }
    let path = request.uri().path().trim_start_matches('/');
    if let Some(file) = Files::get(path) {
        return respond(path, file, request.headers());
    }
    let index =
        if path.is_empty() { INDEX.to_owned() } else { format!("{}/{INDEX}", path.trim_end_matches('/')) };
    match Files::get(&index) {
        Some(file) if is_folder(path) => respond(&index, file, request.headers()),
        Some(_) => to_folder(request.uri()),
        None => nothing_here(),
    }
}

fn is_folder(path: &str) -> bool {
    path.is_empty() || path.ends_with('/')
}

/// Sends a browser from `folder` to `folder/`, against which the page's own addresses are meant.
fn to_folder(uri: &Uri) -> Response {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    // Relative, so that it holds behind a proxy that serves this server under a path.
    (StatusCode::PERMANENT_REDIRECT, [(LOCATION, format!("./{name}/{query}"))]).into_response()
}

fn nothing_here() -> Response {
    (StatusCode::NOT_FOUND, "nothing is here; the page is at /\n").into_response()
}

/// A file of a folder, as the usual servers of such folders find it: a folder's `index.html`, and
/// `name.html` for `name`.
async fn foreign(folder: &Path, uri: &Uri) -> Response {
    let Some(path) = inside(folder, uri.path()) else { return nothing_here() };
    let index = path.join(INDEX);
    // Beside the folder itself is outside of it.
    let html = (path != folder).then(|| {
        let mut html = path.clone().into_os_string();
        html.push(".html");
        PathBuf::from(html)
    });
    let read = spawn_blocking(move || {
        [Some(path.clone()), Some(path.join(INDEX)), html]
            .into_iter()
            .flatten()
            .find_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
    });
    let Ok(Some((path, bytes))) = read.await else { return nothing_here() };
    if path == index && !is_folder(uri.path()) {
        return to_folder(uri);
    }
    let kind = content_type(&path.to_string_lossy());
    let mut response = ([(CACHE_CONTROL, "no-cache"), (CONTENT_TYPE, kind)], bytes).into_response();
    response.extensions_mut().insert(Foreign);
    response
}

/// A path inside of a folder; none for one that leads out of it, or to hidden files.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let mut inside = folder.to_owned();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        if name.starts_with('.') || name.contains(['\\', ':', '\0']) {
            return None;
        }
        inside.push(name);
    }
    Some(inside)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_of_the_folder() {
        let folder = Path::new("/pages");
        assert_eq!(inside(folder, "/"), Some("/pages".into()));
        assert_eq!(inside(folder, "/js/main.js"), Some("/pages/js/main.js".into()));
        assert_eq!(inside(folder, "//a%20b"), Some("/pages/a b".into()));
        for wrong in ["/../x", "/%2e%2e/x", "/a/..%2fx", "/..\\x", "/.git/config", "/c:/x", "/%00", "/%ff"] {
            assert_eq!(inside(folder, wrong), None, "{wrong}");
        }
    }
}
