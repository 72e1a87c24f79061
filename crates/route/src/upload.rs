//! A request's body, kept whole so that it can be sent again: within a size, a time, and a room
//! that all bodies share. Room is taken for bytes that came, not for those that are announced.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;

/// A body, and its part of the room.
pub(crate) struct Upload {
    pub(crate) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// Reads all of it.
pub(crate) async fn read(
    body: Incoming,
    limit: usize,
    time: Duration,
    room: &Arc<Semaphore>,
) -> Result<Upload, Refusal> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Refusal::body_too_large(limit));
    }
    let read = collect(body, limit, room);
    tokio::time::timeout(time, read).await.unwrap_or_else(|_| Err(Refusal::body_too_slow()))
}

async fn collect(
    mut body: Incoming,
    limit: usize,
    room: &Arc<Semaphore>,
) -> Result<Upload, Refusal> {
    let (mut bytes, mut taken) = (Vec::new(), None::<OwnedSemaphorePermit>);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::body_broken())?;
        // Trailers are not passed on.
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(Refusal::body_too_large(limit));
        }
        let more = u32::try_from(data.len()).map_err(|_| Refusal::body_too_large(limit))?;
        let permit = room.clone().try_acquire_many_owned(more).map_err(|_| Refusal::no_room())?;
        match &mut taken {
            Some(taken) => taken.merge(permit),
            None => taken = Some(permit),
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Upload { bytes: bytes.into(), _room: taken })
}
