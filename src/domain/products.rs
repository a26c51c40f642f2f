//! Cloud products, and the words by which they are known.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::{
    etags::Etag,
    names::{checked_texts, name},
};
use crate::{
    clock::Time,
    error::{Error, Reason, Rule, Violations},
};

/// What it is called where a refusal names one.
pub const KIND: &str = "muster.v1.Product";
/// How many aliases a product may have.
pub const MAX_ALIASES: usize = 20;
/// The characters of an id at most.
const MAX_ID: usize = 40;

checked_texts! {
    /// A product's id: 1 to 40 of `[a-z0-9-]`, neither beginning nor ending with `-`.
    pub struct ProductId = product_id;
    /// A product's name or one of its aliases, by the rules of names.
    pub struct ProductName = name;
}

fn product_id(text: &str) -> Result<String, Rule> {
    if text.is_empty() {
        return Err(Rule::Required);
    }
    if text.len() > MAX_ID {
        return Err(Rule::TooLong);
    }
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = text.starts_with('-') || text.ends_with('-');
    if ends || !text.bytes().all(is_known) {
        return Err(Rule::Malformed);
    }
    Ok(text.to_owned())
}

/// A cloud product.
#[derive(Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub display_name: ProductName,
    /// Other names, as they were typed, in the order of their normal forms.
    pub aliases: Vec<ProductName>,
    /// When it was made.
    pub create_time: Time,
    /// When it last changed.
    pub update_time: Time,
}

impl Product {
    /// Changes whenever the product does.
    #[must_use]
    pub fn etag(&self) -> String {
        let mut etag = Etag::new()
            .text(self.id.as_str())
            .text(self.display_name.as_str())
            .time(Some(self.create_time))
            .time(Some(self.update_time));
        for alias in &self.aliases {
            etag = etag.text(alias.as_str());
        }
        etag.finish()
    }

    /// The normal forms by which it is found, each with the alias that it is one of; id and name have none.
    #[must_use]
    pub fn words(&self) -> Vec<(String, Option<&ProductName>)> {
        let mut words = vec![(self.id.as_str().to_owned(), None)];
        let shown = key(self.display_name.as_str());
        if shown != words[0].0 {
            words.push((shown, None));
        }
        let aliases = self.aliases.iter();
        words.extend(aliases.map(|alias| (key(alias.as_str()), Some(alias))));
        words
    }
}

/// The normal form of a word for a product: without its case, in NFC, each stretch of white space one blank.
#[must_use]
pub fn key(word: &str) -> String {
    // By way of capitals, since some have more small forms than one.
    let small: String = word.to_uppercase().to_lowercase().nfc().collect();
    small.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the aliases of a product: each once, and none that the product is known by anyway.
pub fn aliases(
    (id, shown): (Option<&ProductId>, Option<&ProductName>),
    texts: &[String],
    violations: &mut Violations,
) -> Vec<ProductName> {
    let field = "product.aliases";
    if texts.len() > MAX_ALIASES {
        violations.add(field, Rule::TooMany);
        return Vec::new();
    }
    let known = [
        id.map(|id| id.as_str().to_owned()),
        shown.map(|name| key(name.as_str())),
    ];
    let mut seen: BTreeSet<String> = known.into_iter().flatten().collect();
    let mut all = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let place = format!("{field}[{index}]");
        if let Some(alias) = violations.take(ProductName::parse(&place, text)) {
            if seen.insert(key(alias.as_str())) {
                all.push(alias);
            } else {
                violations.add(place, Rule::Duplicate);
            }
        }
    }
    all.sort_by_key(|alias| key(alias.as_str()));
    all
}

/// The refusal of a product that there is not.
#[must_use]
pub fn missing(word: &str) -> Error {
    Error::not_found(Reason::ProductNotFound, KIND, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_short_plain_word() {
        for text in ["acc", "bim-360", "0", &"a".repeat(40)] {
            assert_eq!(product_id(text).as_deref(), Ok(text));
        }
        for (text, rule) in [
            ("", Rule::Required),
            ("ACC", Rule::Malformed),
            ("-acc", Rule::Malformed),
            ("acc-", Rule::Malformed),
            ("a c", Rule::Malformed),
            ("ä", Rule::Malformed),
            (&"a".repeat(41), Rule::TooLong),
        ] {
            assert_eq!(product_id(text), Err(rule), "{text}");
        }
    }

    #[test]
    fn words_that_differ_in_case_and_blanks_only_are_one() {
        assert_eq!(key("BIM  360"), "bim 360");
        assert_eq!(key("ShotGrid"), key("SHOTGRID"));
        assert_ne!(key("BIM 360"), key("BIM360"));
    }

    #[test]
    fn an_alias_is_named_once() {
        let id = ProductId::parse("id", "acc").unwrap();
        let shown = ProductName::parse("name", "Construction Cloud").unwrap();
        let texts = ["Docs", "docs ", "ACC", "construction  cloud", "<b>"].map(str::to_owned);
        let mut violations = Violations::new();
        let read = aliases((Some(&id), Some(&shown)), &texts, &mut violations);
        assert_eq!(read.len(), 1);
        let broken: Vec<_> = violations.into_vec();
        let rules: Vec<Rule> = broken.iter().map(|one| one.rule).collect();
        let expected = [Rule::Duplicate, Rule::Duplicate, Rule::Duplicate];
        assert_eq!(rules[..3], expected);
        assert_eq!(rules[3], Rule::LooksLikeLink);
        let many = vec!["a".to_owned(); MAX_ALIASES + 1];
        let mut violations = Violations::new();
        aliases((None, None), &many, &mut violations);
        assert_eq!(violations.into_vec()[0].rule, Rule::TooMany);
    }

    #[test]
    fn a_product_is_found_by_id_name_and_aliases() {
        let name = |text: &str| ProductName::parse("name", text).unwrap();
        let product = Product {
            id: ProductId::parse("id", "fusion").unwrap(),
            display_name: name("Fusion"),
            aliases: vec![name("Fusion 360")],
            create_time: Time::UNIX_EPOCH,
            update_time: Time::UNIX_EPOCH,
        };
        let words: Vec<_> = product.words().into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, ["fusion", "fusion 360"]);
    }
}
