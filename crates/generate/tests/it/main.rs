//! Decoding against what others choose.

mod sampling;
