// The panel of settings: reads and shows a conversation's model, system prompt and parameters.
//
// Parameters are kept and sent under the server's own names; an empty field is not sent. The last ones
// used are those of the next new chat.

import { byId } from "./dom.js";

const NUMBERS = ["top_p", "top_k", "min_p", "max_tokens", "seed"];
const LAST = "lyceum.settings";
const MAX_STOPS = 16;

const panel = byId("settings");
const button = byId("show-settings");
const temperature = byId("temperature");
const model = byId("model");

const START = { temperature: Number(temperature.value) };

// What a new chat begins with.
export function startingWith() {
  try {
    const last = JSON.parse(localStorage.getItem(LAST)) ?? {};
    return { system: last.system ?? "", parameters: last.parameters ?? START, model: last.model ?? null };
  } catch {
    return { system: "", parameters: { ...START }, model: null };
  }
}

export function remember({ system, parameters, model: name }) {
  localStorage.setItem(LAST, JSON.stringify({ system, parameters, model: name }));
}

// What stands in the panel.
export function read() {
  const parameters = { temperature: Number(temperature.value) };
  for (const name of NUMBERS) {
    const field = byId(name);
    if (field.value !== "" && field.checkValidity()) parameters[name] = Number(field.value);
  }
  const stops = byId("stop-strings").value.split("\n").filter((line) => line !== "").slice(0, MAX_STOPS);
  if (stops.length > 0) parameters.stop = stops;
  return { system: byId("system").value, parameters, model: model.value || null };
}

export function show({ system, parameters, model: name }) {
  const values = parameters ?? START;
  temperature.value = values.temperature ?? START.temperature;
  showTemperature();
  for (const field of NUMBERS) byId(field).value = values[field] ?? "";
  byId("stop-strings").value = [values.stop ?? []].flat().join("\n");
  byId("system").value = system ?? "";
  if ([...model.options].some((option) => option.value === name)) model.value = name;
  else model.selectedIndex = 0;
  showModel();
}

// The models that the server has.
export function offer(names) {
  if (names.length === 0) return;
  const chosen = model.value;
  model.replaceChildren(...names.map((name) => new Option(name, name)));
  model.disabled = names.length < 2;
  model.value = names.includes(chosen) ? chosen : names[0];
  showModel();
}

function showModel() {
  const name = model.selectedOptions[0]?.textContent ?? "";
  byId("model-name").textContent = name;
  document.title = `${name} · Lyceum`;
}

function showTemperature() {
  byId("temperature-value").value = Number(temperature.value).toFixed(1);
}

export const isOpen = () => !panel.hidden;

export function open(isOpening = panel.hidden) {
  const wasInside = panel.contains(document.activeElement);
  panel.hidden = !isOpening;
  button.setAttribute("aria-expanded", String(isOpening));
  if (isOpening) byId("close-settings").focus();
  else if (wasInside) button.focus();
}

// Calls `changed` with what stands there whenever that is another.
export function listen(changed) {
  temperature.addEventListener("input", showTemperature);
  byId("parameters").addEventListener("input", () => {
    showModel();
    changed(read());
  });
  byId("parameters").addEventListener("submit", (event) => event.preventDefault());
  byId("reset").addEventListener("click", () => {
    show({ system: "", parameters: { ...START }, model: model.value });
    changed(read());
  });
  button.addEventListener("click", () => open());
  byId("model-name").addEventListener("click", () => open());
  byId("close-settings").addEventListener("click", () => open(false));
}
