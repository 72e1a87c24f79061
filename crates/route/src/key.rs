//! What a request begins with, as a number: requests that begin alike have the same, so that the
//! prefix policy can send them where that beginning was read before.
//!
//! Of a conversation (`messages`, or `input` as a list) it is the model, `system`, `instructions`,
//! `tools` and all messages up to the first of a user; of a text (`prompt`, or `input`) the model
//! and the first bytes. Where a body says nothing of the kind, the API key, else the client's
//! address: whoever asks again may meet a cache that knows them.
//!
//! The body is read once and nothing of it is kept. It may be any bytes: what is not JSON, or too
//! deep, has no beginning. Hashes are FNV-1a with a finisher, not for secrets: who makes collisions
//! meets the bounds of loads.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// So much of a conversation's beginning counts.
const CONVERSATION_BYTES: usize = 64 << 10;

/// The key of a request with these headers and this body from this address; of texts the first
/// `bytes` count.
pub fn of(headers: &HeaderMap, body: &[u8], client: IpAddr, bytes: usize) -> u64 {
    beginning(body, bytes).unwrap_or_else(|| {
        let key = headers.get(AUTHORIZATION).or_else(|| headers.get("x-api-key"));
        match key {
            Some(key) => hash(key.as_bytes()),
            None => hash(client.to_string().as_bytes()),
        }
    })
}

/// FNV-1a: stable for ever, unlike std's hasher.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut state = Fnv::default();
    state.write(bytes);
    state.0
}

/// Spreads a hash over all its bits (the finisher of SplitMix64).
pub(crate) fn mixed(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The hash of what a body begins with, if it is JSON and says.
fn beginning(body: &[u8], bytes: usize) -> Option<u64> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    json.deserialize_map(Body { bytes }).ok()?
}

struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn write(&mut self, bytes: &[u8]) {
        let step = |h: u64, b: &u8| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3);
        self.0 = bytes.iter().fold(self.0, step);
    }
}

/// A hash that takes so many bytes and no more.
struct Fold {
    state: Fnv,
    left: usize,
}

impl Fold {
    fn new(left: usize) -> Self {
        Self { state: Fnv::default(), left }
    }

    fn write(&mut self, bytes: &[u8]) {
        let taken = &bytes[..bytes.len().min(self.left)];
        self.state.write(taken);
        self.left -= taken.len();
    }
}

/// The fields of a body, each hashed by itself, so that their order does not matter.
struct Body {
    bytes: usize,
}

impl<'de> Visitor<'de> for Body {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<u64>, A::Error> {
        let (mut sum, mut has_text) = (0_u64, false);
        while let Some(name) = map.next_key::<String>()? {
            let (is_text, left) = match name.as_str() {
                "messages" => (true, CONVERSATION_BYTES),
                "prompt" | "input" => (true, self.bytes),
                "model" | "system" | "instructions" | "tools" => (false, CONVERSATION_BYTES),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let mut fold = Fold::new(left);
            fold.write(if name == "input" { b"prompt" } else { name.as_bytes() });
            fold.left = left;
            map.next_value_seed(Beginning { fold: &mut fold })?;
            has_text |= is_text;
            sum = sum.wrapping_add(mixed(fold.state.0));
        }
        Ok(has_text.then_some(sum))
    }
}

/// A value of which a list ends, for this purpose, behind the first message of a user.
struct Beginning<'a> {
    fold: &'a mut Fold,
}

/// A value all of which counts; says whether it is a message of a user.
struct Whole<'a> {
    fold: &'a mut Fold,
}

impl<'de> DeserializeSeed<'de> for Beginning<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(Visit { fold: self.fold, stops: true }).map(drop)
    }
}

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(Visit { fold: self.fold, stops: false })
    }
}

struct Visit<'a> {
    fold: &'a mut Fold,
    /// Whether a list ends behind the first message of a user.
    stops: bool,
}

impl Visit<'_> {
    /// A mark before each value keeps `["ab"]` and `["a", "b"]` apart.
    fn scalar<E>(self, mark: u8, bytes: &[u8]) -> Result<bool, E> {
        self.fold.write(&[mark]);
        self.fold.write(bytes);
        Ok(false)
    }
}

impl<'de> Visitor<'de> for Visit<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<bool, E> {
        let is_user = text == "user";
        self.scalar(b's', text.as_bytes()).map(|_: bool| is_user)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<bool, E> {
        self.scalar(b'b', &[u8::from(value)])
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<bool, E> {
        self.scalar(b'u', &value.to_le_bytes())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<bool, E> {
        self.scalar(b'i', &value.to_le_bytes())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<bool, E> {
        self.scalar(b'f', &value.to_bits().to_le_bytes())
    }

    fn visit_unit<E: de::Error>(self) -> Result<bool, E> {
        self.scalar(b'n', &[])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        self.fold.write(b"[");
        let mut is_over = false;
        while self.fold.left > 0 && !is_over {
            let Some(is_user) = seq.next_element_seed(Whole { fold: self.fold })? else {
                return Ok(false);
            };
            is_over = self.stops && is_user;
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        self.fold.write(b"{");
        let mut is_user = false;
        while let Some(name) = map.next_key::<String>()? {
            self.fold.write(name.as_bytes());
            let said_user = map.next_value_seed(Whole { fold: self.fold })?;
            is_user |= name == "role" && said_user;
        }
        Ok(is_user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn key(body: &Value) -> u64 {
        beginning(body.to_string().as_bytes(), 16).unwrap_or(0)
    }

    fn chat(messages: &[(&str, &str)]) -> Value {
        let message = |(role, content): &(&str, &str)| json!({"role": role, "content": content});
        let messages: Vec<Value> = messages.iter().map(message).collect();
        json!({"model": "m", "messages": messages, "temperature": 0.5})
    }

    #[test]
    fn turns_of_a_conversation_share_a_key() {
        let first = [("system", "Be brief."), ("user", "Hello")];
        let later = [&first[..], &[("assistant", "Hi."), ("user", "And you?")]].concat();
        assert_eq!(key(&chat(&first)), key(&chat(&later)));
        let mut other = chat(&later);
        other["temperature"] = json!(1.0);
        assert_eq!(key(&chat(&first)), key(&other), "how it is sampled does not matter");
    }

    #[test]
    fn another_beginning_has_another_key() {
        let one = chat(&[("system", "Be brief."), ("user", "Hello")]);
        let mut keys = vec![key(&one)];
        keys.push(key(&chat(&[("system", "Be long."), ("user", "Hello")])));
        keys.push(key(&chat(&[("system", "Be brief."), ("user", "Hello!")])));
        keys.push(key(&chat(&[("user", "Hello")])));
        let mut other = one.clone();
        other["model"] = json!("n");
        keys.push(key(&other));
        other["tools"] = json!([{"name": "look"}]);
        keys.push(key(&other));
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 6);
    }

    #[test]
    fn of_a_text_the_first_bytes_count() {
        let text = |prompt: Value| key(&json!({"model": "m", "prompt": prompt}));
        assert_eq!(text(json!("once upon a time there")), text(json!("once upon a time ago")));
        assert_ne!(text(json!("once upon a time")), text(json!("twice upon a time")));
        assert_eq!(text(json!([1, 2, 3, 4, 5])), text(json!([1, 2, 3, 9, 9])), "ids are text too");
        assert_ne!(text(json!([1, 2])), text(json!([2, 2])));
        assert_ne!(text(json!(["ab"])), text(json!(["a", "b"])));
    }

    #[test]
    fn the_order_of_fields_does_not_matter_nor_parts_of_content() {
        let (a, b) = (r#"{"model":"m","prompt":"x"}"#, r#"{"prompt":"x", "model":"m"}"#);
        assert_eq!(beginning(a.as_bytes(), 9), beginning(b.as_bytes(), 9));
        let parts = |text: &str| {
            let content = json!([{"type": "text", "text": text}]);
            key(&json!({"messages": [{"content": content, "role": "user"}, {"role": "x"}]}))
        };
        assert_eq!(parts("a"), parts("a"));
        assert_ne!(parts("a"), parts("b"));
    }

    #[test]
    fn without_a_beginning_it_is_the_key_then_the_client() {
        let mut headers = HeaderMap::new();
        let client: IpAddr = [10, 0, 0, 1].into();
        let bodies: [&[u8]; 6] =
            [b"", b"{", b"[1]", b"{\"documents\": []}", &[0xff; 8], &[b'['; 100_000]];
        for body in bodies {
            assert_eq!(of(&headers, body, client, 9), hash(b"10.0.0.1"), "{}", body.len());
        }
        let deep = format!("{{\"prompt\": {}", "[".repeat(100_000));
        assert_eq!(of(&headers, deep.as_bytes(), client, 9), hash(b"10.0.0.1"));
        headers.insert(AUTHORIZATION, "Bearer k".parse().unwrap());
        assert_eq!(of(&headers, b"", client, 9), hash(b"Bearer k"));
    }
}
