//! The languages that letters are written in, and how each writes a moment.

use chrono::{Datelike, Timelike};

use crate::clock::Time;

/// A language that has templates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Locale {
    En,
    Uk,
}

impl Locale {
    #[cfg(test)]
    pub(super) const ALL: [Self; 2] = [Self::En, Self::Uk];

    /// The locale for a BCP 47 tag: its primary subtag's, English for what we do not speak.
    pub(super) fn of(language: &str) -> Self {
        let primary = language.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("uk") {
            Self::Uk
        } else {
            Self::En
        }
    }

    /// The locale's own tag.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Uk => "uk",
        }
    }

    /// A moment for people, such as `30 November 2026, 14:05 UTC`.
    ///
    /// Seconds are cut, not rounded: the letter may promise less time than there is, never more.
    pub(super) fn moment(self, time: Time) -> String {
        let (day, year) = (time.day(), time.year());
        let month = self.month(time.month0());
        let clock = format!("{:02}:{:02} UTC", time.hour(), time.minute());
        match self {
            Self::En => format!("{day} {month} {year}, {clock}"),
            Self::Uk => format!("{day} {month} {year} року, {clock}"),
        }
    }

    /// The month's name, counted from 0, in the form that follows a day.
    fn month(self, month0: u32) -> &'static str {
        let names = match self {
            Self::En => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Self::Uk => [
                "січня",
                "лютого",
                "березня",
                "квітня",
                "травня",
                "червня",
                "липня",
                "серпня",
                "вересня",
                "жовтня",
                "листопада",
                "грудня",
            ],
        };
        names[month0 as usize % names.len()]
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn the_primary_subtag_chooses_and_english_is_the_rest() {
        for (tag, locale) in [
            ("uk", "uk"),
            ("uk-UA", "uk"),
            ("UK-Cyrl-UA", "uk"),
            ("en-GB", "en"),
            ("ukx", "en"),
            ("pl", "en"),
            ("", "en"),
        ] {
            assert_eq!(Locale::of(tag).tag(), locale, "{tag}");
        }
    }

    #[test]
    fn moments_read_as_people_write_them() {
        let time = Utc
            .with_ymd_and_hms(2026, 11, 30, 14, 5, 59)
            .single()
            .expect("a time");
        assert_eq!(Locale::En.moment(time), "30 November 2026, 14:05 UTC");
        assert_eq!(Locale::Uk.moment(time), "30 листопада 2026 року, 14:05 UTC");
    }
}
