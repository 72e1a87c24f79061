//! First names, none of which is also a common word of the stories.
//!
//! A village takes as many as it has people; the others are strangers whom nobody there knows.

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
