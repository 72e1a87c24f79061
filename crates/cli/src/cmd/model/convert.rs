//! `lyceum model convert`: the same model in other files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use figure::quantity;
use formats::gguf::Pair;
use formats::imatrix::Imatrix;
use model::Opened;
use model::convert::{to_folder, to_llama2c};
use model::gguf::{Form, told_of, untold};
use serde_json::json;
use tokenizer::Tokenizer;
use tokenizer::formats::Format;

use super::FormArgs;
use crate::host::Host;
use crate::{out, pick};

/// Write a model in other files: as a folder of safetensors, for llama.cpp, or for llama2.c
///
/// Numbers that keep their type keep their bits. What stands beside the weights comes along: the
/// tokenizer, the chat template, other settings of the config.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum model convert bard half --dtype bf16
  lyceum model convert Qwen/Qwen2.5-7B-Instruct small-files --shard-size 1G
  lyceum model convert old/ new/                         pytorch_model.bin to safetensors
  lyceum model convert stories260K.bin stories --tokenizer tok512.bin
  lyceum model convert stories stories.bin               back to llama2.c
  lyceum model convert bard bard.gguf --dtype q4_k_m     for llama.cpp and its kin
  lyceum model convert bard bard3.gguf --dtype q3_k_m --imatrix bard.imatrix.gguf
  lyceum model convert bard.gguf bard-again              and back")]
pub(crate) struct Args {
    /// A run, a model's folder, a pulled model, a GGUF or a llama2.c file
    #[arg(value_name = "MODEL")]
    from: String,
    /// Where it goes: a folder, a .gguf, or a .bin for llama2.c
    #[arg(value_name = "PATH")]
    to: PathBuf,
    #[command(flatten)]
    form: FormArgs,
    /// For GGUF: round such that least is lost where columns count; `lyceum model imatrix` makes such a file,
    /// and llama.cpp's, old or new, are read
    #[arg(long, value_name = "FILE")]
    imatrix: Option<PathBuf>,
    /// A tokenizer to go with it, in any format [default: the model's own]
    #[arg(long, value_name = "PATH")]
    tokenizer: Option<PathBuf>,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    let from = pick::model_path(host, &args.from)?;
    let opened = Opened::open(&from)?;
    let own = args.tokenizer.as_ref().map(|path| {
        let path = pick::tokenizer(host, path);
        let opened = Tokenizer::open(&path);
        opened.with_context(|| format!("cannot read the tokenizer {}", path.display()))
    });
    let own = own.transpose()?;
    if let Some(own) = &own {
        let (ids, rows) = (own.vocab_size(), opened.spec().vocab_size);
        ensure!(
            ids <= rows,
            "the tokenizer has {ids} ids, the model only {rows}: is it another's?"
        );
    }
    let ends_in = |ending: &str| args.to.extension().is_some_and(|extension| extension == ending);
    ensure!(
        args.imatrix.is_none() || ends_in("gguf"),
        "--imatrix is for a .gguf; other files hold numbers that are not rounded with it"
    );
    let n = opened.names()?.len() as u64;
    let mut progress = host.progress("convert", n);
    let mut done = 0;
    let mut step = || {
        done += 1;
        progress.set(done, format!("{done} of {n} tensors"));
        !host.interrupt.requested()
    };
    let written = if ends_in("bin") {
        as_llama2c(args, &opened, own.as_ref())
    } else if ends_in("gguf") {
        as_gguf(args, &opened, own.as_ref(), &mut step)
    } else {
        as_folder(args, &opened, own.as_ref(), &mut step)
    };
    host.go_on("nothing was written")?;
    written?;
    drop(progress);
    let n = opened.spec().n_params();
    if args.json {
        let family = &opened.spec().family;
        return Ok(out::line(json!({"to": args.to, "family": family, "parameters": n}))?);
    }
    let n = quantity::count(n as f64);
    Ok(out::line(format_args!("{n} parameters in {}", args.to.display()))?)
}

fn as_llama2c(args: &Args, opened: &Opened, own: Option<&Tokenizer>) -> Result<()> {
    let is_f32 = args.form.mixture().is_ok_and(|mixture| mixture.name() == "F32");
    ensure!(args.form.dtype.is_none() || is_f32, "a llama2.c file holds f32; leave out --dtype");
    super::ensure_new(&args.to)?;
    to_llama2c(opened, &args.to)?;
    if let Some(own) = own {
        let path = args.to.with_file_name("tokenizer.bin");
        own.save_as(&path, Format::Llama2c)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn as_folder(
    args: &Args,
    opened: &Opened,
    own: Option<&Tokenizer>,
    step: &mut dyn FnMut() -> bool,
) -> Result<()> {
    super::ensure_free(&args.to)?;
    to_folder(opened, &args.to, args.form.form()?, step)?;
    if opened.path().is_dir() {
        super::copy_beside(opened.path(), &args.to)?;
    }
    own.map_or(Ok(()), |own| write_tokenizer(own, &args.to))
}

/// With the tokenizer and the template that it comes with.
fn as_gguf(
    args: &Args,
    opened: &Opened,
    own: Option<&Tokenizer>,
    step: &mut dyn FnMut() -> bool,
) -> Result<()> {
    super::ensure_new(&args.to)?;
    let mixture = args.form.mixture()?;
    let folder = opened.path();
    let there = folder.join("tokenizer.json");
    let read = |path: &Path| {
        Tokenizer::open(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let of_folder = there.is_file().then(|| read(&there)).transpose()?;
    let mut beside = match own.or(of_folder.as_ref()) {
        Some(tokenizer) => words(tokenizer, &args.to)?,
        None if formats::gguf::Gguf::is_one(folder) => {
            formats::gguf::Gguf::open(folder)?.pairs(|key| key.starts_with("tokenizer."))
        }
        None => {
            eprintln!("note: the model has no tokenizer here; --tokenizer gives it one");
            Vec::new()
        }
    };
    let name = folder.file_stem().unwrap_or_default().to_string_lossy();
    let mut put = |key: &str, value: serde_json::Value| {
        if !beside.iter().any(|pair| pair.key == key) {
            beside.push(Pair::new(key, &value).map_err(anyhow::Error::msg)?);
        }
        Ok::<_, anyhow::Error>(())
    };
    put("general.name", json!(name))?;
    put("general.quantization_version", json!(2))?;
    if let Some(template) = template(folder)? {
        put("tokenizer.chat_template", json!(template))?;
    }
    let imatrix = args.imatrix.as_ref().map(|path| importance(path, opened)).transpose()?;
    if let Some((_, told)) = &imatrix {
        beside.extend(told.iter().cloned());
    }
    let form = Form { mixture, imatrix: imatrix.map(|(imatrix, _)| imatrix), beside };
    Ok(model::gguf::save_as(opened, &args.to, form, step)?)
}

/// An importance matrix, and what the file will say of it.
fn importance(path: &Path, opened: &Opened) -> Result<(Imatrix, Vec<Pair>)> {
    let imatrix = Imatrix::open(path)?;
    let untold = untold(opened.spec(), &imatrix)?;
    if let Some(first) = untold.first() {
        let n = untold.len();
        eprintln!("note: the importance matrix says nothing of {n} matrices, {first} the first");
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let told = told_of(&name, &imatrix)?;
    Ok((imatrix, told))
}

/// A tokenizer as metadata.
fn words(tokenizer: &Tokenizer, beside: &Path) -> Result<Vec<Pair>> {
    let mut name = beside.file_name().unwrap_or_default().to_os_string();
    name.push(".tokenizer");
    let path = beside.with_file_name(name);
    let written = tokenizer.save_as(&path, Format::Gguf);
    let pairs = written.map_err(anyhow::Error::from).and_then(|()| {
        Ok(formats::gguf::Gguf::open(&path)?.pairs(|key| key.starts_with("tokenizer.")))
    });
    let _ = std::fs::remove_file(&path); // It is ours, and there or not.
    pairs.context("the tokenizer cannot be said in a GGUF file")
}

/// The chat template of a folder.
fn template(folder: &Path) -> Result<Option<String>> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    if let Some(template) = read("chat_template.jinja") {
        return Ok(Some(template));
    }
    let config = read("tokenizer_config.json").map(|text| chat::TokenizerConfig::from_json(&text));
    Ok(config.transpose()?.and_then(|config| config.chat_template))
}

/// Writes a tokenizer, and which of its tokens begins and ends a text where nothing says so yet.
fn write_tokenizer(tokenizer: &Tokenizer, folder: &Path) -> Result<()> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        let written = stdx::atomic_file::write(&path, text.as_bytes());
        written.with_context(|| format!("cannot write {}", path.display()))
    };
    put("tokenizer.json", &tokenizer.to_json())?;
    // llama2.c has them between line breaks.
    let mark = |name: &str| tokenizer.specials().find(|(content, _)| content.trim() == name);
    let marks = mark("<s>").zip(mark("</s>"));
    let is_told = folder.join("tokenizer_config.json").exists();
    if let Some(((begin, first), (end, last))) = marks.filter(|_| !is_told) {
        put("tokenizer_config.json", &json!({"bos_token": begin, "eos_token": end}).to_string())?;
        // llama2.c ends where the next text would begin.
        let ids = json!({"bos_token_id": first, "eos_token_id": [last, first]});
        put("generation_config.json", &ids.to_string())?;
    }
    Ok(())
}
