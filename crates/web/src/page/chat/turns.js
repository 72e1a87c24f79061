// The messages on the page: one element each, made once, and drawn again where something changed.

import { appendText, byId, copyText, flash, fromTemplate, make, notice } from "./dom.js";
import { inAll, Tokens } from "./likely.js";
import { Writer } from "./prose.js";

const ENDED = {
  length: "The answer reached its limit of length.",
  stopped: "Stopped.",
  failed: "The answer broke off.",
  content_filter: "The server held the rest back.",
};

class Turn {
  constructor(message, does) {
    this.message = message;
    this.root = fromTemplate("a-turn");
    const find = (name) => this.root.querySelector(name);
    this.said = find(".said");
    this.likelihoods = find(".likelihoods");
    this.reasoning = find(".reasoning");
    this.facts = find(".facts");
    this.ways = find(".ways");
    this.root.classList.add(message.role);
    find(".who").textContent = message.role === "user" ? "You" : "Model";
    find(message.role === "user" ? ".again" : ".edit").remove();
    this.#listen(find, does);
    if (message.role === "user") {
      this.reasoning.remove();
      this.said.dir = "auto";
      appendText(this.said, message.text);
    } else {
      this.writer = new Writer(this.said);
      this.thoughts = new Writer(find(".reasoning .prose"));
      this.tokens = new Tokens(this.likelihoods);
    }
  }

  #listen(find, does) {
    const { message } = this;
    find(".copy").addEventListener("click", async (event) => {
      const button = event.currentTarget;
      flash(button, (await copyText(message.text)) ? "Copied" : "Not copied");
    });
    find(".again")?.addEventListener("click", () => does.again(message));
    find(".edit")?.addEventListener("click", () => this.edit(does));
    find(".ways .before").addEventListener("click", () => does.step(message, -1));
    find(".ways .after").addEventListener("click", () => does.step(message, 1));
  }

  // Draws what may have changed; `answering` where this is the answer under way.
  draw({ versions, answering, likely, thought, canAct }) {
    const { message, root } = this;
    root.classList.toggle("waiting", answering);
    root.classList.toggle("empty", answering && message.text === "" && message.reasoning === "");
    if (message.role === "assistant") this.#drawAnswer(answering, likely, thought);
    const place = versions.indexOf(message);
    this.ways.hidden = versions.length < 2;
    this.ways.querySelector(".which").textContent = `${place + 1} / ${versions.length}`;
    this.ways.querySelector(".before").disabled = place === 0;
    this.ways.querySelector(".after").disabled = place === versions.length - 1;
    for (const button of root.querySelectorAll(".again, .edit")) button.disabled = !canAct;
    this.facts.textContent = answering ? "" : facts(message, likely);
  }

  #drawAnswer(answering, likely, thought) {
    const { message } = this;
    this.reasoning.hidden = message.reasoning === "";
    if (message.reasoning) {
      const isThinking = answering && message.text === "";
      const seconds = thought < 1 ? "a moment" : `${thought?.toFixed(0)} s`;
      const thoughts = thought === null ? "Thoughts" : `Thought for ${seconds}`;
      this.reasoning.querySelector(".thought").textContent = isThinking ? "Thinking…" : thoughts;
      this.reasoning.classList.toggle("thinking", isThinking);
      this.thoughts.set(message.reasoning);
    }
    const withTokens = likely && message.tokens !== null && message.tokens.length > 0;
    this.said.hidden = withTokens;
    this.likelihoods.hidden = !withTokens;
    if (withTokens) this.tokens.set(message.tokens);
    else this.writer.set(message.text);
  }

  // A question, put in other words.
  edit(does) {
    if (this.root.classList.contains("edited")) return;
    const form = fromTemplate("an-edit");
    const area = form.querySelector("textarea");
    area.value = this.message.text;
    const close = () => {
      form.remove();
      this.root.classList.remove("edited");
    };
    form.querySelector(".cancel").addEventListener("click", () => {
      close();
      this.root.querySelector(".edit").focus();
    });
    const send = () => {
      if (area.value.trim() === "" || !does.edited(this.message, area.value.trim())) return;
      close();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    area.addEventListener("input", () => grow(area));
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        form.querySelector(".cancel").click();
      } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        send();
      }
    });
    this.root.classList.add("edited");
    this.said.before(form);
    grow(area);
    area.focus();
  }
}

// A text area as high as its text.
export function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

function facts({ role, usage, seconds, finish, tokens }, likely) {
  if (role === "user") return "";
  const parts = [];
  if (finish === null) parts.push("This answer was cut off.");
  if (ENDED[finish]) parts.push(ENDED[finish]);
  if (usage) parts.push(`${usage.completion} token${usage.completion === 1 ? "" : "s"}`);
  if (usage && seconds > 0.05) parts.push(`${(usage.completion / seconds).toFixed(1)} tokens/s`);
  if (likely && tokens) parts.push(inAll(tokens));
  return parts.join(" · ");
}

export class Turns {
  constructor(does) {
    this.log = byId("log");
    this.does = does;
    this.made = new WeakMap();
  }

  // Shows a conversation's branch; elements of messages that stay, stay.
  show(thread, likely) {
    const path = thread.path();
    const wanted = path.map((message) => this.#turn(message).root);
    const there = [...this.log.children];
    let same = 0;
    while (same < there.length && there[same] === wanted[same]) same++;
    for (const element of there.slice(same)) element.remove();
    this.log.append(...wanted.slice(same));
    for (const message of path) this.draw(thread, message, likely);
  }

  draw(thread, message, likely) {
    const answering = thread.answering?.message === message;
    this.#turn(message).draw({
      versions: thread.versions(message),
      answering,
      likely,
      thought: this.#thought(thread, message),
      canAct: thread.answering === null,
    });
    if (likely) this.#fetchTokens(thread, message);
  }

  // How long it thought is known of answers of this page only, and remembered here.
  #thought(thread, message) {
    const turn = this.#turn(message);
    if (thread.answering?.message === message) turn.seconds = thread.answering.thoughtSeconds ?? turn.seconds;
    return turn.seconds ?? null;
  }

  async #fetchTokens(thread, message) {
    if (!message.hasTokens || message.tokens !== null || message.id === null) return;
    message.tokens = [];
    try {
      message.tokens = await thread.keep.tokens(thread.id, message.id);
      this.draw(thread, message, true);
    } catch (error) {
      message.tokens = null;
      message.hasTokens = false;
      notice(error.message);
    }
  }

  edit(message) {
    this.#turn(message).edit(this.does);
  }

  #turn(message) {
    if (!this.made.has(message)) this.made.set(message, new Turn(message, this.does));
    return this.made.get(message);
  }
}

// What stood in the way of an answer, and a button that tries again; counts down where the server said
// how long to wait.
export function showTrouble(error, again) {
  const place = byId("trouble");
  place.replaceChildren();
  if (!error) return;
  const box = place.appendChild(make("div", "error"));
  appendText(box.appendChild(make("span")), error.message);
  const button = box.appendChild(make("button", "quiet", "Try again"));
  button.type = "button";
  button.addEventListener("click", again);
  if (!error.wait) return;
  const until = Date.now() + error.wait * 1000;
  const count = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (!button.isConnected) return;
    button.textContent = left > 0 ? `Try again (in ${left} s)` : "Try again";
    if (left > 0) setTimeout(count, 500);
  };
  count();
}
