//! First names, none of which is also a common word of the stories.
//!
//! A village takes as many as it has people; the others are strangers whom nobody there knows. Each
//! split has names of its own, so that nobody who is learnt from is met where one measures.

use crate::split::Split;

/// The names of women and of men that villages of a split draw from.
pub fn of(split: Split) -> [&'static [&'static str; 26]; 2] {
    match split {
        Split::Train => [&FEMALE, &MALE],
        Split::Validation => [&VALIDATION_FEMALE, &VALIDATION_MALE],
        Split::Test => [&TEST_FEMALE, &TEST_MALE],
    }
}

/// A name of a split as it stands in its lists, if it does.
pub(crate) fn fixed(split: Split, name: &str) -> Option<&'static str> {
    of(split).into_iter().flatten().copied().find(|known| *known == name)
}

/// Names of girls and women.
pub const FEMALE: [&str; 26] = [
    "Mara", "Ana", "Lena", "Nora", "Elsa", "Ida", "Tilda", "Rosa", "Greta", "Mina", "Vera",
    "Hanna", "Clara", "Emma", "Lucy", "Molly", "Sara", "Julia", "Marta", "Olga", "Stella", "Wanda",
    "Zoe", "Bella", "Dora", "Frida",
];

/// Names of boys and men.
pub const MALE: [&str; 26] = [
    "Tomas", "Ben", "Oskar", "Jonas", "Peter", "Emil", "Hugo", "Leo", "Max", "Felix", "Anton",
    "Paul", "Simon", "Otto", "Karl", "Martin", "Sam", "Tim", "David", "Oliver", "Jakob", "Henry",
    "Victor", "Walter", "Noah", "Rudi",
];

const VALIDATION_FEMALE: [&str; 26] = [
    "Agnes", "Alma", "Astrid", "Beata", "Carla", "Celia", "Daria", "Edith", "Elin", "Esther",
    "Eva", "Flora", "Gerda", "Helga", "Ines", "Ingrid", "Johanna", "Katja", "Laura", "Livia",
    "Lotte", "Magda", "Nelly", "Paula", "Petra", "Renata",
];

const VALIDATION_MALE: [&str; 26] = [
    "Albert", "Aron", "Axel", "Boris", "Caspar", "Conrad", "Dominik", "Edgar", "Edwin", "Erik",
    "Ernst", "Fabian", "Finn", "Georg", "Gustav", "Harald", "Isak", "Ivan", "Jasper", "Joel",
    "Julian", "Kurt", "Lars", "Linus", "Magnus", "Mattis",
];

const TEST_FEMALE: [&str; 26] = [
    "Amelia", "Anja", "Britta", "Cecilia", "Delia", "Dina", "Elena", "Felicia", "Gwen", "Hedda",
    "Hilda", "Ilona", "Jana", "Judith", "Karin", "Leonie", "Linda", "Lydia", "Margot", "Miriam",
    "Norma", "Ottilie", "Regina", "Ronja", "Selma", "Sonja",
];

const TEST_MALE: [&str; 26] = [
    "Alvin",
    "Bernard",
    "Bjorn",
    "Carl",
    "Clemens",
    "Cyril",
    "Damian",
    "Eugen",
    "Ferdinand",
    "Gregor",
    "Gunnar",
    "Hector",
    "Igor",
    "Ivo",
    "Jens",
    "Joachim",
    "Kilian",
    "Leon",
    "Lorenz",
    "Luca",
    "Marius",
    "Milo",
    "Moritz",
    "Nils",
    "Oswin",
    "Ruben",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_name_belongs_to_two_splits() {
        let all = Split::ALL.into_iter().flat_map(of).flatten();
        assert_eq!(all.collect::<BTreeSet<_>>().len(), 6 * 26);
    }
}
