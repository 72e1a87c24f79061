// The list of conversations: by day, searched, renamed, exported, deleted. On a phone it is a drawer.

import { appendText, byId, download, fromTemplate, make, notice } from "./dom.js";
import { confirm } from "./windows.js";

const SEARCH_AFTER_MS = 150;
const WIDE = matchMedia("(min-width: 56rem)");

const root = byId("conversations");
const search = byId("search");
const menu = byId("menu");

export class Sidebar {
  // `does`: open(id), opened() gives the id that is shown, and gone(id) hears of one that is deleted.
  constructor(keep, list, does) {
    this.keep = keep;
    this.list = list;
    this.does = does;
    this.hits = null; // What was found, while something is searched.
    this.#listen();
    this.draw();
  }

  async refresh() {
    this.list = await this.keep.list();
    this.draw();
  }

  draw() {
    root.replaceChildren();
    if (this.hits !== null) return this.#drawHits();
    if (this.list.length === 0) root.append(make("p", "faint none", "What you talk about will stand here."));
    for (const [name, group] of byDay(this.list)) {
      root.append(make("h2", "day", name));
      const items = root.appendChild(make("ul"));
      for (const one of group) items.append(this.#entry(one.id, one.title));
    }
  }

  #drawHits() {
    if (this.hits.length === 0) root.append(make("p", "faint none", "Nothing was found."));
    const items = root.appendChild(make("ul"));
    for (const hit of this.hits) items.append(this.#entry(hit.conversation, hit.title, hit.excerpt));
  }

  #entry(id, title, excerpt = "") {
    const entry = fromTemplate("an-entry");
    const link = entry.querySelector(".open");
    link.href = `#${id}`;
    appendText(link.querySelector(".title"), title);
    link.title = title;
    marked(link.querySelector(".excerpt"), excerpt, search.value);
    if (id === this.does.opened()) link.setAttribute("aria-current", "true");
    const more = entry.querySelector(".more");
    more.setAttribute("aria-label", `More for ${title}`);
    more.addEventListener("click", () => this.#openMenu(more, entry, { id, title }));
    return entry;
  }

  #openMenu(button, entry, one) {
    this.chosen = { ...one, entry, button };
    if (!menu.matches(":popover-open")) menu.showPopover();
    const at = button.getBoundingClientRect();
    const below = at.bottom + menu.offsetHeight + 8 < innerHeight;
    menu.style.top = `${below ? at.bottom + 4 : at.top - menu.offsetHeight - 4}px`;
    const left = Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8);
    menu.style.left = `${Math.max(8, left)}px`;
    menu.querySelector("button").focus();
  }

  #listen() {
    let waiting = null;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.#search(), SEARCH_AFTER_MS);
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && search.value !== "") {
        event.stopPropagation();
        search.value = "";
        this.#search();
      } else if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        root.querySelector("a")?.focus();
      }
    });
    root.addEventListener("keydown", arrows(root, "a", search));
    menu.addEventListener("keydown", arrows(menu, "button", null));
    menu.addEventListener("click", (event) => {
      const action = event.target.closest("[data-does]")?.dataset.does;
      menu.hidePopover();
      if (action) this.#act(action, this.chosen).catch((error) => notice(error.message));
    });
    menu.addEventListener("toggle", (event) => {
      const isLost = document.activeElement === document.body;
      if (event.newState === "closed" && isLost) this.chosen?.button.focus();
    });
    const told = (task) => () => task().catch((error) => notice(error.message));
    byId("export-all").addEventListener("click", told(() => this.#exportAll()));
    byId("delete-all").addEventListener("click", told(() => this.#deleteAll()));
    byId("import").addEventListener("click", () => byId("import-file").click());
    byId("import-file").addEventListener("change", told(() => this.#import()));
  }

  async #search() {
    const words = search.value.trim();
    try {
      const hits = words === "" ? null : await this.keep.search(words);
      if (words !== search.value.trim()) return; // Something else was typed meanwhile.
      this.hits = hits;
      this.draw();
    } catch (error) {
      notice(error.message);
    }
  }

  async #act(action, { id, title, entry, button }) {
    if (action === "rename") return this.#rename(entry, id, title);
    if (action === "remove") return this.#remove(id, title, button);
    const text = await this.keep.exported(id, action);
    const [ending, kind] = action === "json" ? ["json", "application/json"] : ["md", "text/markdown"];
    download(`${fileName(title)}.${ending}`, text, kind);
  }

  #rename(entry, id, title) {
    const field = make("input", "renaming");
    field.value = title;
    field.maxLength = 120;
    field.setAttribute("aria-label", "Name of the conversation");
    entry.classList.add("renamed");
    entry.prepend(field);
    field.select();
    let done = false;
    const end = async (isKept) => {
      if (done) return;
      done = true;
      const name = field.value.trim();
      if (isKept && name && name !== title) {
        await this.keep.change(id, { title: name }).catch((error) => notice(error.message));
        this.does.renamed(id, name);
        for (const hit of this.hits ?? []) if (hit.conversation === id) hit.title = name;
      }
      await this.refresh();
      root.querySelector(`a[href="#${id}"]`)?.focus();
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
    });
    field.addEventListener("blur", () => end(true));
  }

  async #remove(id, title, button) {
    const what = `“${title}” and all that was said in it will be gone.`;
    if (!(await confirm("Delete this conversation?", what))) {
      button.focus();
      return;
    }
    await this.keep.remove(id);
    this.does.gone(id);
    if (this.hits) this.hits = this.hits.filter((hit) => hit.conversation !== id);
    await this.refresh();
    search.focus();
  }

  async #exportAll() {
    download("conversations.json", await this.keep.exported(null, "json"), "application/json");
  }

  async #deleteAll() {
    await this.refresh();
    const count = this.list.length;
    if (count === 0) return notice("There is nothing to delete.");
    const what = count === 1 ? "The one conversation" : `All ${count} conversations`;
    const words = `${what} will be gone. There is no way back.`;
    if (!(await confirm("Delete everything?", words, "Delete all"))) return;
    await this.keep.removeAll(count);
    this.does.gone(null);
    this.hits = null;
    search.value = "";
    await this.refresh();
  }

  async #import() {
    const field = byId("import-file");
    const [file] = field.files;
    field.value = "";
    if (!file) return;
    let archive;
    try {
      archive = JSON.parse(await file.text());
    } catch {
      return notice("That file is no JSON; choose one that was exported here.");
    }
    const { ids } = await this.keep.import(archive);
    await this.refresh();
    notice(ids.length === 1 ? "One conversation was added." : `${ids.length} conversations were added.`);
  }
}

// Up and down lead through what `select` finds, and up from the first one out.
function arrows(within, select, before) {
  return (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const all = [...within.querySelectorAll(select)];
    const to = all.indexOf(document.activeElement.closest(select)) + by;
    event.preventDefault();
    if (to < 0) before?.focus();
    else all[Math.min(to, all.length - 1)]?.focus();
  };
}

// What was searched for, marked.
function marked(element, text, words) {
  const sought = words.trim().split(/\s+/, 1)[0].toLowerCase();
  const at = sought ? text.toLowerCase().indexOf(sought) : -1;
  if (at < 0) {
    appendText(element, text);
    return;
  }
  appendText(element, text.slice(0, at));
  appendText(element.appendChild(make("mark")), text.slice(at, at + sought.length));
  appendText(element, text.slice(at + sought.length));
}

function byDay(list) {
  const groups = new Map();
  const today = new Date().setHours(0, 0, 0, 0);
  for (const one of list) {
    const name = dayOf(one.updated_ms, today);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(one);
  }
  return groups;
}

function dayOf(ms, today) {
  const days = Math.ceil((today - ms) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days <= 7) return "Last seven days";
  return new Date(ms).toLocaleDateString(undefined, { month: "long", year: "numeric" });
}

function fileName(title) {
  return title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "conversation";
}

// The drawer, or the column beside the talk.
export function showSidebar(isShown = !isSidebarShown()) {
  document.body.classList.toggle("sidebar-shown", isShown);
  document.body.classList.toggle("sidebar-hidden", !isShown);
  byId("show-sidebar").setAttribute("aria-expanded", String(isShown));
  byId("sidebar").inert = !isShown;
  byId("veil").hidden = !isShown || WIDE.matches;
  if (isShown && !WIDE.matches) byId("new-chat").focus();
}

export function searchAll() {
  showSidebar(true);
  search.focus();
  search.select();
}

export function isSidebarShown() {
  return document.body.classList.contains("sidebar-shown");
}

export const isDrawer = () => !WIDE.matches;

WIDE.addEventListener("change", () => showSidebar(WIDE.matches));
byId("show-sidebar").addEventListener("click", () => showSidebar());
byId("veil").addEventListener("click", () => showSidebar(false));
showSidebar(WIDE.matches);
