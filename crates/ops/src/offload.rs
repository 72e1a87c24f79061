//! Tensors that lie in files and are mapped into memory: what is touched once a step (an optimizer's
//! moments, what a recomputed piece keeps) gives way to other things when memory is short
//! (Rajbhandari et al., "ZeRO-Infinity", 2021, offload the same).
//!
//! The system writes pages out in the background, lets them go when it needs the room, and reads them
//! back when they are touched; we move none ourselves. Files have no name: no folder shows them, and
//! they go with the process however it ends. Memory of tensors that are gone is used again for others
//! of the same size.
//!
//! Leaves out: gradients and weights, which are touched all the time; file systems that write a page
//! to a new place each time (btrfs, zfs) and may find the disk full only then, which ends the process.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::tensor::{Bytes, Int, Tensor};
use burn_backend::{AllocationProperty, TensorMetadata};
use burn_flex::{Flex, FlexTensor, Layout};
use burn_std::{AccessError, AccessPolicy, AllocationController};
use kernels::gemm::Values;

use crate::storage::{contiguous, on_cpu, values};

/// Bytes below which a tensor stays where it is.
const SMALL: usize = 64 * 1024;

/// Where offloaded tensors go.
#[derive(Clone, Debug)]
pub struct Offload(Arc<Store>);

#[derive(Debug)]
struct Store {
    folder: PathBuf,
    /// Maps of tensors that are gone, by size.
    free: Mutex<BTreeMap<usize, Vec<memmap2::MmapMut>>>,
    /// The first thing that went wrong.
    failure: Mutex<Option<io::Error>>,
    bytes: AtomicU64,
}

impl Offload {
    /// Offloads to the disk that `folder` is on; the folder is made if it is not there.
    ///
    /// # Errors
    /// If the folder cannot be made, or no file in it.
    pub fn to(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        tempfile::tempfile_in(folder)?;
        Ok(Self(Arc::new(Store {
            folder: folder.to_path_buf(),
            free: Mutex::default(),
            failure: Mutex::default(),
            bytes: AtomicU64::new(0),
        })))
    }

    /// A tensor of the same values whose memory is a file's. Small ones, and those of other devices
    /// than the CPU, come back as they are, and so do all when the disk is full, which
    /// [`Self::check`] then tells.
    pub fn keep<const D: usize>(&self, tensor: Tensor<D>) -> Tensor<D> {
        if !on_cpu(&tensor.device()) {
            return tensor;
        }
        let primitive = tensor.clone().try_into_primitive::<Flex>();
        let primitive = contiguous(primitive.expect("a tensor of the CPU backend"));
        let bytes: &[u8] = match values(&primitive) {
            Values::F32(v) => bytemuck::cast_slice(v),
            Values::Bf16(v) => bytemuck::cast_slice(v),
        };
        match self.moved(&primitive, bytes) {
            Some(kept) => Tensor::from_primitive::<Flex>(kept),
            None => tensor,
        }
    }

    /// As [`Self::keep`], of a tensor of bytes.
    pub fn keep_bytes(&self, tensor: Tensor<1, Int>) -> Tensor<1, Int> {
        if !on_cpu(&tensor.device()) {
            return tensor;
        }
        let primitive = tensor.clone().try_into_primitive::<Flex>();
        let primitive = primitive.expect("a tensor of the CPU backend").to_contiguous();
        match self.moved(&primitive, primitive.bytes()) {
            Some(kept) => Tensor::from_primitive::<Flex>(kept),
            None => tensor,
        }
    }

    /// A tensor like this one whose bytes are a file's, unless they are few or the disk is full.
    fn moved(&self, like: &FlexTensor, bytes: &[u8]) -> Option<FlexTensor> {
        if bytes.len() < SMALL {
            return None;
        }
        match self.map(bytes) {
            Ok(map) => {
                let layout = Layout::contiguous(like.shape());
                Some(FlexTensor::new(self.own(map), layout, like.dtype()))
            }
            Err(error) => {
                lock(&self.0.failure).get_or_insert(error);
                None
            }
        }
    }

    /// Whether all that was to be offloaded is.
    ///
    /// # Errors
    /// The first failure since the last call.
    pub fn check(&self) -> io::Result<()> {
        lock(&self.0.failure).take().map_or(Ok(()), Err)
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// A map that holds these bytes.
    fn map(&self, bytes: &[u8]) -> io::Result<memmap2::MmapMut> {
        let used = lock(&self.0.free).get_mut(&bytes.len()).and_then(Vec::pop);
        if let Some(mut map) = used {
            map.copy_from_slice(bytes);
            return Ok(map);
        }
        let mut file: File = tempfile::tempfile_in(&self.0.folder)?;
        // Written, not only set to a length: a full disk is an error here, and on most file systems
        // no signal later.
        file.write_all(bytes)?;
        #[expect(unsafe_code, reason = "a memory map")]
        // SAFETY: the file has no name, so that nobody else can open it and make it shorter.
        let map = unsafe { memmap2::MmapMut::map_mut(&file) }?;
        self.0.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(map)
    }

    fn own(&self, map: memmap2::MmapMut) -> Bytes {
        let len = map.len();
        let controller = Mapped { map: Some(map), store: self.0.clone() };
        #[expect(unsafe_code, reason = "memory that is not the allocator's")]
        // SAFETY: all `len` bytes of the map were written.
        unsafe {
            Bytes::from_controller(Box::new(controller), len)
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A tensor's memory. The map is there until it is dropped.
struct Mapped {
    map: Option<memmap2::MmapMut>,
    store: Arc<Store>,
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if let Some(map) = self.map.take() {
            lock(&self.store.free).entry(map.len()).or_default().push(map);
        }
    }
}

impl AllocationController for Mapped {
    fn alloc_align(&self) -> usize {
        64 // At least: maps begin with a page.
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    #[expect(unsafe_code, reason = "the trait's own")]
    unsafe fn memory_mut(
        &mut self,
        _: AccessPolicy,
    ) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let map = self.map.as_deref_mut().unwrap_or_default();
        // SAFETY: the caller writes initialized bytes only, as the trait asks.
        Ok(unsafe { std::slice::from_raw_parts_mut(map.as_mut_ptr().cast(), map.len()) })
    }

    #[expect(unsafe_code, reason = "initialized bytes as bytes that may be")]
    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let map = self.map.as_deref().unwrap_or_default();
        // SAFETY: the same bytes, which nobody writes through this.
        Ok(unsafe { std::slice::from_raw_parts(map.as_ptr().cast(), map.len()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{hold, update_in_place};
    use burn::tensor::Device;

    fn tensor(n: usize, first: f32) -> Tensor<1> {
        let values: Vec<f32> = (0..n).map(|i| first + i as f32).collect();
        Tensor::from_data(values.as_slice(), &Device::flex())
    }

    #[test]
    fn values_stay_and_are_changed_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let offload = Offload::to(&folder.path().join("new")).unwrap();
        let n = 50_000;
        let kept = offload.keep(tensor(n, 1.0));
        assert_eq!(
            (&hold(kept.clone())[..], offload.bytes()),
            (&hold(tensor(n, 1.0))[..], 200_000)
        );
        let address = hold(kept.clone()).as_ptr();
        let kept = update_in_place(kept, |v| v.iter_mut().for_each(|v| *v += 1.0));
        assert_eq!(hold(kept.clone())[..], hold(tensor(n, 2.0))[..]);
        assert_eq!(hold(kept.clone()).as_ptr(), address, "it was copied");
        // A second holder keeps what it holds.
        let other = kept.clone();
        let kept = update_in_place(kept, |v| v.fill(0.0));
        assert_eq!((hold(kept)[7], hold(other)[7]), (0.0, 9.0));
        offload.check().unwrap();
    }

    #[test]
    fn bytes_are_kept_and_changed_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let offload = Offload::to(folder.path()).unwrap();
        let values: Vec<u8> = (0..100_000).map(|i| (i % 251) as u8).collect();
        let tensor = crate::bytes::from_vec(values.clone(), &Device::flex());
        let kept = offload.keep_bytes(tensor);
        assert_eq!(
            (&crate::bytes::hold(kept.clone())[..], offload.bytes()),
            (&values[..], 100_000)
        );
        let mut opened = crate::bytes::open(kept);
        opened.values()[7] = 99;
        assert_eq!(crate::bytes::hold(opened.close())[7], 99);
    }

    #[test]
    fn memory_is_used_again_and_small_tensors_stay() {
        let folder = tempfile::tempdir().unwrap();
        let offload = Offload::to(folder.path()).unwrap();
        for i in 0..3 {
            let kept = offload.keep(tensor(20_000, i as f32));
            assert_eq!(hold(kept)[5], i as f32 + 5.0);
        }
        assert_eq!(offload.bytes(), 80_000);
        offload.keep(tensor(100, 0.0));
        assert_eq!(offload.bytes(), 80_000);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(Offload::to(&file).is_err());
    }
}
