//! What a model remembers of a text, as options of the command line, shared by all that let models speak.

use anyhow::Result;
use generate::Runtime;
use generate::runtime::CacheKind;
use life::Loaded;

use crate::host::Host;
use crate::pick;

/// How keys and values are kept.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct CacheArgs {
    /// Numbers of keys and values: f16, bf16, q8_0 (half of that in memory, hardly less exact) or f32
    /// [default: f16; f32 for models of f32]
    #[arg(long, value_name = "KIND", value_parser = kind, help_heading = "Memory")]
    cache: Option<CacheKind>,
}

impl CacheArgs {
    /// A runtime whose caches are of this kind, if one is named.
    pub(crate) fn with(self, runtime: Runtime) -> Runtime {
        match self.cache {
            Some(kind) => runtime.with_cache(kind),
            None => runtime,
        }
    }

    /// The model that `name` means, with such caches.
    pub(crate) fn model(self, host: &Host, name: Option<&str>) -> Result<Loaded> {
        let loaded = pick::model(host, name)?;
        Ok(Loaded { decoding: self.with(loaded.decoding), ..loaded })
    }
}

fn kind(name: &str) -> Result<CacheKind, String> {
    let names = CacheKind::ALL.map(CacheKind::name).join(", ");
    CacheKind::named(name).ok_or_else(|| format!("it is one of {names}"))
}
