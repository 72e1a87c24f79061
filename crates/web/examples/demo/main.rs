//! The chat page in front of a scripted server that says its words slowly:
//! `cargo run -p web --example demo`, then open the address that it prints.
//!
//! `--port N` (8123; 0 takes any free one), `--home FOLDER` (.lyceum: its conversations and runs),
//! `--delay MS` (between two words), `--key KEY` (without which nothing is answered), `--forget` (keeps
//! no conversations). The tests in Chromium drive the same program; scripted.rs says which messages it
//! knows.

mod scripted;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use history::History;

/// What was typed behind the name.
struct Args {
    port: u16,
    home: PathBuf,
    delay: Duration,
    key: Option<String>,
    forgets: bool,
}

impl Args {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let home = PathBuf::from(".lyceum");
        let delay = Duration::from_millis(40);
        let mut args = Self { port: 8123, home, delay, key: None, forgets: false };
        while let Some(word) = words.next() {
            if word == "--forget" {
                args.forgets = true;
                continue;
            }
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--port" => args.port = value.parse()?,
                "--home" => args.home = value.into(),
                "--delay" => args.delay = Duration::from_millis(value.parse()?),
                "--key" => args.key = Some(value),
                _ => return Err(format!("there is no {word}").into()),
            }
        }
        Ok(args)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::read(std::env::args().skip(1))?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await?;
    let examples = ["Tell me a story.", "Show me some code.", "Think about foxes first."];
    let store = journal::Store::open(&args.home)?;
    let mut api = scripted::router(args.delay);
    if !args.forgets {
        let history = History::open(&args.home.join("conversations.sqlite"))?;
        api = api.merge(web::conversations::router(Arc::new(history), &[]));
    }
    let pages = web::router("storyteller-1m", &examples.map(str::to_string));
    let router = scripted::locked(api, args.key).merge(pages).merge(web::runs::router(store));
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
