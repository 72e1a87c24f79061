//! Opcode by opcode; then what a pickle may not do.

use super::super::value::{Object, Value, object};
use super::{HIGHEST_STACK, LONGEST_NAME, MOST_STEPS, read};

fn root(bytes: &[u8]) -> (Value, Vec<Object<'_>>) {
    let pickle = read(bytes).unwrap();
    assert!(pickle.code.is_empty(), "{:?}", pickle.code);
    assert_eq!(pickle.end, bytes.len());
    (pickle.root, pickle.objects)
}

#[test]
fn numbers_of_all_forms() {
    let check = |bytes: &[u8], expected: i64| {
        assert_eq!(root(bytes).0, Value::Int(expected), "{bytes:?}");
    };
    check(b"K\xff.", 255);
    check(b"\x80\x02M\x01\x02.", 513);
    check(b"J\xff\xff\xff\xff.", -1);
    check(b"\x8a\x00.", 0);
    check(b"\x8a\x02\x00\x80.", -32768);
    check(b"\x8b\x02\x00\x00\x00\xff\x00.", 255);
    check(b"I12\n.", 12);
    check(b"L-12L\n.", -12);
    assert_eq!(root(b"I01\n.").0, Value::Bool(true));
    let long = b"\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09.";
    assert!(matches!(root(long).1[0], Object::Long([1, .., 9])));
}

#[test]
fn texts_of_all_forms() {
    for bytes in [
        &b"X\x02\0\0\0ab."[..],
        b"\x8c\x02ab.",
        b"\x8d\x02\0\0\0\0\0\0\0ab.",
        b"U\x02ab.",
        b"T\x02\0\0\0ab.",
        b"S'ab'\n.",
        b"Vab\n.",
    ] {
        assert!(matches!(root(bytes).1[0], Object::Text("ab")), "{bytes:?}");
    }
    assert_eq!(root(b"U\x01\xff.").0, Value::Other);
}

#[test]
fn collections_and_the_memo() {
    let check = |bytes: &[u8], expected: &str| {
        let (root, objects) = root(bytes);
        let object = format!("{:?}", object(&objects, root).unwrap());
        assert_eq!(object.replace("Int", ""), expected, "{bytes:?}");
    };
    check(b"K\x01K\x02\x86.", "Tuple([(1), (2)])");
    check(b"(K\x01K\x02t.", "Tuple([(1), (2)])");
    check(b"](K\x01K\x02e.", "List([(1), (2)])");
    check(b"]K\x01a.", "List([(1)])");
    check(b"}(K\x01K\x02u.", "Dict([((1), (2))])");
    check(b"(K\x01K\x02d.", "Dict([((1), (2))])");
    check(b"}K\x01K\x02s.", "Dict([((1), (2))])");
    check(b"K\x07q\x000h\x00\x85.", "Tuple([(7)])");
    check(b"K\x07\x940h\x00\x85.", "Tuple([(7)])");
    check(b"K\x07p5\n0g5\n\x85.", "Tuple([(7)])");
    check(b"K\x01(0(K\x021\x85.", "Tuple([(1)])");
    check(b"K\x012\x86.", "Tuple([(1), (1)])");
}

#[test]
fn names_of_code_are_told_all_at_once_and_nothing_is_run() {
    let check = |bytes: &[u8], expected: &[&str]| {
        let code = read(bytes).unwrap().code;
        assert!(code.iter().map(String::as_str).eq(expected.iter().copied()), "{code:?}");
    };
    check(b"cos\nsystem\n(S'true'\ntR.", &["os.system"]);
    check(b"(S'true'\nios\nsystem\n.", &["os.system"]);
    check(b"(cos\nsystem\nS'true'\no.", &["os.system"]);
    check(
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
        &["posix.system (os.system)"],
    );
    check(b"cb\ne\n)\x81}(cz\nz\nNub.", &["b.e", "z.z"]);
    check(b"cb\ne\n)}\x92(K\x01K\x02u.", &["b.e"]);
    // What comes behind may be nonsense: the name is what matters.
    check(b"cos\nsystem\n\xff", &["os.system"]);
}

#[test]
fn nonsense_is_an_error() {
    let check = |bytes: &[u8], word: &str| {
        let error = read(bytes).unwrap_err();
        assert!(error.contains(word), "{bytes:?}: {error}");
    };
    check(b"", "ends early");
    check(b".", "than is there");
    check(b"(.", "than is there");
    check(b"K\x01(\x85.", "than is there");
    check(b"t.", "mark");
    check(b"h\x01.", "memo");
    check(b"(K\x01d.", "without a value");
    check(b"K\x01K\x01a.", "cannot be changed");
    check(b")K\x01a.", "no list");
    check(b"]K\x01K\x01s.", "no dictionary");
    check(b"K\x01)R.", "cannot be called");
    check(b"ctorch\nSize\nK\x01R.", "no tuple");
    check(b"\x8c\x05ab.", "ends early");
    check(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffab.", "ends early");
    check(b"\x80\x06N.", "newer");
    check(b"\x82\x01.", "extensions");
    check(b"K\x01Q.", "no tuple");
    check(b"\x97.", "opcode 0x97");
    check(&b"(".repeat(HIGHEST_STACK + 2), "piles up");
    check(&b"N0".repeat(MOST_STEPS / 2 + 1), "longer than any");
    check(&[&b"c"[..], &b"x".repeat(LONGEST_NAME), b"\nf\n."].concat(), "names more");
}

#[test]
fn what_is_copied_again_and_again_is_paid_for() {
    // A list of pairs, made a dictionary as often as the file likes.
    let mut bytes = b"K\x01K\x02\x86q\x000](".to_vec();
    bytes.extend_from_slice(&b"h\x00".repeat(10_000));
    bytes.extend_from_slice(b"e\x85q\x01ccollections\nOrderedDict\nq\x02");
    bytes.extend_from_slice(&b"h\x02h\x01R0".repeat(2_000));
    bytes.push(b'.');
    assert!(read(&bytes).unwrap_err().contains("longer than any"));
}

#[test]
fn what_is_nested_deeply_or_holds_itself_is_dropped() {
    let deep = [&b"]".repeat(1000)[..], &b"a".repeat(999), b"."].concat();
    assert_eq!(root(&deep).1.len(), 1000);
    let (value, objects) = root(b"]q\x00h\x00a.");
    assert!(matches!(&objects[0], Object::List(inner) if inner[..] == [value]));
}
