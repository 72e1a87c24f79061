//! How a model writes its calls of tools: what it was taught, which its chat template tells.
//!
//! One file a dialect, one line in [`ALL`]. A dialect is data: where calls stand ([`Frame`]) and how
//! their JSON names the arguments. The grammar that makes calls and the reader that finds them both
//! come from it, so that what the one allows the other understands.
//!
//! Left out: forms that are no JSON (Python's, XML's), and calls of tools that a model has of itself
//! (`<|python_tag|>`).

mod hermes;
mod llama;
mod mistral;

pub use hermes::HERMES;
pub use llama::LLAMA;
pub use mistral::MISTRAL;

/// All dialects; a template speaks the first that knows it.
pub const ALL: [&Dialect; 3] = [&HERMES, &LLAMA, &MISTRAL];

/// How a model writes its calls.
#[derive(Debug)]
pub struct Dialect {
    /// Its name.
    pub name: &'static str,
    /// Whether a template of this source teaches it.
    is_of: fn(&str) -> bool,
    /// Where calls stand in an answer.
    pub(crate) frame: Frame,
    /// The key of the arguments in a call's object.
    pub(crate) arguments: &'static str,
    /// Whether one answer may hold several calls.
    pub(crate) is_parallel: bool,
    /// What a call's id looks like.
    id: Id,
}

/// Where calls stand in an answer. Marks may be special tokens of a tokenizer or plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Each between two marks, on a line of its own.
    Marked {
        /// Before it.
        open: &'static str,
        /// After it.
        close: &'static str,
    },
    /// All in one JSON list behind one mark.
    List {
        /// Before the list.
        mark: &'static str,
    },
    /// The answer is nothing but the call.
    Bare,
}

/// What a call's id looks like, where a template is particular about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Id {
    prefix: &'static str,
    /// Letters and digits behind it.
    len: usize,
}

impl Dialect {
    /// The dialect that a template of this source teaches.
    pub fn of(source: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|dialect| (dialect.is_of)(source))
    }

    /// An id for a call, in the form that this dialect's templates take, made of chance.
    pub fn call_id(&self, random: u64) -> String {
        const SIGNS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let (mut rest, mut id) = (random, self.id.prefix.to_string());
        for _ in 0..self.id.len {
            id.push(char::from(SIGNS[(rest % 62) as usize]));
            rest /= 62;
        }
        id
    }

    /// What turns an answer into calls, if there is such a mark.
    pub(crate) fn mark(&self) -> Option<&'static str> {
        match self.frame {
            Frame::Marked { open, .. } => Some(open),
            Frame::List { mark } => Some(mark),
            Frame::Bare => None,
        }
    }
}

/// There is one of each name.
impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// As long as chance allows.
const LONG: Id = Id { prefix: "call_", len: 10 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_that_templates_take() {
        for (dialect, len) in [(&HERMES, 15), (&LLAMA, 15), (&MISTRAL, 9)] {
            let ids: Vec<String> = [0, 1, u64::MAX].map(|random| dialect.call_id(random)).into();
            assert!(ids.iter().all(|id| id.len() == len), "{ids:?}");
            assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
        }
        assert!(MISTRAL.call_id(u64::MAX).chars().all(|c| c.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_template_tells_its_dialect() {
        let check = |source: &str, expected: Option<&Dialect>| {
            assert_eq!(Dialect::of(source), expected, "{source}");
        };
        let hermes =
            "<tool_call>\\n{\"name\": <function-name>, \"arguments\": <args>}\\n</tool_call>";
        check(hermes, Some(&HERMES));
        check("<tool_call>\\n<function=f>\\n<parameter=a>\\n</tool_call>", None);
        check("<tool_call>{{ name }}<arg_key>a</arg_key></tool_call>", None);
        check("'{\"name\": \"' + name + '\", ' }}{{ '\"parameters\": ' }} ipython", Some(&LLAMA));
        check("[TOOL_CALLS][{{ out[:-1] }}", Some(&MISTRAL));
        check("[TOOL_CALLS]{{ name }}[ARGS]{{ arguments }}", None);
        check(crate::DEFAULT_TEMPLATE, None);
        check("{{ message.content }}", None);
    }
}
