// What opens above the page: a question to be confirmed, the key, the list of keys on the keyboard.

import { byId } from "./dom.js";
import { keepKey } from "./talk.js";

const once = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));

// Whether a person is sure.
export async function confirm(title, text, yes = "Delete") {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  byId("confirm-no").focus();
  await once(dialog, "close");
  return dialog.returnValue === "yes";
}

// Asks for the server's key; false if a person has none.
export async function askForKey(words) {
  const dialog = byId("key-window");
  if (dialog.open) {
    await once(dialog, "close");
    return dialog.returnValue === "yes";
  }
  if (words) byId("key-text").textContent = words;
  dialog.returnValue = "";
  dialog.showModal();
  await once(dialog, "close");
  return dialog.returnValue === "yes";
}

export function showKeys() {
  if (!byId("keys").open) byId("keys").showModal();
}

byId("confirm-no").addEventListener("click", () => byId("confirm").close("no"));
byId("confirm-yes").addEventListener("click", () => byId("confirm").close("yes"));
byId("key-no").addEventListener("click", () => byId("key-window").close("no"));
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(byId("key").value.trim());
  byId("key").value = "";
  byId("key-window").close("yes");
});
byId("close-keys").addEventListener("click", () => byId("keys").close());
byId("show-keys").addEventListener("click", showKeys);
// A click beside a window closes it.
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close("no");
  });
}
