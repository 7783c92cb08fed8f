//! A way to a server that can be cut.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes TCP connections on, and cuts them when asked; later ones stand again.
pub struct Cuttable {
    address: SocketAddr,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Cuttable {
    /// A way to the server at `url`.
    pub fn to(url: &str) -> Self {
        let server = url.strip_prefix("http://").expect("an http address").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let open: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let all = open.clone();
        // Ends with the process: a test is one.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&server).expect("the server");
                pass_on(&client, &server);
                pass_on(&server, &client);
                all.lock().expect("no panic while holding it").extend([client, server]);
            }
        });
        Cuttable { address, open }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts every connection there is.
    pub fn cut(&self) {
        for stream in self.open.lock().expect("no panic while holding it").drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass_on(from: &TcpStream, to: &TcpStream) {
    let copies = (from.try_clone(), to.try_clone());
    let (Ok(mut from), Ok(mut to)) = copies else { return };
    thread::spawn(move || {
        // An end of either side is the end of both.
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
