//! Parameters that learn otherwise than the rest, named by patterns over their paths.
//!
//! In a pattern `*` stands for any run of characters, none and dots included: `blocks.0.*`, `*.bias`,
//! `*norm*`. The first group that fits a parameter is its own. A pattern that fits none is a mistake.

use std::collections::BTreeMap;
use std::str::FromStr;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::{Error, Parameter, depth};

/// Some parameters and how they learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Which: a pattern.
    pub pattern: String,
    /// What the learning rate is multiplied by.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub lr: f64,
    /// The pull towards zero, vectors included, if it is another than that of all matrices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f32>,
    /// Whether they stay as they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
}

fn whole() -> f64 {
    1.0
}

fn is_whole(lr: &f64) -> bool {
    *lr == 1.0
}

impl Group {
    /// A group that stays as it is.
    pub fn frozen(pattern: &str) -> Self {
        Self { frozen: true, ..Self::of(pattern) }
    }

    fn of(pattern: &str) -> Self {
        Self { pattern: pattern.to_string(), lr: 1.0, weight_decay: None, frozen: false }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |name, got: String, expected| Err(Error::Option { name, got, expected });
        if !(0.0..=1e6).contains(&self.lr) {
            let expected = "from 0 to a million";
            return refuse("a group's learning rate", self.lr.to_string(), expected);
        }
        match self.weight_decay.filter(|decay| !(0.0..100.0).contains(decay)) {
            Some(decay) => {
                refuse("a group's weight decay", decay.to_string(), "from 0 to below 100")
            }
            None => Ok(()),
        }
    }
}

impl FromStr for Group {
    type Err = Error;

    /// `PATTERN:lr=0.1,weight-decay=0`, `PATTERN:frozen`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Group { text: text.to_string(), reason };
        let (pattern, options) =
            text.split_once(':').ok_or_else(|| wrong("there is no : in it".into()))?;
        let mut group = Self::of(pattern);
        for option in options.split(',') {
            let number = |value: &str| {
                let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
                number.ok_or_else(|| wrong(format!("{value:?} is no number")))
            };
            match option.split_once('=') {
                None if option == "frozen" => group.frozen = true,
                Some(("lr", value)) => group.lr = number(value)?,
                Some(("weight-decay", value)) => group.weight_decay = Some(number(value)? as f32),
                _ => return Err(wrong(format!("{option:?} is nothing that a group has"))),
            }
        }
        group.check()?;
        Ok(group)
    }
}

/// The first group of a path.
pub fn group_of<'g>(groups: &'g [Group], path: &str) -> Option<&'g Group> {
    groups.iter().find(|group| fits(&group.pattern, path))
}

/// Whether a pattern fits a path.
pub fn fits(pattern: &str, path: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == path };
    let Some(mut left) = path.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        // The earliest place leaves the most for what follows.
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(end)
}

/// Checks that every pattern fits a parameter, and that something is left to learn of those that
/// `can_learn`.
///
/// # Errors
/// [`Error::NoMatch`] with all paths; [`Error::NothingLearns`].
pub fn check(
    groups: &[Group],
    parameters: &[Parameter],
    can_learn: impl Fn(&Parameter) -> bool,
) -> Result<(), Error> {
    for Group { pattern, .. } in groups {
        if !parameters.iter().any(|parameter| fits(pattern, &parameter.path)) {
            return Err(Error::NoMatch { pattern: pattern.clone(), known: known(parameters) });
        }
    }
    let learns = |parameter: &Parameter| {
        !group_of(groups, &parameter.path).is_some_and(|group| group.frozen)
    };
    match parameters.iter().any(|parameter| can_learn(parameter) && learns(parameter)) {
        true => Ok(()),
        false => Err(Error::NothingLearns),
    }
}

/// All paths, a line each; those that blocks have in common once.
fn known(parameters: &[Parameter]) -> String {
    let mut lines: Vec<(String, Option<usize>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for Parameter { path, .. } in parameters {
        let block = depth::block(path);
        let line = match block {
            Some(i) => path.replacen(&format!("blocks.{i}."), "blocks.N.", 1),
            None => path.clone(),
        };
        let place = *places.entry(line.clone()).or_insert(lines.len());
        match lines.get_mut(place) {
            Some((_, last)) => *last = block,
            None => lines.push((line, block)),
        }
    }
    let lines = lines.into_iter().map(|(line, last)| match last {
        Some(last) => format!("  {line}  (N from 0 to {last})"),
        None => format!("  {line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The module with those of its parameters frozen whose group is: they cost neither gradients nor
/// memory.
pub fn freeze<M: Module>(module: M, groups: &[Group]) -> M {
    if !groups.iter().any(|group| group.frozen) {
        return module;
    }
    module.map(&mut Freezing { groups, path: Vec::new() })
}

struct Freezing<'a> {
    groups: &'a [Group],
    path: Vec<String>,
}

impl ModuleMapper for Freezing<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let group = group_of(self.groups, &self.path.join("."));
        if group.is_some_and(|group| group.frozen) { param.set_require_grad(false) } else { param }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_run_of_characters() {
        for (pattern, path) in [
            ("*", ""),
            ("head", "head"),
            ("blocks.0.*", "blocks.0.attention.qkv.weight"),
            ("*.bias", "blocks.3.feed_forward.up.bias"),
            ("*norm*", "final_norm.gain"),
            ("blocks.*.attention.*.weight", "blocks.1.attention.out.weight"),
            ("a*a*a", "aaa"),
            ("*a*", "a"),
            ("**", "x"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("", "head"),
            ("hea", "head"),
            ("ead", "head"),
            ("blocks.1.*", "blocks.11.x"),
            ("a*a", "a"),
            ("a*a*a", "aa"),
            ("*bias", "bias.x"),
        ] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn groups_are_read_as_people_write_them() {
        let group: Group = "blocks.0.*:lr=0.1,weight-decay=0".parse().unwrap();
        assert_eq!(group, Group { lr: 0.1, weight_decay: Some(0.0), ..Group::of("blocks.0.*") });
        assert_eq!("*.bias:frozen".parse::<Group>().unwrap(), Group::frozen("*.bias"));
        for (text, words) in [
            ("head", "no : in it"),
            ("head:lr=fast", "\"fast\" is no number"),
            ("head:lr=nan", "no number"),
            ("head:speed=1", "nothing that a group has"),
            ("head:lr=-1", "from 0"),
            ("head:weight-decay=1000", "below 100"),
        ] {
            let message = text.parse::<Group>().unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
        let json = serde_json::to_string(&group).unwrap();
        assert_eq!(serde_json::from_str::<Group>(&json).unwrap(), group);
    }

    fn parameter(path: &str) -> Parameter {
        Parameter { path: path.into(), shape: vec![2], stack: None }
    }

    #[test]
    fn a_pattern_without_a_parameter_is_refused_with_all_paths() {
        let paths = ["embedding.tokens", "blocks.0.norm.gain", "blocks.1.norm.gain", "head"];
        let parameters: Vec<Parameter> = paths.iter().map(|path| parameter(path)).collect();
        let check = |patterns: &[&str]| {
            let groups: Vec<Group> = patterns.iter().map(|p| Group::frozen(p)).collect();
            check(&groups, &parameters, |_| true)
        };
        check(&["blocks.*", "head"]).unwrap();
        let message = check(&["head", "blocks.2.*"]).unwrap_err().to_string();
        for words in ["\"blocks.2.*\"", "embedding.tokens", "blocks.N.norm.gain  (N from 0 to 1)"] {
            assert!(message.contains(words), "{message}");
        }
        assert_eq!(check(&["*"]), Err(Error::NothingLearns));
    }

    #[test]
    fn the_first_group_that_fits_counts() {
        let groups = [Group::frozen("a*"), Group { lr: 2.0, ..Group::of("*") }];
        assert!(group_of(&groups, "ab").unwrap().frozen);
        assert_eq!(group_of(&groups, "b").unwrap().lr, 2.0);
        assert!(group_of(&groups[..1], "b").is_none());
    }
}
