//! Options of a command from three places: the command line, else the environment, else a file.
//!
//! Every option `--some-thing` of such a command is the variable `LYCEUM_COMMAND_SOME_THING` too, and the key
//! `some-thing` of the TOML file that `--config` names: a value, a list where an option may be given again, true
//! or false where it takes no value. What is found goes where it would have stood on the command line, so that
//! it is read and checked as that is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

/// The commands whose options come from there.
const LAYERED: [&str; 1] = ["serve"];
/// The option that names the file.
const CONFIG: &str = "config";

/// What the command line says, with what the environment and a file say beside it.
///
/// # Errors
/// As the command line's own errors.
pub(crate) fn matches(
    command: &mut Command,
    mut words: Vec<OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<ArgMatches, clap::Error> {
    let matches = command.try_get_matches_from_mut(&words)?;
    let Some((name, said)) = matches.subcommand() else { return Ok(matches) };
    if !LAYERED.contains(&name) {
        return Ok(matches);
    }
    let wrong =
        |command: &mut Command, message: String| command.error(ErrorKind::ValueValidation, message);
    let own = command.find_subcommand(name).cloned().unwrap_or_default();
    let mut more = Vec::new();
    let mut file = Vec::new();
    let named = said.get_one::<PathBuf>(CONFIG).cloned();
    let named = named.or_else(|| variable(&variable_of(name, CONFIG)).map(PathBuf::from));
    if let Some(path) = &named {
        file = read(path, &own).map_err(|message| wrong(command, message))?;
    }
    for arg in options(&own) {
        let Some(long) = arg.get_long() else { continue };
        let is_said = said.value_source(arg.get_id().as_str());
        if is_said.is_some_and(|source| source != ValueSource::DefaultValue) || long == CONFIG {
            continue;
        }
        let key = variable_of(name, long);
        let found = match variable(&key) {
            Some(text) => word(arg, &key, &text.into()),
            None => {
                let values = file.iter().find(|(key, _)| key == long).map(|(_, value)| value);
                values.map_or(Ok(Vec::new()), |value| word(arg, long, value))
            }
        };
        more.extend(found.map_err(|message| wrong(command, message))?);
    }
    if more.is_empty() {
        return Ok(matches);
    }
    words.extend(more);
    command.try_get_matches_from_mut(words)
}

/// The options of a command, its own and those of all commands.
fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    let plain = ["help", "version"];
    command.get_arguments().filter(move |arg| !plain.contains(&arg.get_id().as_str()))
}

/// `LYCEUM_SERVE_MAX_BODY` of `serve` and `max-body`.
fn variable_of(command: &str, long: &str) -> String {
    format!("LYCEUM_{command}_{long}").replace('-', "_").to_ascii_uppercase()
}

/// What a file says, by option.
fn read(path: &Path, command: &Command) -> Result<Vec<(String, toml::Value)>, String> {
    let shown = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let table: toml::Table = text.parse().map_err(|error| format!("{shown}: {error}"))?;
    let known: Vec<&str> = options(command).filter_map(Arg::get_long).collect();
    let entries = table.into_iter().map(|(key, value)| {
        let long = key.replace('_', "-");
        match known.contains(&long.as_str()) && long != CONFIG {
            true => Ok((long, value)),
            false => Err(format!(
                "{shown}: there is no option {key:?}; the options are those of `lyceum {} --help`, without the dashes",
                command.get_name()
            )),
        }
    });
    entries.collect()
}

/// An option as words of the command line.
fn word(arg: &Arg, key: &str, value: &toml::Value) -> Result<Vec<OsString>, String> {
    let long = arg.get_long().unwrap_or_default();
    let with = |text: String| OsString::from(format!("--{long}={text}"));
    let takes_value = arg.get_action().takes_values();
    let text = |value: &toml::Value| match value {
        toml::Value::String(text) => Ok(with(text.clone())),
        toml::Value::Integer(number) => Ok(with(number.to_string())),
        toml::Value::Float(number) => Ok(with(number.to_string())),
        other => Err(format!("{key} is a text or a number, got {}", other.type_str())),
    };
    match value {
        toml::Value::Array(list) if matches!(arg.get_action(), ArgAction::Append) => {
            list.iter().map(text).collect()
        }
        value if takes_value => Ok(vec![text(value)?]),
        toml::Value::Boolean(said) => {
            Ok(if *said { vec![format!("--{long}").into()] } else { Vec::new() })
        }
        // As variables say it.
        toml::Value::String(said) => match said.as_str() {
            "true" | "1" => Ok(vec![format!("--{long}").into()]),
            "false" | "0" | "" => Ok(Vec::new()),
            other => Err(format!("{key} is true or false, got {other:?}")),
        },
        other => Err(format!("{key} is true or false, got {}", other.type_str())),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::matches;
    use crate::cmd::{Command, Lyceum};

    /// What is read of words, variables and a file, shown.
    fn shown(words: &str, variables: &[(&str, &str)], file: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serve.toml");
        std::fs::write(&path, file).unwrap();
        let words = words.replace("FILE", path.to_str().unwrap());
        let words = words.split_whitespace().map(Into::into).collect();
        let variable = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, text)| text.to_string())
        };
        let matches = matches(&mut Lyceum::command(), words, variable);
        let matches = matches.map_err(|error| error.to_string())?;
        let lyceum = Lyceum::from_arg_matches(&matches).map_err(|error| error.to_string())?;
        match lyceum.command {
            Command::Serve(args) => {
                let shown = format!("{args:?} {:?}", lyceum.global);
                Ok(shown.replace(path.to_str().unwrap(), "FILE"))
            }
            other => Ok(format!("{other:?}")),
        }
    }

    #[test]
    fn the_command_line_goes_before_the_environment_and_that_before_the_file() {
        let file =
            "port = 1\nqueue = 7\nmax_body = 9\nforget = true\nmodel = [\"a\", \"b\"]\nthreads = 2";
        let words = "lyceum serve --config FILE --port 3";
        let variables = [("LYCEUM_SERVE_PORT", "2"), ("LYCEUM_SERVE_QUEUE", "8")];
        let shown = shown(words, &variables, file).unwrap();
        for part in [
            "port: 3,",
            "queue: 8,",
            "max_body: 9",
            "forget: true",
            "[\"a\", \"b\"]",
            "threads: Some(2)",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn a_variable_may_name_the_file_and_switch() {
        let none = shown("lyceum serve", &[("LYCEUM_SERVE_CONFIG", "/no/such/file")], "");
        assert!(none.unwrap_err().contains("cannot read /no/such/file"));
        let on = shown("lyceum serve", &[("LYCEUM_SERVE_FORGET", "true")], "").unwrap();
        assert!(on.contains("forget: true"), "{on}");
    }

    #[test]
    fn the_file_that_explains_all_options_names_only_such() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/serve.toml");
        let text = std::fs::read_to_string(path).unwrap();
        // Every line that is commented out is an option with its usual value, or an example.
        let options = |kind: fn(&&str) -> bool| {
            let keys = text.lines().filter_map(|line| line.strip_prefix('#'));
            let keys = keys.filter(|line| line.contains(" = ")).filter(kind).collect::<Vec<_>>();
            assert!(keys.len() > 10, "{keys:?}");
            shown("lyceum serve --config FILE", &[], &keys.join("\n"))
        };
        let without = shown("lyceum serve --config FILE", &[], "");
        assert_eq!(options(|line| !line.contains("# for example")), without);
        let examples = options(|line| line.contains("# for example"));
        assert!(examples.as_ref().is_ok_and(|shown| shown.contains("300")), "{examples:?}");
    }

    #[test]
    fn other_commands_are_left_alone() {
        let shown = shown("lyceum runs list", &[("LYCEUM_SERVE_PORT", "x")], "");
        assert!(shown.is_ok(), "{shown:?}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |file: &str, words: &str| {
            let error = shown("lyceum serve --config FILE", &[], file).unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        check("port = \"x\"", "invalid value 'x' for '--port");
        check("prot = 1", "there is no option \"prot\"");
        check("forget = 3", "forget is true or false");
        check("port = [1]", "port is a text or a number, got array");
        check("port = ", "serve.toml");
        check("config = \"x\"", "there is no option");
        let variables = [("LYCEUM_SERVE_FORGET", "perhaps")];
        let error = shown("lyceum serve", &variables, "").unwrap_err();
        assert!(error.contains("LYCEUM_SERVE_FORGET is true or false"), "{error}");
    }
}
