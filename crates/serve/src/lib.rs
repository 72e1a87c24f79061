//! Models behind the HTTP interfaces that others made common: OpenAI's above all.
//!
//! Stage of the life: the model at work. Reading order: [`body`] and [`knobs`] (the JSON that comes), `form`
//! (the form that an answer is held to), `hearing` (answers on their way), `stream` (told as they come),
//! [`endpoint`] (one address a file), `models` (which model, and whether it is in memory), `gate` (what every
//! request passes), [`keys`] and [`rate`] (who may ask, and how often), `cors` (which pages may), [`metrics`] (what
//! is counted), [`log`] (what is said of it), `listen` and [`tls`] (connections), [`error`] (refusals), this file's
//! [`router`]; [`load`] asks as many would, for measurements.
//!
//! Pages of other origins may not ask unless [`Settings::origins`] has them: a body must be declared JSON, which
//! browsers do not send across origins unasked, and nothing else allows them to.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # async fn example(model: Arc<dyn chat::Service>) -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//! let until_interrupted = async { drop(tokio::signal::ctrl_c().await) };
//! let server = serve::Server::new(serve::Models::one(model), serve::Settings::default());
//! serve::serve(&server, serve::router(&server), listener, until_interrupted).await
//! # }
//! ```
//!
//! Must never know: engines, how an answer is made.
#![forbid(unsafe_code)]

mod address;
mod alias;
pub mod body;
mod cors;
mod date;
pub mod endpoint;
pub mod error;
mod form;
mod gate;
mod hearing;
pub mod keys;
pub mod knobs;
mod listen;
pub mod load;
pub mod log;
pub mod metrics;
mod models;
pub mod openapi;
#[cfg(feature = "otel")]
pub mod otel;
pub mod patience;
pub mod rate;
mod stream;
pub mod tls;
pub mod usage;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};

use endpoint::{
    chat as chats, completions, embeddings, health, messages, models as listed, rerank, responses,
    tokens,
};
use keys::Keys;
use metrics::Metrics;
use patience::Patience;
use rate::Rate;
use tls::Tls;

pub use error::Refusal;
pub use gate::Caller;
pub use models::{Listed, Loader, Models, Presence};

/// Between two looks at models that may rest.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a server is told to begin with.
#[derive(Debug)]
pub struct Settings {
    /// Who may ask; nobody named means whoever reaches it.
    pub keys: Keys,
    /// How often one key may ask.
    pub rate: Option<Rate>,
    /// Bytes of a body; a longer one is refused.
    pub max_body_bytes: usize,
    /// What it proves itself with; without, it speaks plainly.
    pub tls: Option<Tls>,
    /// Origins whose pages may ask in their visitors' browsers; `*` means any.
    pub origins: Vec<HeaderValue>,
    /// How long it waits for whoever is slow.
    pub patience: Patience,
    /// How long answers under way may take when it ends.
    pub grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let (keys, grace) = (Keys::default(), Duration::from_secs(60));
        let (origins, patience) = (Vec::new(), Patience::default());
        Self { keys, rate: None, max_body_bytes: 16 << 20, tls: None, origins, patience, grace }
    }
}

/// What every request shares.
#[derive(Clone, Debug)]
pub struct Server(Arc<Shared>);

/// See [`Server`].
#[derive(Debug)]
pub struct Shared {
    models: Arc<Models>,
    settings: Settings,
    metrics: Metrics,
    /// In seconds since 1970.
    began: u64,
    clock: Instant,
    drains: AtomicBool,
}

impl std::ops::Deref for Server {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Server {
    /// A server of these models.
    pub fn new(models: Models, settings: Settings) -> Self {
        let models = Arc::new(models);
        let metrics = Metrics::new(models.clone());
        let (began, clock) = (usage::now(), Instant::now());
        let drains = AtomicBool::new(false);
        Self(Arc::new(Shared { models, settings, metrics, began, clock, drains }))
    }

    /// From now on it is not ready any more; what is under way goes on.
    pub fn drain(&self) {
        self.drains.store(true, Ordering::Release);
    }
}

impl Shared {
    fn drains(&self) -> bool {
        self.drains.load(Ordering::Acquire)
    }

    /// Seconds since it began.
    fn seconds(&self) -> f64 {
        self.clock.elapsed().as_secs_f64()
    }
}

/// The routes of the interface. Merge other pages into it, then put [`guarded`] around all.
pub fn router(server: &Server) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chats::post))
        .route("/v1/completions", post(completions::post))
        .route("/v1/embeddings", post(embeddings::post))
        .route("/v1/messages", post(messages::post))
        .route("/v1/messages/count_tokens", post(messages::count))
        .route("/v1/responses", post(responses::post))
        .route("/v1/responses/input_tokens", post(responses::count))
        .route("/v1/rerank", post(rerank::post))
        .route("/v1/models", get(listed::list))
        .route("/v1/models/{*id}", get(listed::one))
        .route("/tokenize", post(tokens::tokenize))
        .route("/detokenize", post(tokens::detokenize))
        .route("/apply-template", post(tokens::apply_template))
        .route("/tokenizer_info", get(tokens::info))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::get))
        .merge(alias::router())
        .fallback(async || Refusal::no_such_route())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
        .with_state(server.clone())
}

/// Routes behind the gate: keys, limits, counts.
pub fn guarded(server: &Server, routes: Router) -> Router {
    let routes = routes
        .layer(from_fn_with_state(server.clone(), gate::pass))
        .layer(DefaultBodyLimit::max(server.settings.max_body_bytes));
    match server.settings.origins.as_slice() {
        [] => routes,
        // A browser asks whether it may ask without the key that it is about to bring.
        origins => routes.layer(cors::layer(origins)),
    }
}

/// The same addresses while there is no model: `reason` is what a request for words is told.
pub fn router_without_model(reason: &str) -> Router {
    let refusal = Refusal::no_model(reason);
    let asked = async move || refusal.clone();
    let list = Json(serde_json::json!({"object": "list", "data": []}));
    Router::new()
        .route("/v1/chat/completions", post(asked.clone()))
        .route("/v1/completions", post(asked.clone()))
        .route("/v1/embeddings", post(asked.clone()))
        .route("/ready", get(asked))
        .route("/v1/models", get(async move || list.clone()))
        .route("/health", get(health::health))
        .fallback(async || Refusal::no_such_route())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
}

/// Serves `routes` on `listener` until `shutdown` is done; answers under way are finished first, as far as
/// [`Settings::grace`] lets them, and meanwhile the server is not ready.
///
/// # Errors
/// What the operating system says of the listener.
pub async fn serve(
    server: &Server,
    routes: Router,
    listener: tokio::net::TcpListener,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let routes = guarded(server, routes);
    let Settings { tls, grace, .. } = &server.settings;
    let models = server.models.clone();
    let resting = tokio::spawn(let_models_rest(models));
    let served = listen::serve(server, routes, listener, tls.clone(), shutdown, *grace).await;
    resting.abort();
    served
}

/// Looks again and again which models nobody asks for.
async fn let_models_rest(models: Arc<Models>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let models = models.clone();
        // Memory is given back there, which takes a moment.
        drop(tokio::task::spawn_blocking(move || models.rest(Instant::now())).await);
    }
}
