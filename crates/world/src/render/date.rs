//! A day of the year, for whoever dates what they write.
//!
//! A village has one calendar: a year of 365 days, of which the first is the same weekday always.

use serde::{Deserialize, Serialize};
use stdx::Rng;

const MONTHS: [(&str, u16); 12] = [
    ("January", 31),
    ("February", 28),
    ("March", 31),
    ("April", 30),
    ("May", 31),
    ("June", 30),
    ("July", 31),
    ("August", 31),
    ("September", 30),
    ("October", 31),
    ("November", 30),
    ("December", 31),
];

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Days in a year.
const YEAR: u16 = 365;

/// A quarter of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Season {
    Winter,
    Spring,
    Summer,
    Autumn,
}

/// A day, counted from the first of January, which is a Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date(u16);

impl Date {
    /// Any day of the year.
    pub fn draw(rng: &mut Rng) -> Self {
        Self(rng.below(u64::from(YEAR)) as u16)
    }

    /// The next day.
    pub fn next(self) -> Self {
        Self((self.0 + 1) % YEAR)
    }

    /// "Monday".
    pub fn weekday(self) -> &'static str {
        WEEKDAYS[usize::from(self.0 % 7)]
    }

    /// "May" and 3.
    pub fn month_and_day(self) -> (&'static str, u16) {
        let mut left = self.0;
        for (month, days) in MONTHS {
            if left < days {
                return (month, left + 1);
            }
            left -= days;
        }
        ("December", 31)
    }

    /// The season by the month.
    pub fn season(self) -> Season {
        let month = self.month_and_day().0;
        match MONTHS.iter().position(|m| m.0 == month) {
            Some(2..=4) => Season::Spring,
            Some(5..=7) => Season::Summer,
            Some(8..=10) => Season::Autumn,
            _ => Season::Winter,
        }
    }

    /// One of the ways to write it at the head of a page, with the weekday or without.
    pub(crate) fn written(self, manner: usize) -> String {
        let (month, day) = self.month_and_day();
        let weekday = self.weekday();
        let end = ordinal(day);
        match manner {
            0 => format!("{weekday}, the {day}{end} of {month}"),
            1 => format!("{weekday}, {month} {day}{end}"),
            2 => format!("{month} {day}, a {weekday}"),
            _ => format!("{weekday}, {day} {month}"),
        }
    }
}

/// How many manners there are.
pub(crate) const MANNERS: usize = 4;

fn ordinal(day: u16) -> &'static str {
    match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_year_have_their_names() {
        assert_eq!(Date(0).written(0), "Monday, the 1st of January");
        assert_eq!(Date(31 + 28).month_and_day(), ("March", 1));
        assert_eq!(Date(YEAR - 1).month_and_day(), ("December", 31));
        assert_eq!(Date(YEAR - 1).next(), Date(0));
        assert_eq!(Date(180).season(), Season::Summer);
        let all: std::collections::BTreeSet<String> =
            (0..YEAR).map(|day| Date(day).written(1)).collect();
        assert_eq!(all.len(), usize::from(YEAR));
    }
}
