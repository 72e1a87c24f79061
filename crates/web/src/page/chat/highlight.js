// Code in colours: comments, strings, numbers, words of the language, calls, and what begins with a
// capital letter. One scanner for all languages; a language only says how its comments and strings look
// and which words are its own. Each alternative of its expression begins with a character of its own and
// needs no closing mark, so that it never goes back. Left out on purpose: grammars.

import { appendText, make } from "./dom.js";

const LONGEST = 60_000; // Longer code stays plain.

const words = (text) => new Set(text.split(" "));

const C = words(`abstract as async auto await bool boolean break byte case catch char class const
continue crate debugger default defer delete do double dyn else enum export extends extern false final
finally float fn for from func function go goto if impl implements import in instanceof int interface
internal is let long loop map match mod move mut namespace new nil null nullptr of override package
private protected pub public range readonly ref return self Self short signed static string struct super
switch template this throw throws trait true try type typedef typeof undefined union unsafe unsigned use
using val var virtual void volatile when where while with yield`.replaceAll("\n", " "));
const PYTHON = words(`and as assert async await break case class continue def del do done elif else esac
except export false False fi finally for from function global if import in is lambda let local match None
nonlocal not null or pass raise return self then true True try until while with yield end begin rescue
unless module require puts`.replaceAll("\n", " "));
const SQL = words(`add all alter and as asc between by case check column constraint create cross database
default delete desc distinct drop else end exists foreign from full group having if in index inner insert
into is join key left like limit not null offset on or order outer primary references right row select set
table then transaction begin commit rollback trigger union unique update using values view when where
with integer text real blob`.replaceAll("\n", " "));
const HASKELL = words(`case class data deriving do else end for function if import in infix instance let
local module newtype nil not of or and repeat return then true false type until where while elseif`
  .replaceAll("\n", " "));

const SLASHES = String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const HASH = String.raw`#[^\n]*`;
const DASHES = String.raw`--[^\n]*`;
const TAGS = String.raw`<!--[\s\S]*?(?:-->|$)`;
const QUOTED = String.raw`"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?`;
const TICKED = String.raw`|\x60(?:[^\x60\\]|\\[\s\S])*\x60?`;
const TRIPLE = String.raw`"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|`;
// A lifetime is no string.
const RUST = String.raw`"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[^\n]{1,8}?)'`;
const NEVER = String.raw`(?!)`;

const FAMILIES = {
  c: { comment: SLASHES, string: QUOTED + TICKED, own: C },
  rust: { comment: SLASHES, string: RUST, own: C },
  python: { comment: HASH, string: TRIPLE + QUOTED, own: PYTHON },
  sql: { comment: `${DASHES}|${SLASHES}`, string: QUOTED, own: SQL, anyCase: true },
  haskell: { comment: DASHES, string: QUOTED, own: HASKELL },
  html: { comment: TAGS, string: QUOTED, own: new Set(), tags: true },
  css: { comment: String.raw`\/\*[\s\S]*?(?:\*\/|$)`, string: QUOTED, own: new Set() },
  json: { comment: NEVER, string: QUOTED, own: words("true false null") },
};

const NAMES = {
  c: "c cpp c++ h hpp cc java js mjs javascript jsx ts typescript tsx cs csharp go kotlin swift php " +
    "scala dart zig",
  rust: "rust rs",
  python: "python py python3 sh bash zsh shell console ruby rb yaml yml toml perl r julia jl elixir ini " +
    "make makefile dockerfile",
  sql: "sql sqlite postgresql mysql",
  haskell: "haskell hs lua elm ada",
  html: "html xml svg vue",
  css: "css scss less",
  json: "json jsonl json5",
};

const FAMILY_OF = new Map(
  Object.entries(NAMES).flatMap(([family, names]) => names.split(" ").map((name) => [name, family])),
);

const expressions = new Map();

function expression(family) {
  if (!expressions.has(family)) {
    const { comment, string, tags } = FAMILIES[family];
    const number = String.raw`\b(?:0[xXbBo][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)`;
    const word = tags ? String.raw`<\/?[A-Za-z][\w:-]*` : String.raw`[@$]?[A-Za-z_][\w]*`;
    const source = `(?<comment>${comment})|(?<string>${string})|(?<number>${number})|(?<word>${word})`;
    expressions.set(family, new RegExp(source, "g"));
  }
  return expressions.get(family);
}

// Appends `code` to `into`, in colours where its language is known.
export function highlight(code, language, into) {
  const family = FAMILY_OF.get(language.toLowerCase());
  if (family === undefined || code.length > LONGEST) {
    if (["diff", "patch"].includes(language) && code.length <= LONGEST) changes(code, into);
    else appendText(into, code);
    return;
  }
  let at = 0;
  for (const match of code.matchAll(expression(family))) {
    const kind = kindOf(match, FAMILIES[family], code);
    if (!kind) continue;
    appendText(into, code.slice(at, match.index));
    appendText(into.appendChild(make("span", kind)), match[0]);
    at = match.index + match[0].length;
  }
  appendText(into, code.slice(at));
}

function kindOf({ 0: text, index, groups }, { own, anyCase, tags }, code) {
  if (groups.comment !== undefined) return "c-comment";
  if (groups.string !== undefined) return "c-string";
  if (groups.number !== undefined) return "c-number";
  if (tags || own.has(anyCase ? text.toLowerCase() : text)) return "c-word";
  if (code[index + text.length] === "(") return "c-call";
  return /^[A-Z]/.test(text) ? "c-type" : null;
}

function changes(code, into) {
  for (const line of code.split(/(?<=\n)/)) {
    const kind = { "+": "c-added", "-": "c-gone", "@": "c-number" }[line[0]];
    if (kind) appendText(into.appendChild(make("span", kind)), line);
    else appendText(into, line);
  }
}
