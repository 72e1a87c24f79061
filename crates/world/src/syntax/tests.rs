//! What holds for thousands of trees at once, and a few that are known.

use std::collections::BTreeSet;

use super::*;

const UPOS: &str = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X";
const RELATIONS: &str = "acl advcl advmod amod appos aux case cc ccomp clf compound conj cop csubj \
    dep det discourse dislocated expl fixed flat goeswith iobj list mark nmod nsubj nummod obj obl \
    orphan parataxis punct reparandum root vocative xcomp";

fn each(n: u64, check: impl Fn(&Sentence)) {
    for seed in [1, 2] {
        let bank = Treebank::new(seed);
        (0..n).for_each(|i| check(&bank.sentence(i)));
    }
}

#[test]
fn every_tree_is_a_tree() {
    each(4_000, |sentence| {
        let n = sentence.tokens.len();
        let roots: Vec<&Token> = sentence.tokens.iter().filter(|t| t.head == 0).collect();
        assert_eq!(roots.len(), 1, "{}", sentence.text);
        assert_eq!(roots[0].deprel, "root");
        for (i, token) in sentence.tokens.iter().enumerate() {
            assert!(token.head <= n && token.head != i + 1, "{}", sentence.text);
            assert_eq!(token.deprel == "root", token.head == 0, "{}", sentence.text);
            let mut up = i + 1;
            let steps = (0..=n).take_while(|_| {
                up = if up == 0 { 0 } else { sentence.tokens[up - 1].head };
                up != 0
            });
            assert!(steps.count() < n, "a cycle in {}", sentence.text);
        }
    });
}

#[test]
fn no_arcs_cross() {
    each(2_000, |sentence| {
        let arc = |(i, t): (usize, &Token)| ((i + 1).min(t.head), (i + 1).max(t.head));
        let arcs: Vec<_> = sentence.tokens.iter().enumerate().map(arc).collect();
        for &(a, b) in &arcs {
            let crosses = |&&(c, d): &&(usize, usize)| a < c && c < b && b < d;
            assert_eq!(arcs.iter().find(crosses), None, "{}", sentence.to_conllu());
        }
    });
}

#[test]
fn labels_are_universal() {
    each(4_000, |sentence| {
        for token in &sentence.tokens {
            let relation = token.deprel.split(':').next();
            assert!(UPOS.split(' ').any(|u| u == token.upos), "{token:?}");
            assert!(RELATIONS.split_whitespace().any(|r| Some(r) == relation), "{token:?}");
            assert!(!token.form.is_empty() && !token.lemma.is_empty(), "{token:?}");
            let names: Vec<_> = token.feats.split('|').map(|f| f.split('=').next()).collect();
            assert!(names.is_sorted(), "{token:?}");
        }
    });
}

/// What each relation says of the word below it and, where it matters, the word above.
#[test]
fn function_words_hang_as_the_guidelines_want() {
    each(4_000, |sentence| {
        for (i, token) in sentence.tokens.iter().enumerate() {
            let fits = match &*token.deprel {
                "case" => matches!(&*token.upos, "ADP" | "PART"),
                "det" => token.upos == "DET",
                "aux" | "aux:pass" | "cop" => token.upos == "AUX",
                "mark" => matches!(&*token.upos, "SCONJ" | "PART"),
                "cc" => token.upos == "CCONJ",
                "punct" => token.upos == "PUNCT",
                "amod" => token.upos == "ADJ",
                "nummod" => token.upos == "NUM",
                "compound:prt" => token.upos == "ADP",
                "obl" | "nmod" | "obl:agent" | "obl:unmarked" | "nsubj" | "obj" | "iobj" => {
                    matches!(&*token.upos, "NOUN" | "PROPN" | "PRON")
                }
                "xcomp" => token.upos == "VERB",
                _ => true,
            };
            assert!(fits, "{token:?} in {}", sentence.text);
            let function =
                matches!(&*token.upos, "ADP" | "PART" | "DET" | "AUX" | "CCONJ" | "PUNCT");
            let leaf = sentence.tokens.iter().all(|t| t.head != i + 1);
            assert!(!function || leaf, "{token:?} in {}", sentence.text);
        }
    });
}

/// Read off the trees again: a finite verb, or its first helper, agrees with its subject.
#[test]
fn verbs_agree_with_their_subjects() {
    each(4_000, |sentence| {
        for (i, subject) in sentence.tokens.iter().enumerate() {
            let plain = subject.deprel == "nsubj" || subject.deprel == "nsubj:pass";
            let wh = subject.feats.contains("PronType=Rel");
            if !plain || wh || subject.feats.contains("Person=2") {
                continue;
            }
            let joined = sentence.tokens.iter().any(|t| t.head == i + 1 && t.deprel == "conj");
            let many = joined || subject.feats.contains("Number=Plur");
            let verb = sentence.tokens.iter().enumerate().find(|(j, t)| {
                (t.head == subject.head && matches!(&*t.deprel, "aux" | "aux:pass" | "cop")
                    || j + 1 == subject.head)
                    && t.feats.contains("Mood=Ind")
            });
            let number = if many { "Number=Plur" } else { "Number=Sing" };
            if let Some((_, verb)) = verb {
                assert!(verb.feats.contains(number), "{verb:?} in {}", sentence.text);
            }
        }
    });
}

#[test]
fn the_text_is_rebuilt_from_the_lines() {
    each(2_000, |sentence| {
        assert_eq!(text(&sentence.tokens), sentence.text);
        assert!(sentence.text.starts_with(|c: char| c.is_uppercase()), "{}", sentence.text);
        assert!(!sentence.text.contains("  ") && !sentence.text.contains(" ,"));
        let conllu = sentence.to_conllu();
        assert!(conllu.ends_with("\n\n"));
        let (mut text, mut covered, mut words) = (String::new(), 0, 0);
        for line in conllu.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(columns.len(), 10, "{line}");
            let range = columns[0].split_once('-');
            let number: usize = range.map_or(columns[0], |(from, _)| from).parse().unwrap();
            words += usize::from(range.is_none());
            assert!(range.is_some() || number == words, "{line}");
            if number > covered {
                covered = range.map_or(number, |(_, to)| to.parse().unwrap());
                text.push_str(columns[1]);
                text.push_str(if columns[9] == "SpaceAfter=No" { "" } else { " " });
            }
        }
        assert_eq!(text.trim_end(), sentence.text);
        assert_eq!(words, sentence.tokens.len());
    });
}

#[test]
fn shapes_are_many_and_sentences_rarely_repeat() {
    let bank = Treebank::new(1);
    let (mut shapes, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for sentence in (0..50_000).map(|i| bank.sentence(i)) {
        let labels = |t: &Token| [&*t.upos, &*t.deprel].join(":");
        shapes.insert(sentence.tokens.iter().map(labels).collect::<String>());
        texts.insert(sentence.text);
    }
    assert!(shapes.len() > 20_000, "{}", shapes.len());
    assert!(texts.len() > 45_000, "{}", texts.len());
}

#[test]
fn every_construction_occurs() {
    let bank = Treebank::new(3);
    let sentences: Vec<Sentence> = (0..3_000).map(|i| bank.sentence(i)).collect();
    let relations = "nsubj nsubj:pass obj iobj obl obl:agent obl:unmarked nmod nmod:poss appos \
        nummod amod det case compound compound:prt acl:relcl advcl ccomp xcomp mark cc conj aux \
        aux:pass cop expl advmod punct";
    for relation in relations.split_whitespace() {
        let has = |s: &&Sentence| s.tokens.iter().any(|t| t.deprel == relation);
        assert!(sentences.iter().filter(has).count() > 10, "{relation}");
    }
    for feature in
        ["Polarity=Neg", "Mood=Imp", "Degree=Sup", "PronType=Int", "Tense=Pres|VerbForm=Part"]
    {
        let has = |s: &&Sentence| s.tokens.iter().any(|t| t.feats.contains(feature));
        assert!(sentences.iter().filter(has).count() > 10, "{feature}");
    }
}

#[test]
fn words_name_one_thing_each() {
    let nouns = words::nouns();
    let distinct: BTreeSet<&str> = nouns.iter().map(|n| n.word).collect();
    assert_eq!(distinct.len(), nouns.len());
    for (kinds, table) in words::ADJECTIVES {
        assert!(!kinds.is_empty() && !table.is_empty());
    }
    for frame in words::FRAMES {
        let all = frame.subject.iter().chain(frame.object);
        for kind in all {
            assert!(nouns.iter().any(|n| n.kind == *kind), "{kind:?}");
        }
    }
}

/// Trees that were drawn once and read over by hand against the Web Treebank.
#[test]
fn known_sentences_keep_their_trees() {
    let bank = Treebank::new(1);
    let check = |i: u64, want: &str| {
        let brief = |t: &Token| format!("{}/{}/{}/{}", t.form, t.upos, t.head, t.deprel);
        let tokens: Vec<String> = bank.sentence(i).tokens.iter().map(brief).collect();
        assert_eq!(tokens.join(" "), want, "{i}");
    };
    check(
        38,
        "Clara/PROPN/2/nsubj builds/VERB/0/root the/DET/4/det bed/NOUN/2/obj \
         that/PRON/9/obj the/DET/8/det happy/ADJ/8/amod guest/NOUN/9/nsubj \
         painted/VERB/4/acl:relcl ./PUNCT/2/punct",
    );
    check(
        86,
        "They/PRON/3/nsubj are/AUX/3/cop cheerful/ADJ/0/root because/SCONJ/6/mark \
         you/PRON/6/nsubj gather/VERB/3/advcl wood/NOUN/6/obj with/ADP/10/case \
         five/NUM/10/nummod neighbors/NOUN/6/obl ./PUNCT/3/punct",
    );
    check(
        149,
        "Felix/PROPN/7/nsubj ,/PUNCT/4/punct the/DET/4/det beekeeper/NOUN/1/appos \
         ,/PUNCT/4/punct was/AUX/7/aux jumping/VERB/0/root ./PUNCT/7/punct",
    );
    check(
        194,
        "The/DET/2/det girl/NOUN/7/nsubj who/PRON/4/nsubj carried/VERB/2/acl:relcl \
         the/DET/6/det bed/NOUN/4/obj folded/VERB/0/root Greta/PROPN/10/nmod:poss \
         's/PART/8/case boot/NOUN/7/obj ./PUNCT/7/punct",
    );
    check(
        65,
        "Whose/PRON/2/nmod:poss lantern/NOUN/6/obj had/AUX/6/aux the/DET/5/det \
         farmer/NOUN/6/nsubj lost/VERB/0/root ?/PUNCT/6/punct",
    );
    check(
        8,
        "There/PRON/2/expl was/VERB/0/root a/DET/4/det basket/NOUN/2/nsubj \
         at/ADP/8/case the/DET/8/det newest/ADJ/8/amod bakery/NOUN/2/obl \
         ./PUNCT/2/punct",
    );
    check(
        254,
        "The/DET/3/det green/ADJ/3/amod pumpkin/NOUN/7/nsubj:pass wo/AUX/7/aux \
         n't/PART/7/advmod be/AUX/7/aux:pass drawn/VERB/0/root ./PUNCT/7/punct",
    );
    check(
        187,
        "This/DET/2/det shopkeeper/NOUN/3/nsubj promised/VERB/0/root to/PART/5/mark \
         tell/VERB/3/xcomp his/PRON/7/nmod:poss grandmother/NOUN/5/iobj the/DET/9/det \
         songs/NOUN/5/obj ./PUNCT/3/punct",
    );
}

#[test]
fn a_known_sentence_in_full() {
    let want = "\
# sent_id = village-1-43
# text = It didn't snow outside.
1\tIt\tit\tPRON\tPRP\tCase=Nom|Gender=Neut|Number=Sing|Person=3|PronType=Prs\t4\texpl\t_\t_
2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdid\tdo\tAUX\tVBD\tMood=Ind|Number=Sing|Person=3|Tense=Past|VerbForm=Fin\t4\taux\t_\t_
3\tn't\tnot\tPART\tRB\tPolarity=Neg\t4\tadvmod\t_\t_
4\tsnow\tsnow\tVERB\tVB\tVerbForm=Inf\t0\troot\t_\t_
5\toutside\toutside\tADV\tRB\t_\t4\tadvmod\t_\tSpaceAfter=No
6\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_

";
    assert_eq!(Treebank::new(1).sentence(43).to_conllu(), want);
}
