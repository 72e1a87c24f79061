//! Every genre is shown, and only characters go where there are no colours.

use world::Knobs;

use super::*;

fn shown(genre: Genre, i: u64, look: Look) -> String {
    let sampler = Sampler::new(1, Knobs::default()).unwrap();
    show(&sampler, &sampler.sample(genre, i), look)
}

#[test]
fn every_genre_has_its_heading_and_no_codes_without_colours() {
    for genre in Genre::ALL {
        let text = shown(genre, 4, Look::Plain);
        assert!(text.starts_with(&format!("# {genre} 4")), "{text}");
        assert!(text.lines().count() > 1 && text.ends_with('\n'), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(shown(genre, 4, Look::Colour).starts_with("\u{1b}[1m# "), "{genre}");
    }
}

#[test]
fn what_belongs_to_a_genre_is_there() {
    let check = |genre, words: &[&str]| {
        let text = shown(genre, 0, Look::Plain);
        words.iter().for_each(|word| assert!(text.contains(word), "{word:?} in: {text}"));
    };
    check(Genre::Dialogue, &["\nUser: ", "\nAssistant: "]);
    check(Genre::Preference, &["\nUser: ", "\nBetter: ", "\nWorse: "]);
    check(Genre::Tale, &["\n? ", " → "]);
    check(Genre::Sentence, &["root", "─"]);
    check(Genre::Parallel, &[" │ "]);
    check(Genre::Picture, &["\n? ", " → "]);
    let program = |i| shown(Genre::Program, i, Look::Plain);
    assert!((0..9).any(|i| program(i).contains("\nprints\n")), "{}", program(0));
}
