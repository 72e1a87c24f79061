//! English inflection: regular rules with their spelling, and the irregular forms.
//!
//! The rules cover the words of [`super::words`], not all of English.

/// Infinitive, past, participle; one form less where the last two agree.
const IRREGULAR_VERBS: &str = "be/was/been have/had do/did sing/sang/sung wake/woke/woken \
    sleep/slept run/ran/run sit/sat stand/stood hide/hid/hidden lie/lay/lain go/went/gone \
    come/came/come fall/fell/fallen rise/rose/risen shine/shone find/found lose/lost \
    break/broke/broken take/took/taken buy/bought sell/sold hold/held put/put eat/ate/eaten \
    cut/cut wear/wore/worn sew/sewed/sewn see/saw/seen meet/met teach/taught hear/heard feed/fed \
    catch/caught lead/led steal/stole/stolen grow/grew/grown draw/drew/drawn write/wrote/written \
    know/knew/known read/read forget/forgot/forgotten give/gave/given bring/brought send/sent \
    show/showed/shown lend/lent build/built tell/told begin/began/begun say/said think/thought";

const IRREGULAR_PLURALS: &str = "man/men woman/women child/children sheep/sheep goose/geese \
    mouse/mice wolf/wolves ox/oxen loaf/loaves fish/fish knife/knives scarf/scarves shelf/shelves \
    leaf/leaves potato/potatoes";

const IRREGULAR_DEGREES: &str = "good/better/best";

/// "children", "berries".
pub fn plural(noun: &str) -> String {
    irregular(IRREGULAR_PLURALS, noun, 1).map_or_else(|| with_s(noun), String::from)
}

/// "sings", "carries".
pub fn third_person(verb: &str) -> String {
    match verb {
        "be" => "is".to_string(),
        "have" => "has".to_string(),
        _ => with_s(verb),
    }
}

/// "sang", "carried".
pub fn past(verb: &str) -> String {
    irregular(IRREGULAR_VERBS, verb, 1).map_or_else(|| with_ed(verb), String::from)
}

/// "sung", "carried".
pub fn participle(verb: &str) -> String {
    irregular(IRREGULAR_VERBS, verb, 2)
        .or_else(|| irregular(IRREGULAR_VERBS, verb, 1))
        .map_or_else(|| with_ed(verb), String::from)
}

/// "singing", "lying".
pub fn progressive(verb: &str) -> String {
    if let Some(stem) = verb.strip_suffix("ie") {
        format!("{stem}ying")
    } else if let Some(stem) = verb.strip_suffix('e').filter(|s| !s.ends_with(['e', 'b'])) {
        format!("{stem}ing")
    } else {
        format!("{}ing", doubled(verb))
    }
}

/// "taller"; `None` if it takes "more".
pub fn comparative(adjective: &str) -> Option<String> {
    degree(adjective, 1, "er")
}

/// "tallest"; `None` if it takes "most".
pub fn superlative(adjective: &str) -> Option<String> {
    degree(adjective, 2, "est")
}

fn degree(adjective: &str, form: usize, ending: &str) -> Option<String> {
    if let Some(word) = irregular(IRREGULAR_DEGREES, adjective, form) {
        return Some(word.to_string());
    }
    if let Some(stem) = consonant_y(adjective) {
        return Some(format!("{stem}i{ending}"));
    }
    let stem = doubled(adjective);
    let long = syllables(adjective) > 1 && !matches!(adjective, "gentle" | "clever" | "quiet");
    (!long).then(|| format!("{}{ending}", stem.trim_end_matches('e')))
}

fn irregular(table: &'static str, word: &str, form: usize) -> Option<&'static str> {
    let row = table.split_whitespace().find(|row| row.split('/').next() == Some(word))?;
    row.split('/').nth(form)
}

fn with_s(word: &str) -> String {
    match consonant_y(word) {
        Some(stem) => format!("{stem}ies"),
        None if word.ends_with(['s', 'x', 'z']) => format!("{word}es"),
        None if word.ends_with("ch") || word.ends_with("sh") => format!("{word}es"),
        None if word == "go" || word == "do" => format!("{word}es"),
        None => format!("{word}s"),
    }
}

fn with_ed(verb: &str) -> String {
    match consonant_y(verb) {
        Some(stem) => format!("{stem}ied"),
        None if verb.ends_with('e') => format!("{verb}d"),
        None => format!("{}ed", doubled(verb)),
    }
}

/// "carr" of "carry", not "pla" of "play".
fn consonant_y(word: &str) -> Option<&str> {
    word.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']))
}

/// "hugg" of "hug": one short vowel before one last consonant, or a last syllable with the stress.
fn doubled(word: &str) -> String {
    let vowel = |c: char| "aeiou".contains(c);
    let last: Vec<char> = word.chars().rev().take(3).collect();
    let short =
        matches!(last[..], [c, v, b] if !vowel(c) && !"wxy".contains(c) && vowel(v) && !vowel(b));
    let stressed = syllables(word) == 1 || matches!(word, "begin" | "forget");
    match last.first() {
        Some(&c) if short && stressed => format!("{word}{c}"),
        _ => word.to_string(),
    }
}

fn syllables(word: &str) -> usize {
    let mut count = 0;
    let mut before = false;
    for vowel in word.chars().map(|c| "aeiouy".contains(c)) {
        count += usize::from(vowel && !before);
        before = vowel;
    }
    count - usize::from(word.ends_with('e') && count > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_spelled_right() {
        let check = |got: String, want: &str| assert_eq!(got, want);
        check(plural("berry"), "berries");
        check(plural("loaf"), "loaves");
        check(plural("bush"), "bushes");
        check(plural("donkey"), "donkeys");
        check(third_person("watch"), "watches");
        check(third_person("carry"), "carries");
        check(past("hug"), "hugged");
        check(past("wait"), "waited");
        check(past("listen"), "listened");
        check(past("share"), "shared");
        check(past("visit"), "visited");
        check(participle("give"), "given");
        check(participle("teach"), "taught");
        check(progressive("lie"), "lying");
        check(progressive("see"), "seeing");
        check(progressive("begin"), "beginning");
        check(progressive("bake"), "baking");
        check(progressive("sew"), "sewing");
        check(progressive("sit"), "sitting");
    }

    #[test]
    fn degrees_are_spelled_right() {
        let check = |word, want: Option<&str>| assert_eq!(comparative(word).as_deref(), want);
        check("tall", Some("taller"));
        check("big", Some("bigger"));
        check("happy", Some("happier"));
        check("gentle", Some("gentler"));
        check("good", Some("better"));
        check("white", Some("whiter"));
        check("beautiful", None);
        check("patient", None);
        assert_eq!(superlative("sad").as_deref(), Some("saddest"));
    }
}
