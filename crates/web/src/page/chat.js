// The chat page: keeps the conversation, sends it whole each time, and shows the answer as it
// comes. Text is only ever set as text, never as HTML.
"use strict";

const byId = (id) => document.getElementById(id);
const log = byId("log");
const scroll = byId("scroll");
const message = byId("message");
const send = byId("send");
const stop = byId("stop");
const temperature = byId("temperature");

let messages = [];
let running = null; // The AbortController of the answer under way.

function add(kind, text) {
  const element = document.createElement("div");
  element.className = kind;
  element.dir = "auto";
  element.textContent = text;
  log.append(element);
  return element;
}

function addTurn(kind, text, speaker) {
  const turn = add(`turn ${kind}`, text);
  turn.setAttribute("role", "group");
  turn.setAttribute("aria-label", speaker);
  return turn;
}

// What stands below an answer: a button that copies it, and how it ended if not by itself.
function addFoot(text, words) {
  const foot = add("foot", words);
  if (!navigator.clipboard) return; // A browser offers it to this machine and to https only.
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "copy";
  copy.textContent = "Copy";
  copy.addEventListener("click", async () => {
    const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
    copy.textContent = copied ? "Copied" : "Not copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1600);
  });
  foot.prepend(copy);
}

function atEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
}

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}

function show() {
  byId("welcome").hidden = log.childElementCount > 0;
  send.hidden = running !== null;
  stop.hidden = running === null;
  send.disabled = message.value.trim() === "";
  log.setAttribute("aria-busy", String(running !== null));
  message.style.height = "auto";
  message.style.height = `${message.scrollHeight}px`;
}

// The data of each server-sent event of a response.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const whole = held.split("\n\n");
    held = whole.pop();
    for (const event of whole) {
      if (event.startsWith("data: ")) yield event.slice(6);
    }
  }
}

async function refusal(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return `The server answered with status ${response.status}.`;
  }
}

// Reads one answer into `turn`; returns why it ended.
async function read(turn, signal) {
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages, stream: true, temperature: Number(temperature.value) }),
    signal,
  });
  if (!response.ok) throw new Error(await refusal(response));
  const text = document.createTextNode("");
  turn.append(text);
  for await (const data of events(response)) {
    if (data === "[DONE]") return turn.dataset.finish;
    const chunk = JSON.parse(data);
    if (chunk.error) throw new Error(chunk.error.message);
    const choice = chunk.choices[0];
    const follow = atEnd();
    text.appendData(choice?.delta?.content ?? "");
    if (choice?.finish_reason) turn.dataset.finish = choice.finish_reason;
    if (follow) toEnd();
  }
  throw new Error("The connection ended before the answer did.");
}

// What went wrong, in words that help.
function reason(error, turn) {
  // The browser's own words for a connection that failed are of no use to a reader.
  if (!(error instanceof TypeError)) return error.message;
  if (turn.textContent !== "") return "The connection ended before the answer did.";
  return "The server does not answer. Is it still running?";
}

async function answer(question) {
  const asked = messages;
  const controller = new AbortController();
  running = controller;
  const turn = addTurn("assistant waiting", "", "Model");
  show();
  toEnd();
  let words = "";
  let error = null;
  try {
    if ((await read(turn, controller.signal)) === "length") {
      words = "The answer reached its limit of length.";
    }
    if (turn.textContent === "") words = "The model had nothing to say.";
  } catch (thrown) {
    if (controller.signal.aborted) words = "Stopped.";
    else error = reason(thrown, turn);
  }
  if (messages !== asked) return; // A new chat was begun meanwhile.
  const follow = atEnd();
  turn.classList.remove("waiting");
  if (turn.textContent !== "") {
    messages.push({ role: "assistant", content: turn.textContent });
    addFoot(turn.textContent, words);
  } else {
    turn.remove();
    takeBack(question);
    if (words) add("foot unsaid", words);
  }
  if (error) add("error", error);
  running = null;
  const unfocused = [document.body, stop].includes(document.activeElement);
  show();
  if (follow) toEnd();
  // On a phone this would open the keyboard over the answer.
  if (unfocused && matchMedia("(hover: hover)").matches) message.focus();
}

// A question without an answer is not part of what the model is told next. It may be sent again.
function takeBack(question) {
  messages.pop();
  question.classList.add("unanswered");
  if (message.value === "") message.value = question.textContent;
}

function submit(words) {
  const text = words.trim();
  if (running !== null || text === "") return;
  messages.push({ role: "user", content: text });
  message.value = "";
  answer(addTurn("user", text, "You"));
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit(message.value);
});

message.addEventListener("input", show);
message.addEventListener("keydown", (event) => {
  // While a composition (of Japanese, say) is open, Enter belongs to it.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit(message.value);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
});
stop.addEventListener("click", () => running?.abort());

byId("new-chat").addEventListener("click", () => {
  running?.abort();
  running = null;
  messages = [];
  log.replaceChildren();
  show();
  message.focus();
});

for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => submit(example.textContent));
}

temperature.addEventListener("input", () => {
  byId("temperature-value").value = Number(temperature.value).toFixed(1);
});

show();
