//! How a model comes: first a plan of what is to come, then its files one by one, then all at once
//! into the store.
//!
//! What has come stays, whatever stops it: the next pull of the same model goes on from there. Files
//! that were pulled before at the same commit stay in the model, so that one can ask for more of it.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use crate::client::{Client, Event, Options, Trouble, Watch};
use crate::fetch::Fetch;
use crate::listing::Listing;
use crate::part::Part;
use crate::refusal::About;
use crate::staging::{Staging, mend};
use crate::{Choice, Error, Pulled, Reference, RemoteFile, Result, Store};

/// A longer list of files is none: it would be of a hundred thousand.
const MAX_LISTING_BYTES: u64 = 32 << 20;

/// A hub that models come from.
#[derive(Debug)]
pub struct Hub {
    client: Client,
}

/// What is to come.
#[derive(Clone, Debug)]
pub struct Plan {
    reference: Reference,
    commit: String,
    files: Vec<RemoteFile>,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Where the model is.
    pub folder: PathBuf,
    /// Bytes that came this time; none if all was there.
    pub received_bytes: u64,
}

impl Plan {
    /// What was asked for.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The commit that the revision was when the hub was asked.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// The files that are wished for.
    pub fn files(&self) -> &[RemoteFile] {
        &self.files
    }

    /// Bytes of all of them.
    pub fn size_bytes(&self) -> u64 {
        size_bytes(&self.files)
    }
}

impl Hub {
    /// A hub at an address. Nothing is asked yet.
    ///
    /// # Errors
    /// [`Error::Endpoint`], [`Error::Unsendable`].
    pub fn new(options: &Options) -> Result<Self> {
        Ok(Self { client: Client::new(options)? })
    }

    /// Asks what a model's revision holds, and chooses from it.
    ///
    /// # Errors
    /// What keeps the hub from answering, what it refuses, [`Error::FileName`], [`Error::Listing`],
    /// [`Error::NothingChosen`].
    pub fn plan(&self, reference: &Reference, choice: &Choice, watch: Watch<'_>) -> Result<Plan> {
        let client = &self.client;
        let about = About {
            endpoint: client.endpoint.address(),
            reference,
            path: None,
            has_token: client.has_token(),
        };
        let url = client.endpoint.listing_url(reference);
        let json = client.interruptible(|| {
            client.patiently(watch, |_| {
                let answer = client.get(&about, &url, &[])?;
                let mut json = Vec::new();
                let mut body = answer.body.into_reader().take(MAX_LISTING_BYTES + 1);
                body.read_to_end(&mut json)
                    .map_err(|error| Trouble::passing(format!("the connection broke ({error})")))?;
                Ok(json)
            })
        })?;
        if json.len() as u64 > MAX_LISTING_BYTES {
            let reason = format!("it is longer than {MAX_LISTING_BYTES} bytes");
            return Err(Error::Listing { reason });
        }
        let listing = Listing::parse(&json)?;
        let files = listing.chosen(choice)?;
        Ok(Plan { reference: reference.clone(), commit: listing.commit, files })
    }

    /// Brings what is planned into the store.
    ///
    /// # Errors
    /// What keeps the hub from answering, what it refuses, [`Error::Promise`] and [`Error::Checksum`]
    /// where it does not keep its word, [`Error::NoRoom`], [`Error::Locked`], [`Error::Interrupted`].
    pub fn pull(&self, store: &Store, plan: &Plan, watch: Watch<'_>) -> Result<Pull> {
        let id = &plan.reference.id;
        let (target, older) = (store.folder(id), store.older_folder(id));
        let staging = Staging::open(store.staging_folder(id))?;
        mend(&target, &older)?;
        let before = Pulled::read(&target).ok();
        let pulled = self.record(plan, before.as_ref());
        if before.is_some_and(|before| before == pulled && before.is_whole_in(&target)) {
            staging.clear()?;
            return Ok(Pull { folder: target, received_bytes: 0 });
        }
        let plan = &Plan { files: pulled.files.clone(), ..plan.clone() };
        staging.sweep(&plan.files)?;
        if let Ok(before) = Pulled::read(&target) {
            staging.adopt(&target, &before, &plan.files, &self.client.interrupt)?;
        }
        check_room(&staging, &plan.files)?;
        let received_bytes = self.client.interruptible(|| self.fetch_all(&staging, plan, watch))?;
        staging.install(&pulled, &target, &older)?;
        Ok(Pull { folder: target, received_bytes })
    }

    /// What is to be written down: what is planned, and what was pulled before at the same commit.
    fn record(&self, plan: &Plan, before: Option<&Pulled>) -> Pulled {
        let mut files = plan.files.clone();
        let same = before.filter(|before| before.commit == plan.commit);
        let planned: BTreeSet<&str> = plan.files.iter().map(|file| file.path.as_str()).collect();
        let more = same.into_iter().flat_map(|before| &before.files);
        files.extend(more.filter(|file| !planned.contains(file.path.as_str())).cloned());
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Pulled {
            endpoint: self.client.endpoint.address().to_string(),
            model: plan.reference.id.clone(),
            revision: plan.reference.revision.clone(),
            commit: plan.commit.clone(),
            files,
        }
    }

    /// Brings all that is lacking, and says how many bytes that was.
    fn fetch_all(&self, staging: &Staging, plan: &Plan, watch: Watch<'_>) -> Result<u64> {
        let size = plan.size_bytes();
        let before: u64 = plan.files.iter().map(|file| staging.there_bytes(file)).sum();
        let mut there_bytes = before;
        watch(Event::There(there_bytes));
        for file in &plan.files {
            let others_bytes = there_bytes.saturating_sub(staging.there_bytes(file));
            if !staging.has(file) {
                watch(Event::File(file.path.clone()));
                let mut part = Part::open(staging.folder(), file, &self.client.interrupt)?;
                let fetch = Fetch { client: &self.client, plan, file, others_bytes };
                fetch.fill(&mut part, watch)?;
                part.finish(&staging.place(file))?;
                there_bytes = others_bytes + file.size_bytes;
            }
        }
        watch(Event::There(size));
        Ok(size.saturating_sub(before))
    }
}

/// Bytes of all files. A hub may claim any number.
fn size_bytes(files: &[RemoteFile]) -> u64 {
    files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size_bytes))
}

/// Refuses what the disk has no room for, where it tells.
fn check_room(staging: &Staging, files: &[RemoteFile]) -> Result<()> {
    let left = |sum: u64, file: &RemoteFile| {
        sum.saturating_add(file.size_bytes - staging.there_bytes(file))
    };
    let needed = files.iter().fold(0, left);
    match stdx::disk::available(staging.folder()) {
        Some(available) if needed > available => {
            Err(Error::NoRoom { needed, available, folder: staging.folder().to_path_buf() })
        }
        _ => Ok(()),
    }
}
