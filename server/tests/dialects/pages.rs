//! Pages of other systems, and the library they load.

use duet_server::{ServeError, Server, ServerConfig};

use crate::support::{Site, file};

#[tokio::test]
async fn a_folder_is_served_in_place_of_the_page_and_nothing_outside_of_it() {
    let inside = file("p2p.html", "<html>p2p</html>");
    let folder = inside.parent().unwrap().to_owned();
    let name = inside.file_name().unwrap().to_str().unwrap().to_owned();
    let site = Site::with(|config| config.pages = Some(folder));
    for path in [format!("/{name}"), format!("/{}", name.trim_end_matches(".html"))] {
        let answer = site.get(&path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "<html>p2p</html>"), "{path}");
        assert!(answer.head.contains("content-type: text/html"), "{}", answer.head);
        // It may load its scripts from where it likes.
        assert!(!answer.head.contains("content-security-policy"), "{}", answer.head);
    }
    for path in ["/", "/nothing", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/.hidden", "//etc/passwd"] {
        assert_eq!(site.get(path).await.status, 404, "{path}");
    }
    // Sockets and the library are where they are.
    site.socket("/").await.close().await;
    assert_eq!(site.get("/socket.io/socket.io.js").await.status, 200);
}

#[tokio::test]
async fn html_is_appended_to_a_name_and_never_leads_out_of_the_folder() {
    let folder = file("public", "").with_extension("folder");
    std::fs::create_dir_all(&folder).unwrap();
    let beside = |extension| folder.with_extension(extension);
    std::fs::write(beside("html"), "beside").unwrap();
    std::fs::write(beside("folder.html"), "beside").unwrap();
    for name in ["main.html", "a.b.html"] {
        std::fs::write(folder.join(name), name).unwrap();
    }
    let site = Site::with(|config| config.pages = Some(folder.clone()));
    for path in ["/", "//", "/%2F", "/main.js"] {
        assert_eq!(site.get(path).await.status, 404, "{path}");
    }
    for name in ["main", "a.b"] {
        assert_eq!(site.get(&format!("/{name}")).await.body, format!("{name}.html"));
    }
}

#[tokio::test]
async fn a_folder_that_is_none_is_an_error() {
    let config = ServerConfig { pages: Some("/nowhere/at/all".into()), ..ServerConfig::loopback() };
    assert!(matches!(Server::bind(config), Err(ServeError::Pages { .. })));
}

#[tokio::test]
async fn the_client_library_is_where_pages_look_for_it() {
    let site = Site::plain();
    for (path, version) in [
        ("/socket.io/socket.io.js", "4.8.4"),
        ("/socket.io/socket.io.min.js", "4.8.4"),
        ("/socket.io/v2/socket.io.js", "2.5.0"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.head.contains("content-type: text/javascript"), "{}", answer.head);
        assert!(answer.body[..200].contains(version), "{path}");
    }
}
