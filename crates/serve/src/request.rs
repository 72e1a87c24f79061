//! The JSON of `POST /v1/chat/completions`, and what of it can be answered.
//!
//! Fields that are not known are ignored, as clients send many; known ones that would change the
//! answer and are not offered are refused by name. `top_k` and `min_p` are additions that other
//! servers have too.

use chat::{Message, Request, Sampling};
use serde::Deserialize;
use serde_json::Value;

use crate::Refusal;

/// OpenAI's limit is 4; more do no harm here.
const MAX_STOP_STRINGS: usize = 16;

/// The body.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatCompletion {
    /// The conversation.
    pub messages: Vec<Message>,
    /// The model's name; the one served if absent.
    pub model: Option<String>,
    /// Whether to send the text as it comes.
    pub stream: Option<bool>,
    /// What else to stream.
    pub stream_options: Option<StreamOptions>,
    /// 0 to 2; 1 if absent.
    pub temperature: Option<f32>,
    /// Share of the probability to draw from.
    pub top_p: Option<f32>,
    /// How many tokens to draw from.
    pub top_k: Option<usize>,
    /// How likely, beside the best, a token must be.
    pub min_p: Option<f32>,
    /// Tokens of the answer at most: the older name.
    pub max_tokens: Option<usize>,
    /// Tokens of the answer at most.
    pub max_completion_tokens: Option<usize>,
    /// Strings that end the answer.
    pub stop: Option<Stop>,
    /// Equal seeds give equal answers; a new one each time if absent.
    pub seed: Option<i64>,
    /// Answers to give: 1.
    pub n: Option<u64>,
    #[serde(default)]
    tools: Value,
    #[serde(default)]
    functions: Value,
    #[serde(default)]
    response_format: Value,
    #[serde(default)]
    logprobs: Value,
    #[serde(default)]
    logit_bias: Value,
    #[serde(default)]
    presence_penalty: Value,
    #[serde(default)]
    frequency_penalty: Value,
}

/// What else to stream.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct StreamOptions {
    /// Whether a last chunk counts tokens.
    #[serde(default)]
    pub include_usage: bool,
}

/// One string or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl ChatCompletion {
    /// What is asked of the model. `fresh_seed` is taken if the request names none.
    ///
    /// # Errors
    /// A [`Refusal`] that names the field.
    pub fn into_request(self, served: &str, fresh_seed: u64) -> Result<Request, Refusal> {
        self.refuse_what_we_lack()?;
        if let Some(asked) = self.model.as_deref().filter(|&asked| asked != served) {
            return Err(Refusal::no_such_model(asked, served));
        }
        if self.messages.is_empty() {
            return Err(Refusal::field("messages", "messages is empty; send at least one"));
        }
        let max_tokens = self.max_completion_tokens.or(self.max_tokens);
        if max_tokens == Some(0) {
            return Err(Refusal::field("max_tokens", "max_tokens must be at least 1, got 0"));
        }
        let sampling = Sampling {
            temperature: self.temperature.unwrap_or(1.0),
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            seed: self.seed.map_or(fresh_seed, i64::cast_unsigned),
            ..Sampling::default()
        };
        if !(0.0..=2.0).contains(&sampling.temperature) {
            let message = format!("temperature must be from 0 to 2, got {}", sampling.temperature);
            return Err(Refusal::field("temperature", message));
        }
        sampling.check().map_err(|e| Refusal::from(chat::Error::from(e)))?;
        let (messages, stop) = (self.messages, strings(self.stop)?);
        Ok(Request { messages, sampling, max_tokens, stop, ..Request::default() })
    }

    fn refuse_what_we_lack(&self) -> Result<(), Refusal> {
        let text_format = self.response_format["type"] == "text";
        let lacking = [
            ("tools", is_set(&self.tools)),
            ("functions", is_set(&self.functions)),
            ("response_format", is_set(&self.response_format) && !text_format),
            ("logprobs", is_set(&self.logprobs)),
            ("logit_bias", is_set(&self.logit_bias)),
            ("presence_penalty", is_set(&self.presence_penalty)),
            ("frequency_penalty", is_set(&self.frequency_penalty)),
        ];
        if let Some((field, _)) = lacking.iter().find(|(_, asked)| *asked) {
            return Err(Refusal::unsupported(field));
        }
        match self.n {
            None | Some(1) => Ok(()),
            Some(n) => {
                Err(Refusal::field("n", format!("n must be 1, got {n}; ask again for more")))
            }
        }
    }
}

/// Whether a value asks for anything: not null, false, 0 or empty.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(asked) => *asked,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn strings(stop: Option<Stop>) -> Result<Vec<String>, Refusal> {
    let strings = match stop {
        None => Vec::new(),
        Some(Stop::One(string)) => vec![string],
        Some(Stop::Many(strings)) => strings,
    };
    if strings.len() > MAX_STOP_STRINGS {
        let message = format!("stop takes at most {MAX_STOP_STRINGS}, got {}", strings.len());
        return Err(Refusal::field("stop", message));
    }
    Ok(strings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<Request, Refusal> {
        let body = format!(r#"{{"messages":[{{"role":"user","content":"hi"}}]{more}}}"#);
        serde_json::from_str::<ChatCompletion>(&body).unwrap().into_request("m", 77)
    }

    #[test]
    fn fields_reach_the_request() {
        let plain = read("").unwrap();
        assert_eq!((plain.sampling.seed, plain.sampling.temperature), (77, 1.0));
        assert_eq!((plain.max_tokens, plain.stop.len()), (None, 0));
        let full = read(
            r#","model":"m","temperature":0,"top_p":0.5,"top_k":3,"min_p":0.1,"max_tokens":5,
               "max_completion_tokens":9,"stop":["a","b"],"seed":-1,"n":1,"tools":[],
               "response_format":{"type":"text"},"presence_penalty":0,"logprobs":false,
               "user":"someone","never_heard_of":{}"#,
        )
        .unwrap();
        let sampling = Sampling {
            temperature: 0.0,
            top_k: Some(3),
            top_p: Some(0.5),
            min_p: Some(0.1),
            seed: u64::MAX,
            ..Sampling::default()
        };
        assert_eq!((full.sampling, full.max_tokens), (sampling, Some(9)));
        assert_eq!(full.stop, ["a", "b"]);
        assert_eq!(read(r#","stop":"x""#).unwrap().stop, ["x"]);
    }

    #[test]
    fn what_is_not_offered_is_refused_by_name() {
        let check = |more: &str, word: &str| {
            let refusal = read(more).unwrap_err();
            assert!(refusal.message.contains(word), "{more}: {refusal}");
            assert!(refusal.status.is_client_error());
        };
        check(r#","n":2"#, "n must be 1");
        check(r#","tools":[{"type":"function"}]"#, "tools");
        check(r#","response_format":{"type":"json_object"}"#, "response_format");
        check(r#","frequency_penalty":0.5"#, "frequency_penalty");
        check(r#","logit_bias":{"5":1}"#, "logit_bias");
        check(r#","temperature":2.5"#, "temperature");
        check(r#","top_p":0"#, "top_p");
        check(r#","max_tokens":0"#, "max_tokens");
        check(r#","model":"other""#, "\"m\" is");
        check(&format!(",\"stop\":{:?}", ["x"; 17]), "stop");
    }
}
