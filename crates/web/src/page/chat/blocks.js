// Markdown's blocks: lines in, a list of plain objects out (CommonMark's, with GitHub's tables and tasks).
//
// Each line is read once at each level of quotes and lists, of which there are at most DEPTH; below that
// all is text. Left out on purpose: HTML, code by indentation (models indent for other reasons), headings
// by underlines, references, and quotes that go on without their mark. Formulas stay as they are written.
//
// Blocks: {kind: "paragraph" | "heading", text, level}, {kind: "code", language, text},
// {kind: "maths", text}, {kind: "rule"}, {kind: "quote", blocks}, {kind: "list", ordered, start, loose,
// items: [{task, blocks}]}, {kind: "table", head, rows, sides}; `line` is where it begins.

export const DEPTH = 10;
const MAX_COLUMNS = 50;

export function blocks(lines, depth = 0) {
  const out = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at++;
      continue;
    }
    const { next, ...block } = readers(depth, lines, at);
    out.push({ ...block, line: at });
    at = next;
  }
  return out;
}

// Lines as the readers want them: without returns, and with spaces for tabs at their beginning.
export function toLines(text) {
  return text.split("\n").map(plainLine);
}

function plainLine(line) {
  const ended = line.endsWith("\r") ? line.slice(0, -1) : line;
  return ended.replace(/^[ \t]+/, (indent) => indent.replaceAll("\t", "    "));
}

function readers(depth, lines, at) {
  const within = depth < DEPTH && (quote(lines, at, depth) ?? list(lines, at, depth));
  return fence(lines, at) ?? maths(lines, at) ?? heading(lines, at) ?? rule(lines, at) ?? (within || null) ??
    table(lines, at) ?? paragraph(lines, at, depth);
}

const isBlank = (line) => line.trim() === "";
const indentOf = (line) => line.length - line.trimStart().length;

// Whether a line begins a block that ends a paragraph.
function begins(lines, at, depth) {
  const line = lines[at];
  if (isFence(line) || isHeading(line) || isRule(line) || isMaths(line)) return true;
  if (depth >= DEPTH) return false;
  const mark = marker(line);
  // A number in the middle of a sentence may come to stand at a line's beginning.
  const isItem = mark !== null && (!mark.ordered || mark.start === 1) && !mark.empty;
  return isQuote(line) || isItem || isTable(lines, at);
}

const isFence = (line) => /^ *(?:`{3,}[^`]*$|~{3,})/.test(line);

function fence(lines, at) {
  if (!isFence(lines[at])) return null;
  const [, indent, mark, info] = /^( *)(`{3,}|~{3,})(.*)$/.exec(lines[at]);
  const text = [];
  let next = at + 1;
  for (; next < lines.length; next++) {
    const line = lines[next].trim();
    if (line.length >= mark.length && line[0] === mark[0] && isOnly(line, mark[0])) break;
    text.push(lines[next].slice(Math.min(indent.length, indentOf(lines[next]))));
  }
  const language = info.trim().split(/[\s{,]/, 1)[0].slice(0, 30);
  return { kind: "code", language, text: text.join("\n"), next: next + 1 };
}

function isOnly(line, c) {
  for (const other of line) if (other !== c) return false;
  return true;
}

// A formula that ends in the middle of its first line is part of a paragraph.
function isMaths(line) {
  const text = line.trim();
  if (!text.startsWith("$$") && !text.startsWith("\\[")) return false;
  const mark = text.startsWith("$$") ? "$$" : "\\]";
  const end = text.indexOf(mark, 2);
  return end < 0 || end + 2 === text.length;
}

function maths(lines, at) {
  if (!isMaths(lines[at])) return null;
  const first = lines[at].trim();
  const mark = first.startsWith("$$") ? "$$" : "\\]";
  const text = [first.slice(2)];
  let next = at + 1;
  while (!text.at(-1).endsWith(mark) && next < lines.length && !isBlank(lines[next])) {
    text.push(lines[next++].trimEnd());
  }
  const inside = text.join("\n");
  return { kind: "maths", text: (inside.endsWith(mark) ? inside.slice(0, -2) : inside).trim(), next };
}

const isHeading = (line) => /^ {0,3}#{1,6}(?: |$)/.test(line);

function heading(lines, at) {
  if (!isHeading(lines[at])) return null;
  const line = lines[at].trim();
  const level = /^#+/.exec(line)[0].length;
  let end = line.length;
  while (end > level && line[end - 1] === "#") end--;
  const isClosed = end === level || line[end - 1] === " ";
  const text = line.slice(level, isClosed ? end : line.length).trim();
  return { kind: "heading", level, text, next: at + 1 };
}

const isRule = (line) => /^(?:-{3,}|\*{3,}|_{3,})$/.test(line.replaceAll(" ", ""));

function rule(lines, at) {
  return isRule(lines[at]) ? { kind: "rule", next: at + 1 } : null;
}

const isQuote = (line) => /^ {0,3}>/.test(line);

function quote(lines, at, depth) {
  const inside = [];
  let next = at;
  for (; next < lines.length && isQuote(lines[next]); next++) {
    inside.push(plainLine(lines[next].trimStart().slice(1).replace(/^ /, "")));
  }
  return next > at ? { kind: "quote", blocks: blocks(inside, depth + 1), next } : null;
}

// What begins an item: how far in it stands, and where its text does.
function marker(line) {
  const found = /^( *)(?:([-*+])|(\d{1,9})[.)])( +|$)/.exec(line);
  if (!found || isRule(line)) return null;
  const [whole, indent, , digits, space] = found;
  const pad = space.length >= 1 && space.length <= 4 ? space.length : 1;
  const content = whole.length - space.length + pad;
  const empty = line.length <= whole.length;
  return { indent: indent.length, content, ordered: digits !== undefined, start: Number(digits ?? 1), empty };
}

function list(lines, at, depth) {
  const first = marker(lines[at]);
  if (!first) return null;
  const items = [];
  let loose = false;
  let next = at;
  while (next < lines.length) {
    const here = marker(lines[next]);
    if (!here || here.ordered !== first.ordered || here.indent > first.indent + 3) break;
    const read = item(lines, next, here, depth);
    items.push(read.item);
    next = skipBlank(lines, read.next);
    const goesOn = next < lines.length && marker(lines[next])?.ordered === first.ordered;
    loose ||= read.hasGap || (goesOn && next > read.next);
    if (goesOn) continue;
    next = read.next;
    break;
  }
  return { kind: "list", ordered: first.ordered, start: first.start, loose, items, next };
}

// One item: its own lines, and those below that stand further in or go on with its paragraph.
function item(lines, at, here, depth) {
  const inside = [lines[at].slice(here.content)];
  let hasGap = false;
  let next = at + 1;
  while (next < lines.length) {
    const line = lines[next];
    if (isBlank(line)) {
      const after = skipBlank(lines, next);
      if (after >= lines.length || indentOf(lines[after]) < Math.min(here.content, here.indent + 2)) break;
      for (; next < after; next++) inside.push("");
      hasGap = true;
      continue;
    }
    const indent = indentOf(line);
    const isNested = indent >= here.content || (indent >= here.indent + 2 && marker(line) !== null);
    const isOther = marker(line) !== null || begins(lines, next, depth) || hasGap;
    if (!isNested && isOther && indent < here.indent + 2) break;
    inside.push(line.slice(Math.min(indent, here.content)));
    next++;
  }
  const task = /^\[([ xX])\] /.exec(inside[0]);
  if (task) inside[0] = inside[0].slice(4);
  const isDone = task !== null && task[1] !== " ";
  return { item: { task: isDone, isTask: task !== null, blocks: blocks(inside, depth + 1) }, next, hasGap };
}

function skipBlank(lines, at) {
  let next = at;
  while (next < lines.length && isBlank(lines[next])) next++;
  return next;
}

function isTable(lines, at) {
  const [head, below] = [lines[at], lines[at + 1]];
  if (below === undefined || !head.includes("|") || !below.includes("-")) return false;
  return sidesOf(below) !== null && cells(below).length === cells(head).length;
}

function table(lines, at) {
  if (!isTable(lines, at)) return null;
  const rows = [];
  let next = at + 2;
  for (; next < lines.length && lines[next].includes("|") && !isFence(lines[next]); next++) {
    rows.push(cells(lines[next]));
  }
  return { kind: "table", head: cells(lines[at]), sides: sidesOf(lines[at + 1]), rows, next };
}

// To which side each column goes, by the line below the head; null where that is no such line.
function sidesOf(line) {
  const sides = cells(line).map((cell) => {
    if (!/^:?-+:?$/.test(cell)) return null;
    const [left, right] = [cell.startsWith(":"), cell.endsWith(":")];
    return right ? (left ? "centre" : "right") : "left";
  });
  return sides.includes(null) ? null : sides;
}

// A row's cells; what lies beyond the last column that is shown stays in it.
function cells(line) {
  const row = line.trim();
  const out = [];
  let cell = "";
  for (let i = row.startsWith("|") ? 1 : 0; i < row.length; i++) {
    if (row[i] === "\\" && row[i + 1] === "|") {
      cell += row[++i];
    } else if (row[i] === "|" && out.length < MAX_COLUMNS - 1) {
      out.push(cell.trim());
      cell = "";
    } else {
      cell += row[i];
    }
  }
  if (cell.trim() !== "" || !row.endsWith("|")) out.push(cell.trim());
  return out;
}

function paragraph(lines, at, depth) {
  let next = at + 1;
  while (next < lines.length && !isBlank(lines[next]) && !begins(lines, next, depth)) next++;
  const text = lines.slice(at, next).map((line) => line.trimStart()).join("\n").trimEnd();
  return { kind: "paragraph", text, next };
}
