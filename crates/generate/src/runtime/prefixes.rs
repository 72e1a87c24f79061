//! What was read once, for whoever begins alike: a tree of pages by the ids in them (Zheng et al., "SGLang:
//! Efficient Execution of Structured Language Model Programs", 2024: RadixAttention).
//!
//! An edge is a whole page of ids, so that nothing is ever split: of two texts that part within a page each
//! keeps its own, and a reader that shares only half of one takes it over and writes behind that half on a
//! copy. Where room is short the leaf that was longest not asked for goes first.

use std::collections::HashMap;
use std::sync::Arc;

use arch::{Cache as _, Decoder};
use kernels::attention::paged::{PAGE, Page};

use super::Runtime;
use super::cache::Cache;
use crate::Memory;

/// Pages of texts that were read, up to so many bytes.
#[derive(Debug)]
pub struct Prefixes {
    root: Node,
    budget: usize,
    held: usize,
    clock: u64,
    counts: Counts,
}

/// How often it helped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ids that were asked for.
    pub asked: u64,
    /// Those of them that were there.
    pub found: u64,
    /// Pages that were let go.
    pub evicted: u64,
}

#[derive(Debug, Default)]
struct Node {
    /// By the first id of their pages.
    children: HashMap<u32, Vec<Edge>>,
}

#[derive(Debug)]
struct Edge {
    /// As many as a page holds; fewer only where nothing follows.
    ids: Vec<u32>,
    page: Arc<Page>,
    used: u64,
    node: Node,
}

impl Prefixes {
    /// Nothing yet, and never more than so many bytes of pages.
    pub fn new(budget: usize) -> Self {
        let root = Node::default();
        Self { root, budget, held: 0, clock: 0, counts: Counts::default() }
    }

    /// Bytes of its pages.
    pub fn len_bytes(&self) -> usize {
        self.held
    }

    /// How often it helped.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// A memory of the longest beginning of `ids` that is held; its pages are shared.
    pub fn longest(&mut self, runtime: &Runtime, ids: &[u32]) -> Memory<Cache> {
        self.clock += 1;
        let mut cache = runtime.new_cache();
        let (mut node, mut rest) = (&mut self.root, ids);
        while let Some((edge, shared)) = node.best(rest) {
            edge.used = self.clock;
            cache.pages.push(Some(edge.page.clone()));
            cache.len += shared;
            rest = &rest[shared..];
            if shared < PAGE {
                break;
            }
            node = &mut edge.node;
        }
        self.counts.asked += ids.len() as u64;
        self.counts.found += cache.len() as u64;
        let held = ids[..cache.len()].to_vec();
        Memory::of(cache, held)
    }

    /// How many of `ids`, from the first on, are held.
    pub fn held(&self, ids: &[u32]) -> usize {
        let (mut node, mut held) = (&self.root, 0);
        while let Some((edge, shared)) = node.nearest(&ids[held..]) {
            held += shared;
            if shared < PAGE {
                break;
            }
            node = &edge.node;
        }
        held
    }

    /// Keeps what a memory holds. One that a sliding window has let go of the beginning of is not kept.
    pub fn keep(&mut self, memory: &Memory<Cache>) {
        let (cache, ids) = (memory.cache(), memory.ids());
        let pages: Option<Vec<&Arc<Page>>> = cache.pages.iter().map(Option::as_ref).collect();
        let Some(pages) = pages else { return };
        self.clock += 1;
        let bytes = cache.form.page_bytes();
        let mut node = &mut self.root;
        for (ids, page) in ids.chunks(PAGE).zip(pages) {
            let (edge, is_new) = node.edge(ids, page);
            edge.used = self.clock;
            self.held += if is_new { bytes } else { 0 };
            if edge.ids.len() < PAGE {
                break;
            }
            node = &mut edge.node;
        }
        while self.held > self.budget && self.root.evict() {
            self.held -= bytes;
            self.counts.evicted += 1;
        }
    }
}

impl Edge {
    /// How many ids, from the first on, are its own.
    fn shared(&self, ids: &[u32]) -> usize {
        self.ids.iter().zip(ids).take_while(|(a, b)| a == b).count()
    }
}

impl Node {
    /// As [`Node::best`], to look at.
    fn nearest(&self, ids: &[u32]) -> Option<(&Edge, usize)> {
        let edges = self.children.get(ids.first()?)?;
        edges.iter().map(|edge| (edge, edge.shared(ids))).max_by_key(|(_, shared)| *shared)
    }

    /// The edge that shares most of its ids with the beginning of `ids`, and how many; at least one.
    fn best(&mut self, ids: &[u32]) -> Option<(&mut Edge, usize)> {
        let edges = self.children.get_mut(ids.first()?)?;
        let edges = edges.iter_mut().map(|edge| (edge.shared(ids), edge));
        edges.max_by_key(|(shared, _)| *shared).map(|(shared, edge)| (edge, shared))
    }

    /// The edge of a page's ids, and whether it is a new one. One that held but the beginning of them is
    /// theirs from now on; one that holds more already stays as it is.
    fn edge(&mut self, ids: &[u32], page: &Arc<Page>) -> (&mut Edge, bool) {
        let edges = self.children.entry(ids[0]).or_default();
        let of = |edge: &Edge| edge.ids.starts_with(ids) || ids.starts_with(&edge.ids);
        let found = edges.iter().position(of);
        let at = found.unwrap_or(edges.len());
        if found.is_none() {
            let (ids, page) = (ids.to_vec(), page.clone());
            edges.push(Edge { ids, page, used: 0, node: Node::default() });
        } else if edges[at].ids.len() < ids.len() {
            (edges[at].ids, edges[at].page) = (ids.to_vec(), page.clone());
        }
        (&mut edges[at], found.is_none())
    }

    /// When the leaf below was used that was longest not asked for.
    fn oldest(&self) -> Option<u64> {
        self.children.values().flatten().map(|edge| edge.node.oldest().unwrap_or(edge.used)).min()
    }

    /// Lets that leaf go; `false` if there is none.
    fn evict(&mut self) -> bool {
        let Some(oldest) = self.oldest() else { return false };
        for edges in self.children.values_mut() {
            for at in 0..edges.len() {
                match edges[at].node.oldest() {
                    Some(below) if below == oldest => return edges[at].node.evict(),
                    None if edges[at].used == oldest => {
                        edges.swap_remove(at);
                        self.children.retain(|_, edges| !edges.is_empty());
                        return true;
                    }
                    _ => {}
                }
            }
        }
        false
    }
}
