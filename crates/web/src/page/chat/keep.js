// Where conversations are kept: on the server, or, where it keeps none, in this page until it is closed.
// Both are asked in the same way.

import { request } from "./talk.js";

const ROOT = "/api/conversations";

// What the server keeps.
class Server {
  kept = true;

  async #ask(path, options) {
    return (await request(`${ROOT}${path}`, options)).json();
  }

  async list() {
    const all = [];
    for (;;) {
      const page = await this.#ask(`?skip=${all.length}`);
      all.push(...page.conversations);
      if (!page.more || page.conversations.length === 0) return all;
    }
  }

  async search(words) {
    return (await this.#ask(`/search?q=${encodeURIComponent(words)}`)).hits;
  }

  load(id) { return this.#ask(`/${id}`); }
  create(draft) { return this.#ask("", { method: "POST", body: draft }); }
  change(id, change) { return this.#ask(`/${id}`, { method: "PATCH", body: change }); }
  remove(id) { return this.#ask(`/${id}`, { method: "DELETE" }); }
  removeAll(count) { return this.#ask("", { method: "DELETE", body: { count } }); }

  async say(id, message) {
    return (await this.#ask(`/${id}/messages`, { method: "POST", body: message })).id;
  }

  // `last`: the page is being closed.
  amend(id, message, said, last = false) {
    return this.#ask(`/${id}/messages/${message}`, { method: "PATCH", body: said, keepalive: last });
  }

  async tokens(id, message) {
    return (await this.#ask(`/${id}/messages/${message}/tokens`)).tokens;
  }

  async exported(id, form) {
    const path = id === null ? "/export" : `/${id}/export?as=${form}`;
    return (await request(`${ROOT}${path}`)).text();
  }

  import(archive) { return this.#ask("/import", { method: "POST", body: archive }); }
}

// What only this page remembers.
class Page {
  kept = false;
  #all = new Map();
  #next = 1;

  async list() {
    return [...this.#all.values()].sort((a, b) => b.updated_ms - a.updated_ms);
  }

  async search(words) {
    const found = [];
    for (const one of await this.list()) {
      const text = [one.title, ...one.messages.map((message) => message.text)].join("\n");
      const has = (word) => text.toLowerCase().includes(word);
      if (words.toLowerCase().split(/\s+/).every(has)) {
        found.push({ conversation: one.id, title: one.title, updated_ms: one.updated_ms, excerpt: "" });
      }
    }
    return found;
  }

  async load(id) {
    const one = this.#all.get(id);
    if (!one) throw new Error("There is no such conversation; it may have been deleted.");
    return structuredClone(one);
  }

  async create(draft) {
    const now = Date.now();
    const one = { ...draft, id: this.#next++, created_ms: now, updated_ms: now, leaf: null, messages: [] };
    this.#all.set(one.id, one);
    return one;
  }

  async change(id, change) { Object.assign(this.#all.get(id) ?? {}, change); }
  async remove(id) { this.#all.delete(id); }
  async removeAll() { this.#all.clear(); }

  async say(id, message) {
    const one = this.#all.get(id);
    const kept = { reasoning: "", finish: null, ...message, id: this.#next++ };
    one.messages.push(kept);
    one.leaf = kept.id;
    one.updated_ms = Date.now();
    return kept.id;
  }

  async amend(id, message, said) {
    const kept = this.#all.get(id)?.messages.find((one) => one.id === message);
    Object.assign(kept ?? {}, said, said.tokens ? { has_tokens: true } : {});
  }

  async tokens(id, message) {
    return this.#all.get(id)?.messages.find((one) => one.id === message)?.tokens ?? [];
  }

  async exported() { throw new Error("Conversations of this page only cannot be exported."); }
  async import() { throw new Error("This server keeps no conversations."); }
}

// The server's, or this page's with the reason why.
export async function open() {
  const server = new Server();
  try {
    return { keep: server, list: await server.list(), why: null };
  } catch (error) {
    if (error.status === 401) throw error;
    return { keep: new Page(), list: [], why: error.status === 404 ? "" : error.message };
  }
}
