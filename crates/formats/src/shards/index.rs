//! The index of shards: what it promises, whether its files are files of the folder, and where it and
//! the shards disagree.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::error::shorten;
use crate::json::Pairs;

/// Longer ones are refused.
const LONGEST: u64 = 100_000_000;

/// The shard of each tensor, and what is wrong with other entries; or why it cannot be read.
pub(super) fn read(path: &Path) -> Result<(BTreeMap<String, String>, Vec<String>), String> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let maps = text(path).and_then(|text| parsed(&text)).map_err(|why| format!("{file}: {why}"))?;
    let mut problems: Vec<String> =
        maps.twice().iter().map(|name| format!("{file}: tensor {name:?} is there twice")).collect();
    let mut promised = BTreeMap::new();
    for (name, shard) in maps.0 {
        match shard {
            Value::String(shard) => drop(promised.insert(name, shard)),
            _ => problems.push(format!("{file}: tensor {name:?} has no file name")),
        }
    }
    shorten(&mut problems);
    Ok((promised, problems))
}

fn text(path: &Path) -> Result<String, String> {
    let found = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if !found.is_file() || found.len() > LONGEST {
        return Err(format!("expected a file of at most {LONGEST} bytes, found {}", found.len()));
    }
    std::fs::read_to_string(path).map_err(|e| e.to_string())
}

/// The map of weights, with names that are there twice.
fn parsed(text: &str) -> Result<Pairs, String> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: Pairs,
    }
    let index: Index = serde_json::from_str(text).map_err(|e| format!("it is no index: {e}"))?;
    Ok(index.weight_map)
}

/// A name alone: no folder before it, no way up, no drive.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let is_name = matches!(components.next(), Some(Component::Normal(_)));
    is_name && components.next().is_none() && !name.contains(['/', '\\', ':', '\0'])
}

/// The path of a shard in which so many tensors should lie. It must be a file of the folder; a link out
/// of it is followed only to where the Hugging Face hub's cache keeps the files of a snapshot,
/// `../../blobs`.
pub(super) fn within(folder: &Path, shard: &str, tensors: usize) -> Result<PathBuf, String> {
    if !is_plain(shard) {
        return Err(format!(
            "{tensors} tensors should lie in {shard:?}, which is no plain file name"
        ));
    }
    let path = folder.join(shard);
    let is_link = match std::fs::symlink_metadata(&path) {
        Ok(found) => found.is_symlink(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(format!("{shard} is absent, with {tensors} tensors: copy or download it"));
        }
        Err(e) => return Err(format!("{shard}: {e}")),
    };
    if !is_link {
        return Ok(path);
    }
    let real = |path: &Path| std::fs::canonicalize(path).map_err(|e| format!("{shard}: {e}"));
    let (target, home) = (real(&path)?, real(folder)?);
    let cache = home.parent().and_then(Path::parent).map(|cache| cache.join("blobs"));
    if [Some(home), cache].iter().flatten().any(|place| target.parent() == Some(place.as_path())) {
        return Ok(path);
    }
    Err(format!("{shard} is a link out of the folder, to {}: copy the file", target.display()))
}

/// Where index and shards disagree, by name. Of a shard that is lost only that is said, and why.
pub(super) fn disagreements(
    promised: &BTreeMap<String, String>,
    found: &BTreeMap<String, Vec<&str>>,
    lost: &BTreeMap<&str, String>,
) -> Vec<String> {
    let mut lost_shards: Vec<String> = lost.values().cloned().collect();
    let (mut absent, mut elsewhere) = (Vec::new(), Vec::new());
    for (name, shard) in promised.iter().filter(|(_, shard)| !lost.contains_key(shard.as_str())) {
        match found.get(name).and_then(|shards| shards.first()) {
            None => absent.push(format!("tensor {name:?} is promised and not in {shard}")),
            Some(other) if !found[name].contains(&shard.as_str()) => {
                elsewhere
                    .push(format!("tensor {name:?} should lie in {shard} and lies in {other}"));
            }
            Some(_) => {}
        }
    }
    let unknown = found.iter().filter(|(name, _)| !promised.contains_key(*name));
    let mut unknown: Vec<String> = unknown
        .map(|(name, shards)| format!("tensor {name:?} of {} is not in the index", shards[0]))
        .collect();
    let twice = found.iter().filter(|(_, shards)| shards.len() > 1);
    let mut twice: Vec<String> = twice
        .map(|(name, shards)| format!("tensor {name:?} is in several: {}", shards.join(", ")))
        .collect();
    let kinds = [&mut lost_shards, &mut absent, &mut elsewhere, &mut unknown, &mut twice];
    kinds.into_iter().for_each(shorten);
    [lost_shards, absent, elsewhere, unknown, twice].concat()
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_plain_name_is_a_name_alone() {
        assert!(is_plain("model-00001-of-00002.safetensors") && is_plain("..a"));
        for name in ["", ".", "..", "../a", "/etc/a", "a/b", "a/", "./a", "a\\b", "C:a", "a\0b"] {
            assert!(!is_plain(name), "{name:?}");
        }
    }
}
