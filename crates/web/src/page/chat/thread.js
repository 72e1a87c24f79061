// A conversation as a tree of messages, of which one branch is shown, and the line in which what happens
// to it is kept.
//
// A message is {id, parent, role, text, reasoning, finish, usage, seconds, tokens, hasTokens}: `parent` is
// a message too, `id` is null until it is kept, `tokens` null until they are known.

export class Thread {
  constructor(keep, kept = null) {
    this.keep = keep;
    this.id = kept?.id ?? null;
    this.title = kept?.title ?? "";
    this.model = kept?.model ?? null;
    this.system = kept?.system ?? "";
    this.parameters = kept?.parameters ?? null;
    this.answering = null; // The Answer under way.
    this.trouble = null; // What stood in the way of the last one.
    this.messages = [];
    this.leaf = null;
    this.line = Promise.resolve();
    this.onTrouble = () => {};
    if (kept) this.#take(kept);
  }

  #take({ messages, leaf }) {
    const byId = new Map();
    for (const one of messages) {
      const parent = byId.get(one.parent) ?? null;
      const usage = one.completion_tokens == null ? null :
        { prompt: one.prompt_tokens, completion: one.completion_tokens };
      byId.set(one.id, {
        id: one.id, parent, role: one.role, text: one.text, reasoning: one.reasoning,
        finish: one.finish, usage, seconds: one.seconds, tokens: null, hasTokens: one.has_tokens === true,
      });
    }
    this.messages = [...byId.values()];
    this.leaf = byId.get(leaf) ?? this.messages.at(-1) ?? null;
  }

  // The messages that are shown, from the first on.
  path() {
    const path = [];
    for (let at = this.leaf; at; at = at.parent) path.unshift(at);
    return path;
  }

  // All versions of a message: what else was said at its place.
  versions(message) {
    return this.messages.filter((one) => one.parent === message.parent && one.role === message.role);
  }

  // Shows the branch of this version as it was last.
  choose(message) {
    let leaf = message;
    for (const one of this.messages) if (one.parent === leaf) leaf = one;
    // Children stand behind their parents, so that one walk finds the newest below the newest.
    this.leaf = leaf;
    this.later(() => this.id && leaf.id && this.keep.change(this.id, { leaf: leaf.id }));
  }

  add(parent, role, text = "") {
    const message = {
      id: null, parent, role, text, reasoning: "", finish: role === "user" ? "said" : null,
      usage: null, seconds: null, tokens: null, hasTokens: false,
    };
    this.messages.push(message);
    this.leaf = message;
    return message;
  }

  // Takes back what was never kept.
  drop(message) {
    this.messages = this.messages.filter((one) => one !== message);
    if (this.leaf === message) this.leaf = message.parent;
  }

  // Does `task` once all before it is done. What cannot be kept is told, and the talk goes on.
  later(task) {
    const run = async () => {
      try {
        await task();
      } catch (error) {
        this.onTrouble(error);
      }
    };
    this.line = this.line.then(run);
    return this.line;
  }

  // Keeps a message that is not kept yet.
  say(message) {
    return this.later(async () => {
      const { role, text, reasoning, finish } = message;
      const parent = message.parent?.id ?? null;
      // What stands before it could not be kept, and was told of.
      if (this.id === null || (message.parent && parent === null)) return;
      message.id = await this.keep.say(this.id, { parent, role, text, reasoning, finish });
    });
  }
}
