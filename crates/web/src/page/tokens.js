// The page of tokens: sends what is typed to be cut by the vocabulary of each pane, and shows what comes
// back. Tokens are many, so the page hears of pointers and keys once for a pane, not once a token.
"use strict";

const byId = (id) => document.getElementById(id);
const COLOURS = 5;
const AT_ONCE = 600; // Tokens drawn before a pane is shown: as a rule more than a screen holds.

const text = byId("text");
const asIds = byId("as-ids");
const detail = byId("detail");
const panes = [...document.querySelectorAll(".pane")].map((root) => ({
  root,
  of: root.querySelector("select"),
  count: root.querySelector(".count"),
  out: root.querySelector(".tokens"),
  tokens: [],
  here: -1,
  drawing: 0, // Which drawing this is: a newer one ends an older one.
  asking: false,
  stale: false, // Is something typed or chosen that is not asked about yet?
  since: 0, // When that began.
}));

// One question a pane at a time. What is typed meanwhile is asked about once its answer has come: so
// nothing waits for the typing to end, and a slow server is not asked once a key.
async function ask(pane) {
  if (!pane.stale) pane.since = performance.now();
  pane.stale = true;
  if (pane.asking) return;
  pane.asking = true;
  while (pane.stale) {
    const { since } = pane;
    const typed = text.value;
    pane.stale = false;
    show(pane, await cut(pane.of.value, typed), typed);
    pane.root.dataset.ms = (performance.now() - since).toFixed(1);
  }
  pane.asking = false;
}

async function cut(tokenizer, text) {
  try {
    const response = await fetch("/tokens/cut", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ tokenizer, text }),
    });
    return await response.json();
  } catch {
    return { error: "the server does not answer; start it again and type on" };
  }
}

function show(pane, answer, typed) {
  pane.here = -1;
  if (answer.error) {
    pane.drawing++;
    pane.tokens = [];
    pane.count.textContent = "";
    const words = document.createElement("p");
    words.className = "error";
    words.textContent = answer.error;
    pane.out.replaceChildren(words);
    return;
  }
  pane.tokens = answer.tokens;
  const bytes = new TextEncoder().encode(typed).length;
  const n = pane.tokens.length;
  const each = n ? `, ${(bytes / n).toFixed(2)} bytes each` : "";
  pane.count.textContent = `${n} tokens${each}`;
  draw(pane);
}

// Only what differs from the last answer is touched: whoever types one more letter has one more token
// drawn, and the browser has no other to lay out. Where much differs, what can be seen is shown first,
// and what lies below the screen follows.
async function draw(pane) {
  const { out, tokens } = pane;
  const drawing = ++pane.drawing;
  out.querySelector(".error")?.remove();
  out.classList.toggle("as-ids", asIds.checked);
  const drawn = [...out.children];
  for (let next = 0; ; ) {
    next = stretch(pane, drawn, next);
    for (const span of drawn.splice(next)) span.remove();
    if (next === tokens.length) return;
    await painted();
    if (pane.drawing !== drawing) return;
  }
}

// Draws from a token on until enough is new, and says where it stopped.
function stretch({ out, tokens }, drawn, next) {
  const more = document.createDocumentFragment();
  for (let touched = 0; next < tokens.length && touched < AT_ONCE; next++) {
    const token = tokens[next];
    const colour = `token c${next % COLOURS}`;
    const look = token.text === null ? `${colour} piece` : colour;
    const says = asIds.checked ? String(token.id) : words(token);
    const span = drawn[next] ?? more.appendChild(document.createElement("span"));
    if (span.className === look && span.textContent === says) continue;
    span.className = look;
    span.textContent = says;
    touched++;
  }
  out.append(more);
  return next;
}

const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

// A line's end is shown and ends the line; a piece of a character is its bytes.
const words = (token) =>
  token.text === null ? `‹${token.bytes}›` : token.text.replaceAll("\n", "↵\n");

function point(pane, i) {
  for (const other of panes) other.out.querySelector(".here")?.classList.remove("here");
  pane.here = i;
  const token = pane.tokens[i];
  const span = pane.out.children[i];
  if (!token || !span) return;
  span.classList.add("here");
  const name = token.text === null ? "a piece of a character" : JSON.stringify(token.text);
  detail.textContent = `${pane.of.value}: token ${i + 1} of ${pane.tokens.length}, id ${token.id}, ${name}, bytes ${token.bytes}`;
}

text.addEventListener("input", () => panes.forEach(ask));
// Where there are no tokens there may be an error to read.
asIds.addEventListener("change", () => panes.filter((pane) => pane.tokens.length).forEach(draw));
for (const pane of panes) {
  pane.of.addEventListener("change", () => ask(pane));
  pane.out.addEventListener("pointerover", (event) => {
    const i = [...pane.out.children].indexOf(event.target);
    if (i >= 0 && event.target.classList.contains("token")) point(pane, i);
  });
  pane.out.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || pane.tokens.length === 0) return;
    event.preventDefault();
    point(pane, Math.min(Math.max(pane.here + by, 0), pane.tokens.length - 1));
  });
  ask(pane);
}
