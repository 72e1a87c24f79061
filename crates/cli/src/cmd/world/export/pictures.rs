//! A folder of pictures: PNG files by number, and beside them `captions.jsonl`, a line each with
//! `file_name`, the caption as `text`, and what is true of the picture.
//!
//! The folder is filled under another name and renamed when it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use world::picture::SIDE;

use super::Stream;

const CAPTIONS: &str = "captions.jsonl";

/// Whether a folder is an earlier export or empty: nothing else is ever replaced or removed.
pub(super) fn may_replace(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let number = name.strip_suffix(".png").unwrap_or_default();
        let is_picture = number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_ours = (name == CAPTIONS || is_picture) && entry.file_type()?.is_file();
        if !is_ours {
            let folder = folder.display();
            let reason = format!(
                "{folder} holds {name}, which no export of pictures made; move it, or give another name"
            );
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, reason));
        }
    }
    Ok(())
}

pub(super) fn write(folder: &Path, stream: &mut Stream<'_>) -> io::Result<()> {
    let partial = sibling(folder, "partial");
    clear(&partial)?;
    let filled = fill(&partial, stream).and_then(|()| put(&partial, folder));
    if filled.is_err() {
        // The first error is the one to report; a leftover is cleared by the next export.
        let _ = clear(&partial);
    }
    filled
}

fn fill(folder: &Path, stream: &mut Stream<'_>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut captions = BufWriter::new(File::create(folder.join(CAPTIONS))?);
    while let Some(sample) = stream.next()? {
        let name = format!("{:06}.png", sample.id);
        let picture = stream.which.sampler.picture(sample.id);
        fs::write(folder.join(&name), png(&picture.pixels)?)?;
        let mut line = json!({"file_name": name});
        if let (Value::Object(line), Value::Object(sample)) =
            (&mut line, serde_json::to_value(&sample)?)
        {
            line.extend(sample);
        }
        writeln!(captions, "{line}")?;
    }
    captions.flush()?;
    captions.get_ref().sync_all()
}

/// The whole folder in its place, and the old one gone.
fn put(partial: &Path, folder: &Path) -> io::Result<()> {
    let old = sibling(folder, "partial-old");
    clear(&old)?;
    if folder.exists() {
        fs::rename(folder, &old)?;
    }
    fs::rename(partial, folder)?;
    clear(&old)
}

/// Away with what an export left, if there is any.
fn clear(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    may_replace(folder)?;
    fs::remove_dir_all(folder)
}

fn sibling(folder: &Path, end: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(end);
    folder.with_file_name(name)
}

/// Red, green and blue, eight bits each.
fn png(pixels: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_read_as_it_was_written() {
        let pixels: Vec<u8> = (0..SIDE * SIDE * 3).map(|i| (i * i % 251) as u8).collect();
        let bytes = png(&pixels).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().unwrap();
        let mut read = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut read).unwrap();
        assert_eq!((info.width, info.height), (SIDE as u32, SIDE as u32));
        assert_eq!(read, pixels);
    }

    #[test]
    fn only_an_earlier_export_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        may_replace(folder.path()).unwrap();
        for name in ["000000.png", CAPTIONS] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        may_replace(folder.path()).unwrap();
        fs::write(folder.path().join("thesis.doc"), "").unwrap();
        let error = may_replace(folder.path()).unwrap_err().to_string();
        assert!(error.contains("thesis.doc"), "{error}");
    }
}
