//! The signaling server as a program.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use duet_server::cli::ServeArgs;

/// Duet's signaling server: people meet here for calls; their sound and pictures never pass through.
///
/// Serves the web page at / and the duet protocol at /v1/ws on one port, and beside them what pages of
/// other systems expect: Socket.IO 2 and 4 at /socket.io/, plain WebSockets at /, PeerJS at /peerjs. Open the printed address in
/// two browser windows, or point `duet call` at it. Stops cleanly at Ctrl-C or SIGTERM.
#[derive(Parser)]
#[command(name = "duet-server", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    serve: ServeArgs,
}

const EXAMPLES: &str = "\
Examples:
  duet-server
      on this machine, for this machine
  duet-server --listen 0.0.0.0:8080 --auth-token-file token.txt
      for everybody who knows the token; browsers give camera and microphone
      only to https pages, so add --tls-cert and --tls-key, or a TLS proxy
  duet-server --listen 0.0.0.0:8101 --open-to-others \\
              --tls-cert certificate.pem --tls-key privatekey.pem --pages public
      in place of a tutorial's own server, for everybody on the network
  duet-server --ice-server stun:stun.example.org:3478 \\
              --ice-server turn:turn.example.org:3478,user,password
      for people behind different routers

RUST_LOG=debug tells more, on stderr.
Exit code: 0 stopped as asked, 1 could not serve, 2 wrong usage.";

#[tokio::main]
async fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let cli = Cli::parse();
    let served = cli.serve.serve(|url| {
        // A closed stdout is no reason not to serve.
        let _ = writeln!(std::io::stdout(), "Duet serves on {url}");
    });
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("duet-server: {error}");
            ExitCode::FAILURE
        }
    }
}
