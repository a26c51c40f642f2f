//! The files that hold the letters' words, compiled into the binary.

use super::locale::Locale;
use crate::domain::letters::LetterKind;

/// What every HTML part stands in: `locale`, `subject`, `content`.
pub(super) const LAYOUT: &str = include_str!("templates/layout.html");

/// The templates of one letter in one language.
pub(super) struct Templates {
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) html: &'static str,
}

macro_rules! templates {
    ($letter:literal, $locale:literal) => {
        Templates {
            subject: include_str!(concat!("templates/", $letter, "/subject.", $locale, ".txt")),
            text: include_str!(concat!("templates/", $letter, "/body.", $locale, ".txt")),
            html: include_str!(concat!("templates/", $letter, "/body.", $locale, ".html")),
        }
    };
}

/// The templates of a letter.
pub(super) const fn of(kind: LetterKind, locale: Locale) -> Templates {
    match (kind, locale) {
        (LetterKind::Invitation, Locale::En) => templates!("invitation", "en"),
        (LetterKind::Invitation, Locale::Uk) => templates!("invitation", "uk"),
        (LetterKind::AddedToTeam, Locale::En) => templates!("added_to_team", "en"),
        (LetterKind::AddedToTeam, Locale::Uk) => templates!("added_to_team", "uk"),
        (LetterKind::NewLink, Locale::En) => templates!("new_link", "en"),
        (LetterKind::NewLink, Locale::Uk) => templates!("new_link", "uk"),
        (LetterKind::EmailChange, Locale::En) => templates!("email_change", "en"),
        (LetterKind::EmailChange, Locale::Uk) => templates!("email_change", "uk"),
        (LetterKind::EmailChangeNote, Locale::En) => templates!("email_change_note", "en"),
        (LetterKind::EmailChangeNote, Locale::Uk) => templates!("email_change_note", "uk"),
    }
}
