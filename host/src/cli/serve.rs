//! `portcullis serve`: runs until SIGTERM or SIGINT.

use std::{io, net::SocketAddr, time::Duration};

use clap::Args;

use super::{Error, Outcome, Place, output, runtime};
use crate::{
    crypto::Secret,
    logging,
    serve::terminated,
    server::{Secrets, Server, workers},
    world::World,
};

/// How long background work may go on after the last request.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Run the server
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Add a sample tenant `demo`, on the first start
    #[arg(long)]
    demo: bool,
}

impl Serve {
    /// Runs the server.
    pub fn run(self) -> Result<Outcome, Error> {
        let config = self.place.load(self.listen, self.demo)?;
        let log = logging::install(&config.log).map_err(Error::from_display)?;
        config.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
        let secrets = secrets();
        let runtime = runtime(workers(&config))?;
        let served = runtime.block_on(async {
            // It is large, and made once.
            let started = Box::pin(Server::start(config, World::system(), secrets, show)).await;
            let server = started.map_err(Error::from_display)?;
            // Who has read the address may stop the server.
            let stop = terminated();
            output::say(&format!("listening on {}", server.url()));
            server.run(stop).await.map_err(Error::from_display)
        });
        // A component that is being compiled in the background must not hold up the end.
        runtime.shutdown_timeout(LAST_WORK);
        drop(log);
        served.map(|_| Outcome::Yes)
    }
}

/// Prints the secret that the first start made. It is not valid yet: when this start fails, the next one makes another.
fn show(secret: &Secret) -> io::Result<()> {
    output::hand_over(&format!(
        "bootstrap secret (shown once, void if a later start shows another): {}",
        secret.expose()
    ))
}

/// The secrets of the environment.
pub fn secrets() -> Secrets {
    let secret = |name: &str| std::env::var(name).ok().map(Secret::new);
    Secrets { bootstrap: secret("PORTCULLIS_BOOTSTRAP_SECRET"), master_key: secret("PORTCULLIS_MASTER_KEY") }
}
