// How the page asks the model: OpenAI's streaming interface on the page's own origin, as any other client.
//
// A key, where the server wants one, lives as long as the tab does and goes to this origin only.

const KEY = "lyceum.key";

// Why there is no answer: in words for a person, with the status (0: nobody answered) and, where the
// server said so, the seconds after which to try again.
export class Refusal extends Error {
  constructor(message, status = 0, wait = null) {
    super(message);
    this.status = status;
    this.wait = wait;
  }
}

export function keepKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

// A request to this server; what is refused is thrown.
export async function request(path, { method = "GET", body, signal, keepalive } = {}) {
  const headers = {};
  const key = sessionStorage.getItem(KEY);
  if (key) headers.authorization = `Bearer ${key}`;
  if (method !== "GET") headers["content-type"] = "application/json";
  const sent = body === undefined ? undefined : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, { method, headers, body: sent, signal, keepalive });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal("The server does not answer. Is it still running?");
  }
  if (!response.ok) throw await refused(response);
  return response;
}

async function refused(response) {
  const said = await response.json().then((json) => json.error?.message, () => null);
  const wait = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const words = said ?? `The server answered with status ${response.status}.`;
  return new Refusal(words, response.status, Number.isFinite(wait) ? wait : null);
}

export async function models() {
  const list = await (await request("/v1/models")).json();
  return list.data.map((model) => model.id);
}

// The answer as it comes: {text, reasoning, tokens, finish, usage}, each where there is any.
export async function* answer(body, signal) {
  const response = await request("/v1/chat/completions", { method: "POST", body, signal });
  let finished = false;
  for await (const data of events(response, signal)) {
    if (data === "[DONE]") return;
    const chunk = parsed(data);
    if (chunk.error) throw new Refusal(chunk.error.message ?? "The model failed.", chunk.error.code ?? 500);
    const choice = chunk.choices?.[0];
    finished ||= Boolean(choice?.finish_reason);
    yield {
      text: choice?.delta?.content ?? "",
      reasoning: choice?.delta?.reasoning_content ?? choice?.delta?.reasoning ?? "",
      tokens: choice?.logprobs?.content ?? [],
      finish: choice?.finish_reason ?? null,
      usage: chunk.usage ?? null,
    };
  }
  if (!finished) throw new Refusal("The connection ended before the answer did.");
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    throw new Refusal("The server sent something that is no answer.");
  }
}

// The data of each server-sent event of a response (HTML's event streams, as far as they are used here).
async function* events(response, signal) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    let read;
    try {
      read = await reader.read();
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Refusal("The connection ended before the answer did.");
    }
    if (read.done) return;
    held += read.value.replaceAll("\r", "");
    const whole = held.split("\n\n");
    held = whole.pop();
    for (const event of whole) {
      const lines = event.split("\n").filter((line) => line.startsWith("data:"));
      // Others are comments, by which a server keeps the connection open.
      if (lines.length > 0) yield lines.map((line) => line.slice(line[5] === " " ? 6 : 5)).join("\n");
    }
  }
}
