//! What a sequence's positions leave behind: keys and values, in pages that forks share until one of them
//! writes.
//!
//! A page holds [`PAGE`] positions of all layers; see [`kernels::attention::paged`]. Where every layer looks
//! through a window, pages that none of them can reach any more are let go.

use std::sync::Arc;

use arch::Spec;
use kernels::attention::paged::{Kind, Layout, PAGE, Page};
use kernels::parallel;

/// Numbers of new positions from which several threads write them.
const HEAVY: usize = 1 << 16;

/// The shape of a model's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Of a layer's part.
    pub(super) layout: Layout,
    pub(super) n_layers: usize,
    /// How far back any layer looks, itself included, where all of them look through windows.
    window: Option<usize>,
}

impl Form {
    pub(super) fn new(spec: &Spec, kind: Kind) -> Self {
        let layout = Layout { kind, n_kv_heads: spec.n_kv_heads, head_dim: spec.head_dim };
        let windows = (0..spec.n_layers).map(|i| spec.window(i));
        let window = windows.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
        Self { layout, n_layers: spec.n_layers, window }
    }

    /// Bytes of a page.
    pub(super) fn page_bytes(&self) -> usize {
        self.n_layers * self.layout.len_bytes()
    }
}

/// Keys and values of one sequence.
#[derive(Clone, Debug)]
pub struct Cache {
    pub(super) form: Form,
    /// `None` where no layer looks any more.
    pub(super) pages: Vec<Option<Arc<Page>>>,
    pub(super) len: usize,
}

/// New positions of a sequence on their way through the layers.
pub(super) struct New<'a> {
    pub(super) rows: usize,
    pub(super) cache: &'a mut Cache,
}

impl Cache {
    pub(super) fn new(form: Form) -> Self {
        Self { form, pages: Vec::new(), len: 0 }
    }

    /// What numbers it holds.
    pub fn kind(&self) -> Kind {
        self.form.layout.kind
    }

    /// Bytes of its pages, those that it shares among them.
    pub fn len_bytes(&self) -> usize {
        self.pages.iter().flatten().count() * self.form.page_bytes()
    }

    /// Bytes of its pages with `n` positions more.
    pub fn bytes_with(&self, n: usize) -> usize {
        let new = (self.len + n).div_ceil(PAGE).saturating_sub(self.pages.len());
        self.len_bytes() + new * self.form.page_bytes()
    }

    /// Makes room for new positions: pages of its own from the last position on.
    pub(super) fn reserve(&mut self, n: usize) {
        let pages = (self.len + n).div_ceil(PAGE);
        while self.pages.len() < pages {
            self.pages.push(Some(Arc::new(Page::zeroed(self.form.page_bytes()))));
        }
        for page in self.pages[self.len / PAGE..].iter_mut().flatten() {
            Arc::make_mut(page);
        }
    }

    /// Counts positions that every layer holds by now, and lets go of what none reaches any more.
    pub(super) fn advance(&mut self, n: usize) {
        self.len += n;
        let Some(window) = self.form.window else { return };
        // Two pages more, so that what was just read may be taken back.
        let unseen = self.len.saturating_sub(window + 2 * PAGE) / PAGE;
        self.pages[..unseen].fill(None);
    }

    /// Writes new positions of a layer: of each of `rows`, `width` numbers wide, what stands behind `first`.
    pub(super) fn write(&mut self, layer: usize, rows: &[f32], width: usize, first: usize) {
        let Form { layout, .. } = self.form;
        let at = layer * layout.len_bytes()..(layer + 1) * layout.len_bytes();
        let (mut rest, mut position) = (rows, self.len);
        let mut pieces = Vec::new();
        for page in self.pages[self.len / PAGE..].iter_mut().flatten() {
            let n = (PAGE - position % PAGE).min(rest.len() / width);
            let (own, others) = rest.split_at(n * width);
            pieces.push((Arc::make_mut(page), position % PAGE, own));
            (rest, position) = (others, position + n);
        }
        parallel::each(pieces, rows.len() >= HEAVY, |_, (page, from, rows)| {
            let rows = rows.chunks_exact(width).map(|row| &row[first..]);
            layout.write(&mut page.as_mut()[at.clone()], from, rows);
        });
    }

    /// A layer's part of each page; those that are gone are empty.
    pub(super) fn parts(&self, layer: usize) -> Vec<&[u8]> {
        let bytes = self.form.layout.len_bytes();
        let mut parts: Vec<&[u8]> = Vec::with_capacity(self.pages.len());
        for page in &self.pages {
            parts.push(match page {
                Some(page) => &(**page).as_ref()[layer * bytes..][..bytes],
                None => &[],
            });
        }
        parts
    }
}

impl arch::Cache for Cache {
    fn len(&self) -> usize {
        self.len
    }

    fn fork(&self) -> Self {
        self.clone()
    }

    fn truncate(&mut self, len: usize) -> usize {
        let len = self.len.min(len);
        let needed = self.form.window.map_or(0, |window| (len + 1).saturating_sub(window)) / PAGE;
        let is_there = self.pages[needed.min(self.pages.len())..].iter().all(Option::is_some);
        self.len = if is_there { len } else { 0 };
        self.pages.truncate(self.len.div_ceil(PAGE));
        self.len
    }
}

#[cfg(test)]
mod tests {
    use arch::Cache as _;

    use super::*;

    fn form(kind: Kind, window: Option<usize>) -> Form {
        let layout = Layout { kind, n_kv_heads: 2, head_dim: 8 };
        Form { layout, n_layers: 3, window }
    }

    /// Adds positions whose numbers are all `x`.
    fn add(cache: &mut Cache, n: usize, x: f32) {
        cache.reserve(n);
        for layer in 0..3 {
            cache.write(layer, &vec![x + layer as f32; n * 40], 40, 8);
        }
        cache.advance(n);
    }

    fn keys(cache: &Cache, layer: usize) -> Vec<f32> {
        let mut out = Vec::new();
        for (i, part) in cache.parts(layer).into_iter().enumerate() {
            let n = PAGE.min(cache.len() - i * PAGE);
            let mut keys = vec![0.0; n * 8];
            cache.form.layout.keys(part, 1, n, &mut keys);
            out.extend(keys.chunks_exact(8).map(|key| key[7]));
        }
        out
    }

    #[test]
    fn forks_share_pages_until_they_write() {
        for kind in Kind::ALL {
            let mut a = Cache::new(form(kind, None));
            add(&mut a, 100, 1.0);
            let mut b = a.fork();
            let same = |a: &Cache, b: &Cache, page: usize| {
                let page = |cache: &Cache| cache.pages[page].as_ref().map(Arc::as_ptr);
                page(a) == page(b)
            };
            assert!(same(&a, &b, 0) && same(&a, &b, 1));
            add(&mut b, 1, 5.0);
            assert!(same(&a, &b, 0) && !same(&a, &b, 1));
            add(&mut a, 2, 9.0);
            let expected = |more: &[f32]| [&[3.0; 100][..], more].concat();
            let round = |x: Vec<f32>| x.iter().map(|x| (x * 8.0).round() / 8.0).collect::<Vec<_>>();
            assert_eq!(round(keys(&a, 2)), expected(&[11.0, 11.0]));
            assert_eq!(round(keys(&b, 2)), expected(&[7.0]));
        }
    }

    #[test]
    fn what_is_cut_off_is_written_anew() {
        let mut cache = Cache::new(form(Kind::F32, None));
        add(&mut cache, 130, 1.0);
        let kept = cache.fork();
        assert_eq!(cache.truncate(70), 70);
        assert_eq!(cache.pages.len(), 2);
        add(&mut cache, 3, 4.0);
        assert_eq!(keys(&cache, 0)[68..], [1.0, 1.0, 4.0, 4.0, 4.0]);
        assert_eq!(keys(&kept, 0), [1.0; 130]);
        assert_eq!((cache.truncate(500), cache.len()), (73, 73));
    }

    #[test]
    fn a_window_lets_go_of_what_it_does_not_reach() {
        let mut cache = Cache::new(form(Kind::F16, Some(100)));
        for _ in 0..50 {
            add(&mut cache, 10, 1.0);
        }
        assert_eq!(cache.len_bytes(), 4 * cache.form.page_bytes());
        assert!(cache.parts(1)[3].is_empty() && !cache.parts(1)[4].is_empty());
        let mut back = cache.fork();
        assert_eq!(back.truncate(450), 450);
        // What a shorter sequence looks at is not there any more.
        assert_eq!(back.truncate(150), 0);
    }
}
