// Markdown within a paragraph: a text in, a list of nodes out (CommonMark's inlines, with GitHub's
// strikethrough and bare addresses).
//
// Every place of the text is looked at a bounded number of times, whatever is written there: whoever looks
// ahead has a bound or stops where another attempt could begin, and no expression goes back over what it
// has read. Left out on purpose: HTML, references to links elsewhere, and the rule of three for stars;
// an image is a link, since nothing is loaded. A line's end breaks the line, as in a chat.
//
// Nodes: {kind: "text" | "code" | "maths", text}, {kind: "strong" | "em" | "strike", nodes},
// {kind: "link", href, nodes, image}, {kind: "break"}.

import { bareEnd } from "./links.js";

const SPECIAL = /[\\`*_~[\]!<$&\nh]/g;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": "\u00a0" };
const MAX_RUN = 6; // Stars or lines in a row that mean anything.
const MAX_OPEN = 24; // Emphasis within emphasis.
const MAX_TITLE = 300;
const MAX_MATHS = 1000;

export function inline(text) {
  return new Reader(text).read();
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.nodes = [];
    this.plain = ""; // Text not yet in a node.
    this.brackets = []; // Open ones: their places among the nodes.
  }

  read() {
    const { text } = this;
    while (this.at < text.length) {
      SPECIAL.lastIndex = this.at;
      const next = SPECIAL.exec(text)?.index ?? text.length;
      this.plain += text.slice(this.at, next);
      this.at = next;
      if (next < text.length && !this.special(text[next])) this.plain += text[this.at++];
    }
    this.flush();
    return emphasized(this.nodes);
  }

  // Reads what a special character begins; false where it stands for itself.
  special(c) {
    switch (c) {
      case "\\": return this.escape();
      case "`": return this.code();
      case "*": case "_": case "~": return this.run(c);
      case "!": return this.text[this.at + 1] === "[" && this.bracket(2, true);
      case "[": return this.bracket(1, false);
      case "]": return this.link();
      case "<": return this.angle();
      case "$": return this.dollar();
      case "&": return this.entity();
      case "\n": return this.lineEnd();
      default: return this.bare();
    }
  }

  flush() {
    if (this.plain) this.nodes.push({ kind: "text", text: this.plain });
    this.plain = "";
  }

  push(node, length) {
    this.flush();
    this.nodes.push(node);
    this.at += length;
    return true;
  }

  // Where `mark` comes next, no further than a formula may be long; or -1.
  find(mark, from) {
    const found = this.text.slice(from, from + MAX_MATHS).indexOf(mark);
    return found < 0 ? -1 : from + found;
  }

  escape() {
    const next = this.text[this.at + 1];
    if (next === "(" || next === "[") {
      const end = this.find(next === "(" ? "\\)" : "\\]", this.at + 2);
      if (end > 0) return this.maths(2, end, 2);
    }
    if (next === "\n") return this.push({ kind: "break" }, 2);
    if (!next || !ESCAPABLE.test(next)) return false;
    this.plain += next;
    this.at += 2;
    return true;
  }

  maths(before, end, after) {
    const text = this.text.slice(this.at + before, end).trim();
    return text !== "" && this.push({ kind: "maths", text }, end + after - this.at);
  }

  // Between two dollars, or twice two, on one line. Prices are none: no space inside, no digit behind.
  dollar() {
    const { text, at } = this;
    const mark = text[at + 1] === "$" ? "$$" : "$";
    const end = this.find(mark, at + mark.length);
    if (end < 0 || text.slice(at, end).includes("\n")) return false;
    const isPrice = /\s/.test(text[at + 1]) || /\s/.test(text[end - 1]) || /[0-9]/.test(text[end + 1] ?? "");
    if (mark === "$" && isPrice) return false;
    return this.maths(mark.length, end, mark.length);
  }

  code() {
    const { text, at } = this;
    let count = 1;
    while (text[at + count] === "`") count++;
    const end = this.closingTicks(count, at + count);
    if (end < 0) {
      this.plain += text.slice(at, at + count);
      this.at += count;
      return true;
    }
    let inside = text.slice(at + count, end).replaceAll("\n", " ");
    const isPadded = inside.startsWith(" ") && inside.endsWith(" ") && inside.trim() !== "";
    if (isPadded) inside = inside.slice(1, -1);
    return this.push({ kind: "code", text: inside }, end + count - at);
  }

  // The next run of exactly so many backticks. All runs are listed once, each list is walked once.
  closingTicks(count, from) {
    this.ticks ??= runsOfTicks(this.text);
    const places = this.ticks.get(count);
    if (!places) return -1;
    while (places.next < places.at.length && places.at[places.next] < from) places.next++;
    return places.at[places.next] ?? -1;
  }

  run(c) {
    const { text, at } = this;
    let count = 1;
    while (text[at + count] === c) count++;
    const isMarks = c === "~" ? count === 2 : count <= MAX_RUN;
    if (!isMarks) {
      this.plain += text.slice(at, at + count);
      this.at += count;
      return true;
    }
    return this.push({ kind: "run", c, count, ...flanks(text[at - 1], text[at + count], c) }, count);
  }

  bracket(length, image) {
    this.flush();
    this.brackets.push({ place: this.nodes.length, image });
    return this.push({ kind: "text", text: this.text.slice(this.at, this.at + length) }, length);
  }

  link() {
    const open = this.brackets.pop();
    if (!open) return false;
    const target = destination(this.text, this.at + 1);
    if (!target) return false;
    this.flush();
    const nodes = emphasized(this.nodes.splice(open.place + 1));
    this.nodes.pop();
    this.brackets.length = 0; // A link holds no link.
    return this.push({ kind: "link", href: target.href, nodes, image: open.image }, target.end - this.at);
  }

  // Addresses and names@hosts between angles, and `<br>`, which models write in tables.
  angle() {
    const { text, at } = this;
    let end = at + 1;
    while (end < text.length && end - at < 400 && !" \t\n<>".includes(text[end])) end++;
    const inside = text.slice(at + 1, end);
    if (text.startsWith("<br />", at)) return this.push({ kind: "break" }, 6);
    if (text[end] !== ">") return false;
    const length = end + 1 - at;
    if (inside === "br" || inside === "br/") return this.push({ kind: "break" }, length);
    const isMail = /^[\w.+-]+@[\w.-]+$/.test(inside);
    if (!isMail && !/^(?:https?|mailto):/.test(inside)) return false;
    const nodes = [{ kind: "text", text: inside }];
    return this.push({ kind: "link", href: isMail ? `mailto:${inside}` : inside, nodes }, length);
  }

  bare() {
    const { text, at } = this;
    if (at > 0 && /[\w/]/.test(text[at - 1])) return false;
    const end = bareEnd(text, at);
    if (end === at || this.brackets.length > 0) return false;
    const href = text.slice(at, end);
    return this.push({ kind: "link", href, nodes: [{ kind: "text", text: href }] }, end - at);
  }

  entity() {
    const name = /^&[a-z]{2,4};/.exec(this.text.slice(this.at, this.at + 6))?.[0];
    if (!Object.hasOwn(ENTITIES, name ?? "")) return false;
    this.plain += ENTITIES[name];
    this.at += name.length;
    return true;
  }

  lineEnd() {
    this.plain = this.plain.trimEnd();
    return this.push({ kind: "break" }, 1);
  }
}

// Every run of backticks by its length, and how far the reader has come among them.
function runsOfTicks(text) {
  const runs = new Map();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    if (!runs.has(run.length)) runs.set(run.length, { at: [], next: 0 });
    runs.get(run.length).at.push(index);
  }
  return runs;
}

// Whether a run of marks may open or close emphasis, by what stands around it.
function flanks(before, after, c) {
  const isSpace = (c) => c === undefined || /\s/.test(c);
  const isPunctuation = (c) => c !== undefined && PUNCTUATION.test(c);
  const left = !isSpace(after) && (!isPunctuation(after) || isSpace(before) || isPunctuation(before));
  const right = !isSpace(before) && (!isPunctuation(before) || isSpace(after) || isPunctuation(after));
  if (c !== "_") return { opens: left, closes: right };
  return {
    opens: left && (!right || isPunctuation(before)),
    closes: right && (!left || isPunctuation(after)),
  };
}

// `(address "title")` from `at` on: the address and where it ends. Brackets end it, so that no two
// attempts read the same text.
function destination(text, at) {
  if (text[at] !== "(") return null;
  let i = skipSpaces(text, at + 1);
  const isAngled = text[i] === "<";
  const from = isAngled ? ++i : i;
  for (let depth = 0; i < text.length && i - from < 2000; i++) {
    const c = text[i];
    if (isAngled ? ">\n<[]".includes(c) : " \t\n[]<".includes(c)) break;
    if (!isAngled && c === "(") depth++;
    if (!isAngled && c === ")" && --depth < 0) break;
  }
  const href = text.slice(from, i);
  if (isAngled && text[i++] !== ">") return null;
  i = skipSpaces(text, i);
  if (text[i] === '"' || text[i] === "'") {
    const end = text.slice(i + 1, i + MAX_TITLE).indexOf(text[i]);
    if (end < 0) return null;
    i = skipSpaces(text, i + end + 2);
  }
  return text[i] === ")" && href ? { href, end: i + 1 } : null;
}

function skipSpaces(text, at) {
  let i = at;
  while (i - at < 100 && " \t\n".includes(text[i] ?? "x")) i++;
  return i;
}

// Turns runs of marks into emphasis: a run that closes takes the nearest one of its kind that is open.
function emphasized(nodes) {
  const out = [];
  const open = { "*": [], _: [], "~": [] };
  const opened = () => open["*"].length + open._.length + open["~"].length;
  for (const node of nodes) {
    if (node.kind !== "run") {
      out.push(node);
      continue;
    }
    let left = node.count;
    const stack = open[node.c];
    while (node.closes && left > 0 && stack.length > 0) left -= close(out, open, node.c, left);
    if (left === 0) continue;
    const isOpen = node.opens && opened() < MAX_OPEN;
    if (isOpen) stack.push(out.length);
    out.push({ kind: "run", c: node.c, count: left });
  }
  return out.map(settled);
}

// Wraps what stands behind the nearest open run, and says how many marks that took.
function close(out, open, c, left) {
  const place = open[c].at(-1);
  const opener = out[place];
  const used = Math.min(left, opener.count) >= 2 ? 2 : 1;
  const nodes = out.splice(place + 1).map(settled);
  for (const stack of Object.values(open)) {
    while (stack.length > 0 && stack.at(-1) > place) stack.pop();
  }
  opener.count -= used;
  if (opener.count === 0) {
    out.pop();
    open[c].pop();
  }
  const kind = c === "~" ? "strike" : used === 2 ? "strong" : "em";
  out.push({ kind, nodes });
  return used;
}

// A run that nothing closed is text.
function settled(node) {
  return node.kind === "run" ? { kind: "text", text: node.c.repeat(node.count) } : node;
}
