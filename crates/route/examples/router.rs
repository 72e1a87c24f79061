//! A router by itself, without the rest of the binary: `cargo run -p route --example router --
//! PORT http://127.0.0.1:8001 http://127.0.0.1:8002`. `lyceum route` has more to set.

use std::sync::Arc;

use route::config::Replica;
use route::{Config, Event, Router};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().unwrap_or_default().parse()?;
    let mut config = Config::default();
    for url in arguments {
        config.replicas.push(Replica::new(url.parse()?));
    }
    let router = Router::new(config, 1, Arc::new(|event: &Event| eprintln!("{event}")))?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("router on http://{}", listener.local_addr()?);
    router.serve(listener, async { drop(tokio::signal::ctrl_c().await) }).await?;
    Ok(())
}
