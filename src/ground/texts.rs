//! Everything that a person reads, in English and in French.
//!
//! The texts are written in [Fluent](https://projectfluent.org) under `assets/locales/{en,fr}/`, one file for each
//! voice (the form, the client, the server, …), and are compiled into the program. The French ones keep the sentences of the
//! program that this project grew out of wherever it had one.
//!
//! No text is ever put together from pieces in the code: a sentence with a number or a name in it is one text with a
//! variable, because languages order and inflect differently.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

pub use fluent_bundle::FluentValue as Value;

/// One file of texts in each language.
struct Resource {
    #[cfg(test)]
    file: &'static str,
    english: &'static str,
    french: &'static str,
}

macro_rules! resources {
    ($($file:literal),* $(,)?) => {
        &[$(Resource {
            #[cfg(test)]
            file: $file,
            english: include_str!(concat!("../../assets/locales/en/", $file)),
            french: include_str!(concat!("../../assets/locales/fr/", $file)),
        }),*]
    };
}

/// The files, by who speaks in them.
const RESOURCES: &[Resource] =
    resources!["cli.ftl", "client.ftl", "form.ftl", "ground.ftl", "help.ftl", "plain.ftl", "screen.ftl", "server.ftl"];

/// A language that the texts are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, the one that is taken when nothing else is asked for.
    #[default]
    English,
    /// French, the language of the program that this one grew out of.
    French,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: &[Self] = &[Self::English, Self::French];

    /// The language of a tag as environments (`fr_FR.UTF-8`), flags (`fr`) and IRC's `LANGUAGE` (`fr-CA`) write it, if
    /// there are texts in it. `C` and `POSIX` mean English.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['_', '-', '.', '@']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "en" | "c" | "posix" => Some(Self::English),
            "fr" => Some(Self::French),
            _ => None,
        }
    }

    /// The language that an environment asks for: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set decides,
    /// as POSIX has it; English when there are no texts in that language.
    ///
    /// `variable` reads one variable; programs give `|name| std::env::var(name).ok()`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(variable)
            .find(|value| !value.is_empty())
            .and_then(|value| Self::from_tag(&value))
            .unwrap_or_default()
    }

    /// The tag as BCP 47 writes it: `en`, `fr`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    fn identifier(self) -> LanguageIdentifier {
        // Both tags are well formed; the default, `und`, would only cost the plural rules.
        self.tag().parse().unwrap_or_default()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.tag())
    }
}

type Bundle = FluentBundle<FluentResource>;

/// The texts of one language. A clone shares them and costs nothing.
#[derive(Clone)]
pub struct Texts {
    language: Language,
    bundle: Arc<Bundle>,
}

/// Reads the texts of a language.
fn read(language: Language) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
    // Isolation marks are invisible characters of width 0 around each variable. They would stand in logs, in lines on the
    // wire and in screen columns, and neither language is written from right to left.
    bundle.set_use_isolating(false);
    for resource in RESOURCES {
        let source = match language {
            Language::English => resource.english,
            Language::French => resource.french,
        };
        // A fault in a file is found by the tests below; a program that runs says what can be read of it.
        let parsed = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(parsed, _)| parsed);
        let _ = bundle.add_resource(parsed);
    }
    bundle
}

impl Texts {
    /// The texts of a language.
    pub fn new(language: Language) -> Self {
        // Read once in a program: servers that start over, and tests, have many of these.
        static ENGLISH: OnceLock<Arc<Bundle>> = OnceLock::new();
        static FRENCH: OnceLock<Arc<Bundle>> = OnceLock::new();
        let known = match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
        };
        Self { language, bundle: Arc::clone(known.get_or_init(|| Arc::new(read(language)))) }
    }

    /// The language of these texts.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text of an id, for texts without variables. An unknown id is shown as it is.
    pub fn get<'a>(&'a self, id: &'a str) -> Cow<'a, str> {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return Cow::Borrowed(id);
        };
        self.bundle.format_pattern(pattern, None, &mut Vec::new())
    }

    /// The text of an id with its variables filled in: `texts.format("unread", &[("count", 3.into())])`.
    ///
    /// An unknown id is shown as it is, a missing variable as `{$name}`.
    pub fn format(&self, id: &str, variables: &[(&str, Value<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        let arguments: FluentArgs<'_> = variables.iter().map(|(name, value)| (*name, value.clone())).collect();
        self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }

    /// Whether there is a text of this id.
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Texts").field("language", &self.language).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The ids of a file with the variables that each names.
    fn outline(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut messages = BTreeMap::new();
        let mut current = None;
        for line in source.lines() {
            if line.starts_with('#') {
                continue;
            }
            if line.starts_with(|first: char| first.is_ascii_alphabetic() || first == '-') {
                let (id, _) = line.split_once('=').expect("a line at the margin begins a text");
                let previous = messages.insert(id.trim().to_owned(), BTreeSet::new());
                assert!(previous.is_none(), "{id} stands twice");
                current = Some(id.trim().to_owned());
            }
            let Some(current) = &current else { continue };
            for rest in line.split('$').skip(1) {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
                messages.get_mut(current).expect("inserted above").insert(rest[..end].to_owned());
            }
        }
        messages
    }

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_variables() {
        let mut faults = Vec::new();
        let mut home = BTreeMap::new();
        for resource in RESOURCES {
            let (english, french) = (outline(resource.english), outline(resource.french));
            let ids: BTreeSet<_> = english.keys().chain(french.keys()).collect();
            for id in ids {
                if let Some(other) = home.insert(id.clone(), resource.file) {
                    faults.push(format!("{id}: in {other} and in {}", resource.file));
                }
                match (english.get(id), french.get(id)) {
                    (Some(_), None) => faults.push(format!("{id}: not in fr/{}", resource.file)),
                    (None, Some(_)) => faults.push(format!("{id}: not in en/{}", resource.file)),
                    (Some(e), Some(f)) if e != f => faults.push(format!("{id}: en has {e:?}, fr has {f:?}")),
                    _ => {}
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn every_file_is_well_formed_and_every_text_can_be_formatted() {
        for language in Language::ALL {
            let texts = Texts::new(*language);
            for resource in RESOURCES {
                let source = if *language == Language::English { resource.english } else { resource.french };
                if let Err((_, errors)) = FluentResource::try_new(source.to_owned()) {
                    panic!("{language}/{}: {errors:?}", resource.file);
                }
                for (id, variables) in outline(source) {
                    let mut arguments = FluentArgs::new();
                    variables.iter().for_each(|name| arguments.set(name.clone(), 2));
                    let pattern = texts.bundle.get_message(&id).and_then(|message| message.value());
                    let pattern = pattern.unwrap_or_else(|| panic!("{language}: {id} has no text"));
                    let mut errors = Vec::new();
                    let text = texts.bundle.format_pattern(pattern, Some(&arguments), &mut errors);
                    assert!(errors.is_empty() && !text.trim().is_empty(), "{language}: {id}: {errors:?}");
                }
            }
        }
    }

    #[test]
    fn the_folders_hold_no_file_that_is_not_compiled_in() {
        for language in Language::ALL {
            let folder = format!("{}/assets/locales/{language}", env!("CARGO_MANIFEST_DIR"));
            for entry in std::fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(
                    RESOURCES.iter().any(|resource| resource.file == name),
                    "{language}/{name} is not in RESOURCES"
                );
            }
        }
    }

    #[test]
    fn speaks_both_languages() {
        let (english, french) = (Texts::new(Language::English), Texts::new(Language::French));
        assert_eq!(english.get("server-greeting"), "the connection is well established");
        assert_eq!(french.get("server-greeting"), "la connexion est bien établie");
        let name = [("name", "romain".into())];
        assert_eq!(french.format("server-log-refused", &name), "la connexion est refusée pour romain");
    }

    #[test]
    fn an_unknown_id_shows_itself() {
        let texts = Texts::new(Language::English);
        assert_eq!(texts.get("no-such-text"), "no-such-text");
        assert_eq!(texts.format("no-such-text", &[]), "no-such-text");
        assert!(!texts.has("no-such-text"));
    }

    #[test]
    fn texts_are_shared_between_threads() {
        fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
        shared(&Texts::new(Language::French));
    }

    #[test]
    fn tags_of_environments_and_flags() {
        for (tag, language) in [
            ("fr", Some(Language::French)),
            ("fr_FR.UTF-8", Some(Language::French)),
            ("FR-ca", Some(Language::French)),
            ("en_GB.UTF-8@euro", Some(Language::English)),
            ("C.UTF-8", Some(Language::English)),
            ("POSIX", Some(Language::English)),
            ("de_DE", None),
            ("french", None),
            ("", None),
        ] {
            assert_eq!(Language::from_tag(tag), language, "{tag}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let environment = |pairs: &'static [(&str, &str)]| {
            Language::from_environment(|name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(environment(&[]), Language::English);
        assert_eq!(environment(&[("LANG", "fr_FR.UTF-8")]), Language::French);
        assert_eq!(environment(&[("LC_ALL", ""), ("LANG", "fr_FR.UTF-8")]), Language::French);
        assert_eq!(environment(&[("LC_ALL", "C"), ("LANG", "fr_FR.UTF-8")]), Language::English);
        assert_eq!(environment(&[("LC_MESSAGES", "fr"), ("LANG", "en")]), Language::French);
        assert_eq!(environment(&[("LANG", "de_DE.UTF-8")]), Language::English);
    }
}
