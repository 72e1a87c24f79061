//! Published models: a store of them on this machine, and how they come into it.
//!
//! [`Hub::plan`] asks a hub what a model's revision holds, [`Hub::pull`] brings it into a [`Store`].
//! The interface is the Hugging Face Hub's, as its documents and its client `huggingface_hub` 2.4
//! have it: `GET /api/models/{id}/revision/{revision}?blobs=true` for names, sizes and checksums,
//! `GET /{id}/resolve/{commit}/{path}` for a file, with redirects to where it lies.
//!
//! Reading order: `name` (which model), `endpoint` (where it is asked for), `choice` (which of its
//! files), `listing` (what the hub says they are), `checksum`, `client` (one request, and patience),
//! `refusal` (what a status means), `part` (a file on its way), `fetch` (how it is filled, and gone on
//! with), `staging` (all of them until they are whole), `pull`, `pulled` (what is written down),
//! `store`, `error`.
//!
//! What a hub says is hostile: names are looked at before they become paths ([`choice`]), nothing
//! longer than promised is kept, every file is checked by its sum, a model appears in the store by one
//! renaming once all of it is there. A token goes to the endpoint's own scheme, host and port only.
//!
//! ```
//! # fn main() -> Result<(), hub::Error> {
//! let reference: hub::Reference = "openai-community/gpt2@main".parse()?;
//! assert_eq!((reference.id.name(), reference.revision.as_str()), ("gpt2", "main"));
//! let files = ["config.json", "model.safetensors", "pytorch_model.bin", "onnx/model.onnx"];
//! assert_eq!(hub::Choice::default().of(&files), ["config.json", "model.safetensors"]);
//! # Ok(()) }
//! ```
//!
//! ```no_run
//! # fn main() -> Result<(), hub::Error> {
//! # let reference: hub::Reference = "openai-community/gpt2".parse()?;
//! let hub = hub::Hub::new(&hub::Options::default())?;
//! let plan = hub.plan(&reference, &hub::Choice::default(), &mut |_| {})?;
//! let pull = hub.pull(&hub::Store::at("home".as_ref()), &plan, &mut |_| {})?;
//! println!("{} bytes came to {}", pull.received_bytes, pull.folder.display());
//! # Ok(()) }
//! ```
//!
//! Must never know: what is in a model's files. It reads no environment and no clock, and prints
//! nothing. Left out: uploading, data sets, the protocol Xet (a hub gives files above 50 GB by it
//! alone), certificates other than Mozilla's.
#![forbid(unsafe_code)]

mod checksum;
pub mod choice;
mod client;
mod endpoint;
mod error;
mod fetch;
mod listing;
mod name;
mod part;
mod pull;
mod pulled;
mod refusal;
mod staging;
mod store;

pub use checksum::Checksum;
pub use choice::Choice;
pub use client::{Event, Options, Patience, Watch};
pub use endpoint::DEFAULT_ENDPOINT;
pub use error::{Error, Result};
pub use name::{ModelId, Reference};
pub use pull::{Hub, Plan, Pull};
pub use pulled::{Pulled, RemoteFile};
pub use store::{Model, Store};
