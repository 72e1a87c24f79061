// Markdown as elements: what blocks.js and inline.js read, made with createElement and text alone.
//
// A Writer follows a text that grows: what stands before its last block is final and is neither read nor
// drawn again, so that an answer costs what it is long, not its square. A text beyond all reason is shown
// as it is from there on.

import { blocks, toLines } from "./blocks.js";
import { appendText, fromTemplate, make } from "./dom.js";
import { highlight } from "./highlight.js";
import { inline } from "./inline.js";
import { safeLink } from "./links.js";

const LONGEST = 300_000; // Characters; what comes after is shown plainly.

export class Writer {
  constructor(root) {
    this.root = root;
    this.clear();
  }

  clear() {
    this.root.replaceChildren();
    this.final = 0; // Characters of the text that are drawn for good,
    this.kept = 0; // and the elements that they are.
    this.text = "";
  }

  set(text) {
    if (text === this.text) return;
    if (!text.startsWith(this.text)) this.clear();
    this.text = text;
    const rest = text.slice(this.final, LONGEST);
    const read = blocks(toLines(rest));
    while (this.root.childNodes.length > this.kept) this.root.lastChild.remove();
    for (const block of read) this.root.append(drawn(block));
    if (text.length > LONGEST) this.root.append(make("pre", "", text.slice(LONGEST)));
    this.#settle(rest, read);
  }

  // The last block is open, and so is the one before while the last is no more than a line that has not
  // ended: "2" may become "2." and belong to the list above.
  #settle(rest, read) {
    const last = read.at(-1);
    const isBegun = last !== undefined && rest.indexOf("\n", lineStart(rest, last.line)) < 0;
    const settled = read.length - (isBegun ? 2 : 1);
    if (settled < 1) return;
    this.kept += settled;
    this.final += lineStart(rest, read[settled].line);
  }
}

// Where the line of this number begins.
function lineStart(text, line) {
  let at = 0;
  for (let i = 0; i < line; i++) at = text.indexOf("\n", at) + 1;
  return at;
}

// The whole of a text at once.
export function write(root, text) {
  new Writer(root).set(text);
}

const DRAWN = {
  paragraph: (block) => prose("p", block.text),
  // The page has headings of its own above.
  heading: (block) => prose(`h${Math.min(block.level + 2, 6)}`, block.text),
  code: (block) => codeFigure(block.text, block.language),
  maths: (block) => maths("p", block.text),
  rule: () => make("hr"),
  quote: (block) => filled(make("blockquote"), block.blocks),
  list,
  table,
};

function drawn(block) {
  return DRAWN[block.kind](block);
}

function filled(element, inside) {
  for (const block of inside) element.append(drawn(block));
  return element;
}

function prose(tag, text) {
  const element = make(tag);
  element.dir = "auto";
  fill(element, inline(text));
  return element;
}

function codeFigure(text, language) {
  const figure = fromTemplate("a-code");
  figure.querySelector(".language").textContent = language || "text";
  highlight(text, language, figure.querySelector("code"));
  return figure;
}

function maths(tag, text) {
  const element = make(tag, "maths");
  appendText(element.appendChild(make("code")), text);
  return element;
}

function list(block) {
  const element = make(block.ordered ? "ol" : "ul");
  if (block.ordered && block.start !== 1) element.start = block.start;
  for (const { task, isTask, blocks: inside } of block.items) {
    const item = element.appendChild(make("li", isTask ? "task" : ""));
    item.dir = "auto";
    if (isTask) {
      const box = item.appendChild(make("input"));
      box.type = "checkbox";
      box.checked = task;
      box.disabled = true;
    }
    for (const [i, one] of inside.entries()) {
      // The text of a tight list stands in the item itself.
      if (i === 0 && one.kind === "paragraph" && !block.loose) fill(item, inline(one.text));
      else item.append(drawn(one));
    }
  }
  return element;
}

function table({ head, rows, sides }) {
  const frame = make("div", "table");
  frame.tabIndex = 0;
  const element = frame.appendChild(make("table"));
  const add = (parent, tag, cells) => {
    const row = parent.appendChild(make("tr"));
    for (const [i, text] of cells.entries()) {
      const cell = row.appendChild(prose(tag, text));
      if (sides[i] && sides[i] !== "left") cell.className = sides[i];
    }
  };
  add(element.appendChild(make("thead")), "th", head);
  const body = element.appendChild(make("tbody"));
  for (const row of rows) add(body, "td", row);
  return frame;
}

function fill(parent, nodes) {
  for (const node of nodes) {
    if (node.kind === "text") appendText(parent, node.text);
    else if (node.kind === "break") parent.append(make("br"));
    else if (node.kind === "maths") parent.append(maths("span", node.text));
    else if (node.kind === "code") appendText(parent.appendChild(make("code")), node.text);
    else if (node.kind === "link") link(parent, node);
    else fill(parent.appendChild(make({ strong: "strong", em: "em", strike: "s" }[node.kind])), node.nodes);
  }
}

// A link says where it leads, unless its text does. An address that is not safe stays text, all of it.
function link(parent, { href, nodes, image }) {
  const safe = safeLink(href);
  if (!safe) {
    parent.append(image ? "![" : "[");
    fill(parent, nodes);
    appendText(parent, `](${href})`);
    return;
  }
  const element = make("a");
  element.href = safe.href;
  element.rel = "noopener noreferrer nofollow";
  element.referrerPolicy = "no-referrer";
  element.target = "_blank";
  element.title = safe.href;
  const text = make("bdi");
  if (image) text.append("Image: ");
  fill(text, nodes);
  if (text.textContent.trim() === "") text.append(safe.host);
  element.append(text);
  if (!text.textContent.includes(safe.host)) element.append(make("span", "host", ` ${safe.host}`));
  parent.append(element);
}
