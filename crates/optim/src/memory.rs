//! What rules remember of a parameter: numbers, or bytes where a rule keeps few bits.
//!
//! A rule names its slots and says how long each is; all begin with zeros. A checkpoint holds a slot
//! under its name and the parameter's path: `adamw.first.blocks.0.attention.qkv.weight`.

use burn::tensor::{Device, Int, Tensor};
use ops::offload::Offload;
use ops::{bytes, storage};

/// A place for one thing that a rule remembers of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name, which begins with that of the rule whose checkpoints had it first.
    pub name: &'static str,
    /// How many numbers it holds.
    pub n: usize,
    /// What they are.
    pub kind: Kind,
}

/// What is in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Single precision.
    Numbers,
    /// Bytes.
    Bytes,
}

impl Slot {
    /// A slot of numbers.
    pub fn numbers(name: &'static str, n: usize) -> Self {
        Self { name, n, kind: Kind::Numbers }
    }

    /// A slot of bytes.
    pub fn bytes(name: &'static str, n: usize) -> Self {
        Self { name, n, kind: Kind::Bytes }
    }

    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        match self.kind {
            Kind::Numbers => 4 * self.n,
            Kind::Bytes => self.n,
        }
    }

    pub(crate) fn zeros(&self, device: &Device) -> Memory {
        match self.kind {
            Kind::Numbers => Memory::Numbers(Tensor::zeros([self.n], device)),
            Kind::Bytes => Memory::Bytes(bytes::from_vec(vec![0; self.n], device)),
        }
    }

    /// Whether this can be what the slot held.
    pub(crate) fn holds(&self, memory: &Memory) -> bool {
        let (kind, n) = match memory {
            Memory::Numbers(tensor) => (Kind::Numbers, tensor.dims()[0]),
            Memory::Bytes(tensor) => (Kind::Bytes, tensor.dims()[0]),
        };
        (kind, n) == (self.kind, self.n)
    }
}

/// What is in a slot, in the parameter's order, on its device.
#[derive(Clone, Debug)]
pub enum Memory {
    /// `(n)`.
    Numbers(Tensor<1>),
    /// `(n)`.
    Bytes(Tensor<1, Int>),
}

impl Memory {
    /// The same where `offload` keeps it, if given.
    pub(crate) fn kept(self, offload: Option<&Offload>) -> Self {
        let Some(offload) = offload else { return self };
        match self {
            Self::Numbers(tensor) => Self::Numbers(offload.keep(tensor)),
            Self::Bytes(tensor) => Self::Bytes(offload.keep_bytes(tensor)),
        }
    }

    pub(crate) fn open(self) -> Opened {
        match self {
            Self::Numbers(tensor) => Opened::Numbers(storage::open(tensor)),
            Self::Bytes(tensor) => Opened::Bytes(bytes::open(tensor)),
        }
    }
}

/// Memory on the CPU that is to be changed where it lies.
pub(crate) enum Opened {
    Numbers(storage::Opened),
    Bytes(bytes::Opened),
}

impl Opened {
    pub(crate) fn view(&mut self) -> View<'_> {
        match self {
            Self::Numbers(opened) => View::Numbers(opened.values()),
            Self::Bytes(opened) => View::Bytes(opened.values()),
        }
    }

    pub(crate) fn close(self) -> Memory {
        match self {
            Self::Numbers(opened) => Memory::Numbers(opened.close()),
            Self::Bytes(opened) => Memory::Bytes(opened.close()),
        }
    }
}

/// What is in a slot, to be changed.
#[derive(Debug)]
pub(crate) enum View<'a> {
    Numbers(&'a mut [f32]),
    Bytes(&'a mut [u8]),
}

/// The slots of a rule that keeps N of numbers.
pub(crate) fn numbers<'v, const N: usize>(views: &'v mut [View<'_>]) -> [&'v mut [f32]; N] {
    let all = views.iter_mut().map(|view| match view {
        View::Numbers(numbers) => &mut **numbers,
        View::Bytes(_) => panic!("a rule was given bytes for numbers"),
    });
    all.collect::<Vec<_>>().try_into().expect("a rule is given the slots that it asked for")
}

/// The same as tensors.
pub(crate) fn tensors<const N: usize>(memory: Vec<Memory>) -> [Tensor<1>; N] {
    let all = memory.into_iter().map(|memory| match memory {
        Memory::Numbers(tensor) => tensor,
        Memory::Bytes(_) => panic!("a rule was given bytes for numbers"),
    });
    all.collect::<Vec<_>>().try_into().expect("a rule is given the slots that it asked for")
}
