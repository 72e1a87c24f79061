// Which addresses a model may have shown as links, and where they lead.
//
// http, https and mailto, whole addresses only, without a name and password before the host ("trusted@"
// looks like a host and is none), without spaces, control characters and those that turn the direction
// of text. Where a link leads is said beside it, as the browser reads it: a host in another script's
// letters appears in its ASCII form.

const PROTOCOLS = ["http:", "https:", "mailto:"];
const HIDDEN = /[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/;
const MAX_LENGTH = 2000;

// The address and its host, or null where it is not shown as a link.
export function safeLink(text) {
  if (text.length > MAX_LENGTH || HIDDEN.test(text)) return null;
  let url;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  if (!PROTOCOLS.includes(url.protocol) || url.username || url.password) return null;
  const host = url.protocol === "mailto:" ? url.pathname : url.host;
  return host ? { href: url.href, host } : null;
}

// The end of a bare address that begins at `at`, or `at` where none does. What ends a sentence around it
// does not belong to it.
export function bareEnd(text, at) {
  const begins = text.startsWith("http", at) && /^https?:\/\/[^\s/]/.test(text.slice(at, at + 9));
  if (!begins) return at;
  let end = at;
  while (end < text.length && end - at < MAX_LENGTH && !" \t\n<>\"`|".includes(text[end])) end++;
  let open = 0;
  for (let i = at; i < end; i++) {
    if (text[i] === "(") open++;
    else if (text[i] === ")" && --open < 0) return trimmed(text, at, i);
  }
  return trimmed(text, at, end);
}

function trimmed(text, at, end) {
  while (end > at && ".,;:!?'*_~)]}".includes(text[end - 1])) {
    if (text[end - 1] === ")" && text.slice(at, end).includes("(")) break;
    end--;
  }
  return end;
}
