//! Weight files. So far: [`safetensors`].
//!
//! Every file is hostile until it is parsed: offsets are checked against the file's length, sizes
//! are capped, nothing in it is run.
//!
//! ```
//! use formats::safetensors::{Entry, SafeTensors, write};
//! let path = std::env::temp_dir().join(format!("formats-{}.safetensors", std::process::id()));
//! write(&path, &[Entry::f32("w", &[2], &[1.0, 2.0])], &Default::default()).unwrap();
//! assert_eq!(SafeTensors::open(&path).unwrap().f32("w").unwrap(), [1.0, 2.0]);
//! std::fs::remove_file(&path).unwrap();
//! ```
//!
//! Must never know: architectures.

pub mod safetensors;
