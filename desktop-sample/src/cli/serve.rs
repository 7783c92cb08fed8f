//! `duet serve`: the signaling server and its web page.

use clap::Args;
use duet_server::ServeError;

use super::Failure;

const EXAMPLES: &str = "\
Examples:
  duet serve                            for this machine: open http://127.0.0.1:8080 in two tabs
  duet serve --listen 127.0.0.1:0       on a free port
  duet serve --listen 0.0.0.0:8101 --open-to-others --pages public \\
             --tls-cert certificate.pem --tls-key privatekey.pem
                                        in place of a tutorial's own server, with its pages
  duet serve --peerjs-path /myPeerServer
                                        for PeerJS clients that expect that path
  duet serve --ice-server turn:relay.example:3478,user,password";

/// Run the signaling server and its web page.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeCommand {
    #[command(flatten)]
    server: duet_server::cli::ServeArgs,
}

pub(crate) fn run(args: &ServeCommand) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::call(format!("cannot start threads: {error}")))?;
    let served = runtime.block_on(args.server.serve(|url| {
        println!("serving; open {url} (Ctrl-C stops)");
    }));
    // Connections that did not close in time are not waited for.
    runtime.shutdown_background();
    served.map_err(|error: ServeError| Failure::usage(error.to_string()))
}
