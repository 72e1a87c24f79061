//! The stages, one file each, in their order.

pub mod tokenizer;

pub mod adopt;

pub mod tokens;

pub mod pretrain;

pub mod teaching;

pub mod lessons;

pub mod exam;

pub mod samples;

pub mod report;
