// One answer under way: from the question to the last token, kept while it comes.
//
// It is put down at its first word, written on every few seconds, and once more at its end, however that
// comes; so a page that is closed in the middle loses seconds at most, and the question never. It goes on
// when another conversation is shown meanwhile.

import { answer } from "./talk.js";

const KEEP_EVERY_MS = 2500;
const OTHERS = 5; // Alternatives to each token that are asked for.
const KEEPALIVE_BYTES = 50_000; // A browser lets no more go out while a page is closed.

export class Answer {
  constructor(thread, parent, withTokens, changed) {
    this.thread = thread;
    this.withTokens = withTokens;
    this.changed = changed;
    this.controller = new AbortController();
    this.message = thread.add(parent, "assistant");
    this.started = performance.now();
    this.first = null;
    this.keptAt = 0;
    thread.answering = this;
    thread.trouble = null;
  }

  stop() {
    this.controller.abort();
  }

  // Whether the model is still silent, or still thinking.
  get isThinking() {
    return this.message.text === "";
  }

  get thoughtSeconds() {
    return this.thinkingUntil === undefined ? null : (this.thinkingUntil - this.started) / 1000;
  }

  // Runs to the end; what went wrong stands in the thread then.
  async run() {
    const { message, thread } = this;
    try {
      for await (const piece of answer(this.#body(), this.controller.signal)) this.#take(piece);
    } catch (error) {
      message.finish = this.controller.signal.aborted ? "stopped" : "failed";
      if (message.finish === "failed") thread.trouble = error;
    }
    message.finish ??= "stop";
    message.seconds = this.first === null ? null : (performance.now() - this.first) / 1000;
    thread.answering = null;
    if (message.text === "" && message.reasoning === "") {
      thread.drop(message);
      if (message.finish === "stop") thread.trouble = new Error("The model had nothing to say.");
    } else {
      this.#keep(this.#all());
    }
    this.changed(this);
  }

  #body() {
    const { thread, message, withTokens } = this;
    const messages = [];
    if (thread.system.trim()) messages.push({ role: "system", content: thread.system });
    for (let at = message.parent; at; at = at.parent) {
      messages.splice(thread.system.trim() ? 1 : 0, 0, { role: at.role, content: at.text });
    }
    return {
      messages, stream: true, stream_options: { include_usage: true },
      ...(thread.model ? { model: thread.model } : {}),
      ...thread.parameters,
      ...(withTokens ? { logprobs: true, top_logprobs: OTHERS } : {}),
    };
  }

  #take({ text, reasoning, tokens, finish, usage }) {
    const { message } = this;
    if (text || reasoning) this.first ??= performance.now();
    if (text && message.reasoning) this.thinkingUntil ??= performance.now();
    message.text += text;
    message.reasoning += reasoning;
    if (tokens.length > 0) {
      message.tokens ??= [];
      for (const token of tokens) message.tokens.push(compact(token));
    }
    if (finish) message.finish = finish;
    if (usage) message.usage = { prompt: usage.prompt_tokens, completion: usage.completion_tokens };
    if (text || reasoning) this.#keepSome();
    this.changed(this);
  }

  #keepSome() {
    const now = performance.now();
    if (this.keptAt > 0 && now - this.keptAt < KEEP_EVERY_MS) return;
    const isFirst = this.keptAt === 0;
    this.keptAt = now;
    if (isFirst) this.thread.say(this.message);
    else this.#keep(this.#soFar());
  }

  #keep(said) {
    const { thread, message } = this;
    return thread.later(async () => {
      if (message.id !== null) await thread.keep.amend(thread.id, message.id, said);
    });
  }

  #soFar() {
    return { text: this.message.text, reasoning: this.message.reasoning };
  }

  #all() {
    const { text, reasoning, finish, usage, seconds, tokens } = this.message;
    const counts = usage ? { prompt_tokens: usage.prompt, completion_tokens: usage.completion } : {};
    if (tokens) this.message.hasTokens = true;
    const known = { ...(seconds === null ? {} : { seconds }), ...(tokens ? { tokens } : {}) };
    return { text, reasoning, finish, ...counts, ...known };
  }

  // The page is being closed: what there is goes out, and nobody waits for it.
  leave() {
    const { thread, message } = this;
    const said = this.#soFar();
    if (message.id === null || JSON.stringify(said).length > KEEPALIVE_BYTES) return;
    thread.keep.amend(thread.id, message.id, said, true).catch(() => {});
  }
}

// A token as it is kept: [text, logprob, [[text, logprob], …]].
function compact({ token, bytes, logprob, top_logprobs: others = [] }) {
  const rest = others.slice(0, OTHERS).map((one) => [words(one.token, one.bytes), one.logprob]);
  return [words(token, bytes), logprob, rest];
}

// A piece of a character has no text; its bytes stand for it.
function words(token, bytes) {
  if (!bytes) return String(token);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return `‹${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}›`;
  }
}
