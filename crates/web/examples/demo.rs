//! The chat page in front of a scripted model that says its words slowly:
//! `cargo run -p web --example demo`, then open the address that it prints.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chat::{Error, Finish, Flow, Reply, Request, Respond, Turns};

const STORY: &str = "Once upon a time a small fox lived at the edge of the village. Every morning \
                     she walked past the baker's door, sat down, and waited.\n\n\"Good morning, \
                     fox,\" said the baker. \"The bread is still in the oven.\"\n\nThe fox did not \
                     mind. The step was warm, and she had all day.";

struct Storyteller;

impl Respond for Storyteller {
    fn model_name(&self) -> &str {
        "storyteller-1m"
    }

    fn respond(
        &self,
        request: &Request,
        on_text: &mut dyn FnMut(&str) -> Flow,
    ) -> Result<Reply, Error> {
        if request.messages.iter().any(|m| m.text().is_ok_and(|t| t == "fail")) {
            return Err(Error::Request("this is how a refusal looks".to_string()));
        }
        let mut reply = Reply::default();
        thread::sleep(Duration::from_millis(900)); // Long enough to see that it is thinking.
        for word in STORY.split_inclusive(' ') {
            thread::sleep(Duration::from_millis(40));
            reply.text.push_str(word);
            reply.completion_tokens += 1;
            if on_text(word) == Flow::Stop {
                reply.finish = Finish::Cancelled;
                break;
            }
        }
        Ok(reply)
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8123").await?;
    println!("http://{}", listener.local_addr()?);
    let model = Arc::new(Storyteller);
    // Any runs that were made in this folder with `lyceum --home .lyceum`.
    let store = journal::Store::open(Path::new(".lyceum")).map_err(std::io::Error::other)?;
    let models = serve::Models::one(Arc::new(Turns::new(model.clone(), 4096, 8)));
    let server = serve::Server::new(models, serve::Settings::default());
    let router = serve::router(&server)
        .merge(web::router(model.model_name(), &["Tell me a story.".to_string()]))
        .merge(web::runs::router(store));
    serve::serve(&server, router, listener, async { drop(tokio::signal::ctrl_c().await) }).await
}
