// The chat page: which conversation is shown, what is said in it, and the keys.
//
// chat/ holds the parts: talk (asking the model), keep (where conversations are kept), thread (one of
// them), answer (one answer under way), turns (messages on the page), prose (Markdown), likely (how likely
// each token was), sidebar, settings, windows, keys. Text is only ever set as text.

import { Answer } from "./chat/answer.js";
import { byId, copyText, flash, notice } from "./chat/dom.js";
import * as keeping from "./chat/keep.js";
import { listenToKeys } from "./chat/keys.js";
import * as settings from "./chat/settings.js";
import { isDrawer, isSidebarShown, searchAll, showSidebar, Sidebar } from "./chat/sidebar.js";
import { models } from "./chat/talk.js";
import { Thread } from "./chat/thread.js";
import { grow, showTrouble, Turns } from "./chat/turns.js";
import { askForKey, showKeys } from "./chat/windows.js";

const AT_END_PX = 80;
const TITLE_CHARS = 60;
const MAX_READ_ALOUD = 1500;
const LIKELY = "lyceum.likely";

const scroll = byId("scroll");
const message = byId("message");
const live = byId("live");
const likelyButton = byId("show-likely");

let keep = null;
let sidebar = null;
let thread = null;
let likely = localStorage.getItem(LIKELY) === "yes";
const running = new Map(); // Conversations that are being answered, by their id.

const turns = new Turns({ again, edited, step });

// ---- What is shown ----

const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < AT_END_PX;
const toEnd = () => { scroll.scrollTop = scroll.scrollHeight; };
const showWay = () => { byId("to-end").hidden = atEnd(); };

function show() {
  const isAnswering = thread.answering !== null;
  byId("welcome").hidden = thread.messages.length > 0;
  byId("send").hidden = isAnswering;
  byId("stop").hidden = !isAnswering;
  byId("send").disabled = message.value.trim() === "";
  turns.show(thread, likely);
  showTrouble(isAnswering ? null : trouble(), () => answer(thread.leaf));
  showWay();
}

// What stood in the way of an answer; a question without one was cut off by something.
function trouble() {
  if (thread.trouble) return thread.trouble;
  return thread.leaf?.role === "user" ? new Error("This was not answered yet.") : null;
}

function showThread(next) {
  thread = next;
  settings.show(thread);
  show();
  toEnd();
  sidebar?.draw();
}

function newThread() {
  const made = new Thread(keep);
  Object.assign(made, settings.startingWith());
  made.onTrouble = (error) => notice(`This is not kept: ${error.message}`);
  return made;
}

function newChat() {
  history.pushState(null, "", location.pathname);
  showThread(newThread());
  if (isDrawer()) showSidebar(false);
  message.focus();
}

// Shows the conversation that the address names.
async function openAddressed() {
  const id = Number(location.hash.slice(1));
  if (!Number.isSafeInteger(id) || id <= 0) return showThread(newThread());
  if (id === thread?.id) return;
  try {
    const opened = running.get(id) ?? new Thread(keep, await keep.load(id));
    opened.onTrouble = (error) => notice(`This is not kept: ${error.message}`);
    if (Number(location.hash.slice(1)) === id) showThread(opened);
  } catch (error) {
    notice(error.message);
    history.replaceState(null, "", location.pathname);
    showThread(newThread());
  }
}

// ---- What is said ----

// Says `words` below a message, and asks for an answer; false where one is under way.
function say(parent, words) {
  if (!thread || thread.answering) return false;
  if (thread.id === null) begin(words);
  const question = thread.add(parent, "user", words);
  thread.say(question);
  answer(question);
  return true;
}

// Keeps a new conversation, and gives it an address.
function begin(words) {
  const made = thread;
  Object.assign(made, settings.read());
  settings.remember(made);
  made.title = titleOf(words);
  const { title, model, system, parameters } = made;
  made.later(async () => {
    made.id = (await keep.create({ title, model, system, parameters })).id;
    if (made.answering) running.set(made.id, made);
    if (made === thread) history.replaceState(null, "", `#${made.id}`);
    await sidebar.refresh();
  });
}

function titleOf(words) {
  const line = words.trim().split("\n", 1)[0];
  if (line.length <= TITLE_CHARS) return line;
  const cut = line.slice(0, TITLE_CHARS);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), TITLE_CHARS / 2))}…`;
}

async function answer(parent) {
  // After half an answer, the question is what is to be answered again.
  const question = parent?.role === "assistant" ? parent.parent : parent;
  if (thread.answering || !question) return;
  const asked = thread;
  asked.model = settings.read().model; // As it is shown: the one it was begun with may be gone.
  const drawing = drawer();
  const made = new Answer(asked, question, likely, () => drawing(asked, made));
  if (asked.id !== null) running.set(asked.id, asked);
  show();
  toEnd();
  live.textContent = "The model is answering.";
  await made.run();
  asked.line.then(() => asked.answering || running.delete(asked.id));
  finished(asked, made);
}

// Draws an answer as it comes: once a frame at most, and seldom enough that most of the time is free.
function drawer() {
  let waiting = false;
  let cost = 0;
  return (asked, made) => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => requestAnimationFrame(() => {
      waiting = false;
      if (asked !== thread || asked.answering !== made) return;
      const start = performance.now();
      const follow = atEnd();
      turns.draw(asked, made.message, likely);
      if (follow) toEnd();
      else showWay();
      cost = performance.now() - start;
    }), Math.min(cost * 4, 1000));
  };
}

function finished(asked, { message: said }) {
  sidebar.refresh().catch((error) => notice(error.message));
  if (asked !== thread) return;
  const follow = atEnd();
  const wasStop = [document.body, byId("stop")].includes(document.activeElement);
  show();
  if (follow) toEnd();
  live.textContent = asked.trouble ? "" : said.text.slice(0, MAX_READ_ALOUD);
  // On a phone this would open the keyboard over the answer.
  if (wasStop && matchMedia("(hover: hover)").matches) message.focus();
  if (asked.trouble?.status === 401) withKey(() => answer(thread.leaf));
}

function again(said) {
  if (!thread.answering) answer(said.role === "user" ? said : said.parent);
}

function edited(said, words) {
  return say(said.parent, words);
}

function step(said, by) {
  const versions = thread.versions(said);
  const next = versions[versions.indexOf(said) + by];
  if (!next || thread.answering) return;
  thread.trouble = null;
  thread.choose(next);
  const top = scroll.scrollTop;
  show();
  scroll.scrollTop = top;
}

function submit(words) {
  const text = words.trim();
  if (text === "" || !say(thread?.leaf ?? null, text)) return;
  message.value = "";
  grow(message);
  show();
  toEnd();
}

// ---- Where it begins ----

async function withKey(go) {
  if (await askForKey()) go();
}

async function begun() {
  let opened;
  try {
    opened = await keeping.open();
  } catch {
    return withKey(begun);
  }
  keep = opened.keep;
  byId("kept-where").hidden = keep.kept;
  byId("kept-where").textContent = `Kept in this page only, until it is closed. ${opened.why ?? ""}`;
  document.body.classList.toggle("not-kept", !keep.kept);
  sidebar = new Sidebar(keep, opened.list, { opened: () => thread?.id, gone, renamed });
  await openAddressed();
  sidebar.draw();
  await offerModels();
}

async function offerModels() {
  try {
    settings.offer(await models());
    settings.show(thread);
  } catch (error) {
    if (error.status === 401) withKey(offerModels);
    else notice(error.message);
  }
}

function gone(id) {
  if (id !== null && id !== thread.id) return;
  thread.answering?.stop();
  newChat();
}

function renamed(id, title) {
  if (thread.id === id) thread.title = title;
}

function setLikely(isShown) {
  likely = isShown;
  localStorage.setItem(LIKELY, likely ? "yes" : "no");
  likelyButton.setAttribute("aria-pressed", String(likely));
  if (!thread) return;
  const follow = atEnd();
  show();
  if (follow) toEnd();
  const said = thread.path().filter((one) => one.role === "assistant");
  const isKnown = said.some((one) => one.tokens !== null || one.hasTokens);
  if (likely && said.length > 0 && !isKnown) {
    notice("The next answer will show how likely each of its tokens was.");
  }
}

settings.listen((values) => {
  settings.remember(values);
  if (!thread) return;
  Object.assign(thread, values);
  const changed = thread;
  if (changed.id !== null) changed.later(() => keep.change(changed.id, values));
});

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit(message.value);
});
message.addEventListener("input", () => {
  grow(message);
  byId("send").disabled = message.value.trim() === "";
});
byId("stop").addEventListener("click", () => thread?.answering?.stop());
byId("new-chat").addEventListener("click", newChat);
byId("to-end").addEventListener("click", () => {
  toEnd();
  message.focus({ preventScroll: true });
});
scroll.addEventListener("scroll", showWay, { passive: true });
likelyButton.addEventListener("click", () => setLikely(!likely));
for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => submit(example.textContent));
}
byId("log").addEventListener("click", copyCode);
byId("conversations").addEventListener("click", (event) => {
  if (event.target.closest("a") && isDrawer()) showSidebar(false);
});
addEventListener("hashchange", openAddressed);
addEventListener("popstate", openAddressed);
addEventListener("pagehide", () => {
  for (const one of running.values()) one.answering?.leave();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) sidebar?.refresh().catch(() => {});
});

async function copyCode(event) {
  const button = event.target.closest(".copy-code");
  if (!button) return;
  const code = button.closest("figure").querySelector("code").textContent;
  flash(button, (await copyText(code)) ? "Copied" : "Not copied");
}

// ---- Keys ----

function escape() {
  if (settings.isOpen() && byId("settings").contains(document.activeElement)) settings.open(false);
  else if (isSidebarShown() && isDrawer()) showSidebar(false);
  else if (thread?.answering) thread.answering.stop();
  else if (settings.isOpen()) settings.open(false);
}

function editLast() {
  const last = thread?.path().findLast((one) => one.role === "user");
  if (!last || thread.answering) return false;
  turns.edit(last);
  return true;
}

listenToKeys({
  submit: () => submit(message.value),
  escape,
  editLast,
  newChat,
  searchAll,
  showKeys,
  again: () => thread?.leaf && again(thread.leaf),
  likely: () => setLikely(!likely),
  settings: () => settings.open(),
  sidebar: () => showSidebar(),
});
likelyButton.setAttribute("aria-pressed", String(likely));
begun();
