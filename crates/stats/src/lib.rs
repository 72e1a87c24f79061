//! How far what was measured may be from what is true.
//!
//! Reading order: [`proportion`] (shares of yes and no).
//!
//! ```
//! use stats::Proportion;
//! let share = Proportion::new(450, 500);
//! assert!(share.low < 0.9 && share.high > 0.9);
//! assert!(share.differs(&Proportion::new(300, 500)));
//! ```
//!
//! Must never know: models.
#![forbid(unsafe_code)]

pub mod proportion;

pub use proportion::Proportion;
