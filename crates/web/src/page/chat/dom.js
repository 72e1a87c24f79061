// Small ways to make and find elements. Text goes in as text, never as markup; the page's policy lets no
// script do otherwise.

export const byId = (id) => document.getElementById(id);

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// What a template holds, anew.
export function fromTemplate(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

// Characters that turn the direction of what follows (UAX #9), by which text can be made to look like
// other text. They are shown by their numbers.
const TURNING = /[\u202a-\u202e\u2066-\u2069]/;

export function appendText(parent, text) {
  if (!TURNING.test(text)) {
    parent.append(text);
    return;
  }
  for (const part of text.split(/([\u202a-\u202e\u2066-\u2069])/)) {
    if (TURNING.test(part)) {
      const name = `U+${part.charCodeAt(0).toString(16).toUpperCase()}`;
      const sign = make("span", "turning", name);
      sign.title = "A hidden character that changes the direction of text";
      parent.append(sign);
    } else if (part) {
      parent.append(part);
    }
  }
}

// The browser's clipboard is there for this machine and for https only; elsewhere the older way does.
export async function copyText(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  const area = make("textarea", "hidden");
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

// Words on a button for a moment, in place of its own.
export function flash(button, words) {
  const place = button.querySelector("span:not(.icon)") ?? button;
  const isSign = place === button;
  if (!isSign) {
    const before = place.dataset.words ?? place.textContent;
    place.dataset.words = before;
    place.textContent = words;
    setTimeout(() => { place.textContent = before; }, 1600);
    return;
  }
  button.dataset.flash = words;
  setTimeout(() => { delete button.dataset.flash; }, 1600);
}

export function download(name, text, kind) {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

let noticing = null;

// A line at the bottom of the page that goes by itself.
export function notice(words) {
  const place = byId("notice");
  place.textContent = words;
  place.hidden = false;
  clearTimeout(noticing);
  noticing = setTimeout(() => { place.hidden = true; }, 6000);
}
