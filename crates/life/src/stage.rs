//! The stages, one file each, in their order.

pub mod tokenizer;

pub mod tokens;

pub mod pretrain;

pub mod samples;

pub mod report;
