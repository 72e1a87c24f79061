//! A thread that keeps a few batches ready, so that a step never waits for the disk.
//!
//! The cursor travels with its batch: what a checkpoint stores is the place after the last batch
//! that was handed out, however many more are ready. Dropping it ends the thread.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use crate::{Batch, Batches, Cursor, Error};

/// Batches, some of them ready.
pub struct Prefetch {
    /// There until the thread is told to end.
    ready: Option<Receiver<(Batch, Cursor)>>,
    worker: Option<JoinHandle<()>>,
    cursor: Cursor,
}

impl Prefetch {
    /// Goes on with `batches` on a thread, up to `ahead` batches ahead (at least one).
    ///
    /// # Errors
    /// [`Error::Thread`].
    pub fn new(mut batches: Batches, ahead: usize) -> Result<Self, Error> {
        let cursor = batches.cursor().clone();
        let (give, ready) = sync_channel(ahead.max(1));
        let work = move || {
            loop {
                let batch = batches.next_batch();
                // Nobody takes it: the other side was dropped.
                if give.send((batch, batches.cursor().clone())).is_err() {
                    return;
                }
            }
        };
        let worker = std::thread::Builder::new().name("batches".into()).spawn(work);
        let worker = worker.map_err(|source| Error::Thread { source })?;
        Ok(Self { ready: Some(ready), worker: Some(worker), cursor })
    }

    /// The place after the last batch handed out: where a resumed run goes on.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The next batch.
    ///
    /// # Panics
    /// If the thread panicked, with its panic.
    pub fn next_batch(&mut self) -> Batch {
        let ready = self.ready.as_ref().expect("only drop takes the receiver");
        match ready.recv() {
            Ok((batch, cursor)) => {
                self.cursor = cursor;
                batch
            }
            Err(_) => {
                let worker = self.worker.take().expect("only a panic ends the thread, once");
                match worker.join() {
                    Err(panic) => std::panic::resume_unwind(panic),
                    Ok(()) => unreachable!("the thread returns only when the receiver is gone"),
                }
            }
        }
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.ready = None;
        if let Some(worker) = self.worker.take() {
            // A panic there was reported by its own message; there is no one to hand it to.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{BatchOptions, Sampling, Shard, ShardWriter};

    fn batches(sampling: Sampling) -> Batches {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shard");
        let mut writer = ShardWriter::create(&path, 300, 0).unwrap();
        (0..30).for_each(|i| writer.push(&[i, i + 1, i + 2, i + 100], 4).unwrap());
        writer.finish().unwrap();
        let shard = Arc::new(Shard::open(&path).unwrap());
        Batches::new(shard, BatchOptions { rows: 2, context: 7, sampling, seed: 5 }).unwrap()
    }

    #[test]
    fn batches_come_in_order_each_with_its_cursor() {
        for sampling in [Sampling::Documents, Sampling::Windows, Sampling::Ordered] {
            let mut plain = batches(sampling);
            let mut ahead = Prefetch::new(plain.clone(), 3).unwrap();
            assert_eq!(ahead.cursor(), plain.cursor());
            for _ in 0..40 {
                assert_eq!(ahead.next_batch(), plain.next_batch());
                assert_eq!(ahead.cursor(), plain.cursor());
            }
        }
    }

    #[test]
    fn dropping_it_ends_the_thread() {
        let batches = batches(Sampling::Documents);
        let shard = batches.shard();
        let before = Arc::strong_count(&shard);
        drop(Prefetch::new(batches, 2).unwrap());
        assert_eq!(Arc::strong_count(&shard), before - 1, "the thread held the other one");
    }
}
