// The keys: which of them does what. The list that a person sees is in windows.rs.
//
// Keys without Ctrl or Alt mean something only where nothing is typed, and none where a window is open.

import { byId } from "./dom.js";

const WITH_ALT = { KeyP: "likely", KeyS: "settings", KeyB: "sidebar", KeyR: "again" };

const isTyping = (target) => target.closest("input:not([type=range]), textarea, select, dialog") !== null;

// What a key stands for, or undefined.
function meaning(event) {
  const withControl = event.ctrlKey || event.metaKey;
  if (event.key === "Escape") return "escape";
  if (event.altKey && !withControl) return WITH_ALT[event.code];
  if (withControl && event.shiftKey && event.code === "KeyO") return "newChat";
  if (withControl && event.key.toLowerCase() === "k") return "searchAll";
  return event.key === "?" && !isTyping(event.target) ? "showKeys" : undefined;
}

// `does` has a function for each meaning, and `submit` and `editLast` for the message's own keys.
export function listenToKeys(does) {
  const message = byId("message");
  message.addEventListener("keydown", (event) => {
    // While a composition (of Japanese, say) is open, Enter belongs to it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      does.submit();
    } else if (event.key === "ArrowUp" && message.value === "" && does.editLast()) {
      event.preventDefault();
    }
  });
  document.addEventListener("keydown", (event) => {
    const name = meaning(event);
    if (!name || document.querySelector("dialog[open], :popover-open")) return;
    if (name !== "escape") event.preventDefault();
    does[name]();
  });
}
