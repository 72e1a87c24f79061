// How likely each token was: the answer's tokens, each tinted by what the model doubted of it, and for the
// one that is pointed at, or stepped to with the arrow keys, what else could have stood there.

import { appendText, byId, make } from "./dom.js";

const tip = byId("likely");
let shown = null; // The token that the tip is about.

// Follows a list of tokens that grows.
export class Tokens {
  constructor(root) {
    this.root = root;
    this.tokens = [];
    this.here = 0;
    root.addEventListener("pointerover", (event) => this.#point(event.target));
    root.addEventListener("pointerleave", () => {
      if (shown !== document.activeElement) hide();
    });
    root.addEventListener("focusin", (event) => {
      this.#come(this.#place(event.target));
      this.#point(event.target);
    });
    root.addEventListener("focusout", hide);
    root.addEventListener("click", (event) => this.#place(event.target) >= 0 && event.target.focus());
    root.addEventListener("keydown", (event) => this.#step(event));
  }

  set(tokens) {
    if (tokens !== this.tokens) this.root.replaceChildren();
    this.tokens = tokens;
    const more = document.createDocumentFragment();
    for (let i = this.root.childElementCount; i < tokens.length; i++) more.append(drawn(tokens[i]));
    this.root.append(more);
    // One place to come to with the tab key; the arrows lead on.
    if (this.root.children[this.here]) this.root.children[this.here].tabIndex = 0;
  }

  #place(element) {
    return element.classList.contains("token") ? [...this.root.children].indexOf(element) : -1;
  }

  #point(element) {
    const place = this.#place(element);
    if (place >= 0) show(element, this.tokens[place]);
  }

  #come(place) {
    if (place < 0) return;
    const before = this.root.children[this.here];
    if (before) before.tabIndex = -1;
    this.here = place;
    this.root.children[place].tabIndex = 0;
  }

  #step(event) {
    const last = this.tokens.length - 1;
    const to = {
      ArrowRight: this.here + 1, ArrowLeft: this.here - 1, Home: 0, End: last,
    }[event.key];
    if (event.key === "Escape" && !tip.hidden) {
      hide();
      event.stopPropagation();
      return;
    }
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const element = this.root.children[Math.min(Math.max(to, 0), last)];
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  }
}

function drawn([text, logprob]) {
  const element = make("span", "token");
  // A line's end is shown, and ends the line.
  appendText(element, text.replaceAll("\n", "↵\n") || "∅");
  element.style.setProperty("--doubt", (1 - Math.exp(logprob)).toFixed(3));
  element.tabIndex = -1;
  return element;
}

// Of all tokens together: the share that the model gave each on the average, and the perplexity.
export function inAll(tokens) {
  if (tokens.length === 0) return "";
  const mean = tokens.reduce((sum, [, logprob]) => sum + logprob, 0) / tokens.length;
  return `perplexity ${Math.exp(-mean).toFixed(2)}`;
}

function show(element, token) {
  shown?.removeAttribute("aria-describedby");
  shown = element;
  element.setAttribute("aria-describedby", "likely");
  fill(token);
  tip.hidden = false;
  place(element);
}

function hide() {
  shown?.removeAttribute("aria-describedby");
  shown = null;
  tip.hidden = true;
}

function fill([text, logprob, others]) {
  const list = make("ol");
  tip.replaceChildren(list);
  const isAmong = others.some(([other]) => other === text);
  for (const [other, its] of isAmong ? others : [[text, logprob], ...others]) {
    const row = list.appendChild(make("li", other === text ? "taken" : ""));
    appendText(row.appendChild(make("code")), quoted(other));
    row.append(make("span", "share", percent(its)));
    row.style.setProperty("--share", `${(Math.exp(its) * 100).toFixed(1)}%`);
  }
}

// Spaces and line ends can be seen.
function quoted(text) {
  return text.replaceAll("\n", "↵").replaceAll("\t", "⇥").replace(/^ | $/g, "␣") || "∅";
}

function percent(logprob) {
  const share = Math.exp(logprob) * 100;
  if (share >= 99.95) return "100 %";
  return share < 0.1 ? "< 0.1 %" : `${share.toFixed(1)} %`;
}

// Above the token, or below where there is no room; within the window.
function place(element) {
  const at = element.getClientRects()[0] ?? element.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const gap = 8;
  const isAbove = at.top - height - gap > 60;
  const left = Math.min(Math.max(at.left + at.width / 2 - width / 2, gap), innerWidth - width - gap);
  tip.style.left = `${Math.round(left)}px`;
  tip.style.top = `${Math.round(isAbove ? at.top - height - gap : at.bottom + gap)}px`;
}

function follow() {
  if (shown) place(shown);
}

addEventListener("scroll", follow, true);
addEventListener("resize", follow);
