#!/usr/bin/env python3
"""The chat page in headless Chromium, in front of the scripted server of `examples/demo`.

    cargo build -p web --example demo
    crates/web/tests/chromium/chat.py target/debug/examples/demo [--shots FOLDER] [--only NAME]

Each function whose name begins with `check_` is a check; all must hold. With --shots it takes pictures
of the page in both themes, wide and narrow, for a person to look at.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

import hostile
from driver import Browser, Gone, started

LAST = "document.querySelector('.turn:last-of-type')"
DONE = f"{LAST}?.classList.contains('assistant') && !{LAST}.classList.contains('waiting')"
STORY_END = "she had all day."


class Site:
    """The scripted server, with conversations of its own."""

    def __init__(self, program, *options, delay=4):
        self.home = tempfile.TemporaryDirectory()
        command = [program, "--port", "0", "--home", self.home.name, "--delay", str(delay), *options]
        self.process, self.address = started(command, r"(http://\S+)")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.home.cleanup()


class Page:
    """The page of a site in a browser."""

    def __init__(self, browser, site):
        self.browser, self.site = browser, site

    def open(self, where="/"):
        self.browser.open(self.site.address + where)
        self.browser.until("document.querySelector('#conversations')?.childElementCount > 0"
                           " || document.querySelector('dialog[open]')", what="the page begins")
        return self

    def fresh(self):
        """A new chat, on a page without any memory."""
        self.open()
        self.browser.run("localStorage.clear(); sessionStorage.clear();")
        return self.open()

    def ask(self, words, is_done=True):
        before = self.js("document.querySelectorAll('.turn').length")
        self.browser.run("const m = document.getElementById('message'); m.value = args[0];"
                         "m.dispatchEvent(new Event('input')); m.focus();", words)
        self.browser.press("Enter")
        if is_done:
            self.browser.until(f"document.querySelectorAll('.turn').length > args[0] && {DONE}", before,
                               what=f"an answer to {words[:40]!r}")
        return self

    def js(self, expression, *values):
        return self.browser.run(f"return {expression}", *values)

    def until(self, expression, *values):
        return self.browser.until(expression, *values)

    def said(self):
        return self.js(f"{LAST}.querySelector('.said').innerText")


def expect(is_so, what):
    if not is_so:
        raise Gone(what)


# ---- What a person does ----

def check_an_answer_streams_and_is_kept(page):
    page.fresh().ask("Tell me a story, please.", is_done=False)
    page.until(f"{LAST}.classList.contains('waiting') && {LAST}.innerText.includes('village')")
    page.until(DONE)
    expect(page.said().endswith(STORY_END), page.said())
    facts = page.js(f"{LAST}.querySelector('.facts').textContent")
    expect("tokens" in facts and "tokens/s" in facts, facts)
    expect(STORY_END in page.js("document.getElementById('live').textContent"), "nobody was told")
    title = page.until("document.querySelector('#conversations a')?.textContent")
    expect(title == "Tell me a story, please.", title)
    where = page.js("location.hash")
    page.browser.run("location.reload()")
    page.until("document.querySelectorAll('.turn').length === 2")
    expect(page.said().endswith(STORY_END) and page.js("location.hash") == where, "lost at a reload")


def check_stop_keeps_what_was_said(page):
    page.fresh().ask("A long story", is_done=False)
    page.until(f"{LAST}.innerText.includes('fox')")
    page.browser.press("Escape")
    page.until(DONE)
    expect("Stopped." in page.js(f"{LAST}.innerText"), "it does not say so")
    said = page.said()
    page.until("performance.getEntriesByType('resource').length")
    time.sleep(0.2)
    page.browser.run("location.reload()")
    page.until("document.querySelectorAll('.turn').length === 2")
    expect(page.said() == said and "Stopped." in page.js(f"{LAST}.innerText"), "not kept")


def check_a_question_survives_a_reload_in_the_middle(page):
    page.fresh().ask("A long story", is_done=False)
    page.until(f"{LAST}.innerText.includes('fox') && location.hash")
    page.browser.run("location.reload()")
    page.until("document.querySelectorAll('.turn').length === 2")
    words = page.js(f"{LAST}.innerText")
    expect(("cut off" in words or "broke off" in words) and "fox" in page.said(), words)


def check_versions(page):
    page.fresh().ask("first").browser.click(".turn.assistant .again")
    page.until(f"{DONE} && {LAST}.querySelector('.which').textContent === '2 / 2'")
    page.browser.click(".turn.assistant .ways .before")
    page.until(f"{LAST}.querySelector('.which').textContent === '1 / 2'")
    page.browser.run("document.querySelector('.turn.user .edit').click()")
    page.browser.run("const a = document.querySelector('.editing textarea'); a.value = 'second'; a.focus();")
    page.browser.press("Enter")
    page.until(f"{DONE} && document.querySelector('.turn.user .which').textContent === '2 / 2'")
    expect(page.js("document.querySelector('.turn.user .said').textContent") == "second", "the words")
    page.browser.run("document.querySelector('.turn.user .ways .before').click()")
    page.until("document.querySelector('.turn.user .said').textContent === 'first'")
    time.sleep(0.1)
    page.browser.run("location.reload()")
    page.until("document.querySelector('.turn.user .said')?.textContent === 'first'")
    expect(page.js(f"{LAST}.querySelector('.which').textContent") in ("1 / 2", "2 / 2"), "the versions")


def check_markdown_and_code(page):
    page.fresh().ask("Show me some code.")
    counts = page.js(f"['table tbody tr', 'figure.code pre code', '.c-word', '.c-comment', 'ol > li', 'li ul li',"
                     f" 'blockquote', '.maths', 'a[href]', 'strong'].map((s) => {LAST}.querySelectorAll('.said ' + s).length)")
    expect(counts[0] == 3 and counts[4] == 3 and counts[5] == 2 and all(counts), str(counts))
    code = page.js(f"{LAST}.querySelector('pre').textContent")
    expect(code.startswith("use std::") and code.endswith("}\n}"), code)
    expect(page.js(f"{LAST}.querySelector('a .host').textContent").strip() == "doc.rust-lang.org", "the host")
    page.browser.cdp("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    page.browser.click(".copy-code")
    page.until("document.querySelector('.copy-code').textContent === 'Copied'")
    expect(page.js("navigator.clipboard.readText()") == code, "the clipboard")


def check_thoughts_are_folded(page):
    page.fresh().ask("Think about foxes")
    expect(page.js(f"!{LAST}.querySelector('details').open && !{LAST}.querySelector('details').hidden"), "open")
    expect("Thought for" in page.js(f"{LAST}.querySelector('summary').textContent"), "no summary")
    expect("Foxes are small" not in page.said(), "thoughts in the answer")


def check_how_likely(page):
    page.fresh()
    page.browser.press("Alt", "p")
    page.until("document.getElementById('show-likely').ariaPressed === 'true'")
    page.ask("Tell me")
    count = page.js(f"{LAST}.querySelectorAll('.token').length")
    expect(count > 30 and page.js(f"{LAST}.querySelector('.likelihoods').textContent").replace("↵", "").endswith(STORY_END), "tokens")
    expect("perplexity" in page.js(f"{LAST}.querySelector('.facts').textContent"), "perplexity")
    page.browser.run(f"{LAST}.querySelector('.token').focus()")
    page.browser.press("Right")
    page.browser.press("Right")
    tip = page.until("!document.getElementById('likely').hidden && document.getElementById('likely').innerText")
    expect("%" in tip and page.js("document.querySelectorAll('#likely li').length") == 5, tip)
    expect(page.js(f"[...{LAST}.querySelectorAll('.token')].indexOf(document.activeElement)") == 2, "the third")
    expect(page.js("document.activeElement.getAttribute('aria-describedby')") == "likely", "described")
    page.browser.press("Escape")
    page.until("document.getElementById('likely').hidden")
    page.browser.point(".turn.assistant .token:nth-child(8)")
    page.until("!document.getElementById('likely').hidden && document.querySelector('#likely .taken')")
    page.browser.point("#message")
    page.until("document.getElementById('likely').hidden")
    time.sleep(0.15)
    page.browser.run("location.reload()")
    page.until(f"{LAST}?.querySelectorAll('.token').length === args[0]", count)
    page.browser.press("Alt", "p")
    page.until(f"!{LAST}.querySelector('.said').hidden")


def check_settings_reach_the_model(page):
    page.fresh()
    page.browser.press("Alt", "s")
    page.until("!document.getElementById('settings').hidden")
    page.browser.run("""
        const set = (id, value) => { const f = document.getElementById(id); f.value = value;
          f.dispatchEvent(new Event('input', { bubbles: true })); };
        set('system', 'Be brief.'); set('temperature', 1.2); set('top_p', 0.9); set('top_k', 40);
        set('min_p', 0.05); set('max_tokens', 500); set('seed', 7); set('stop-strings', 'END\\n\\nSTOP');
        set('model', 'storyteller-8m');""")
    page.ask("Show the request.")
    asked = json.loads(page.js(f"{LAST}.querySelector('code').textContent"))
    wanted = {"temperature": 1.2, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "max_tokens": 500, "seed": 7,
              "stop": ["END", "STOP"], "model": "storyteller-8m", "messages": 2, "stream": True}
    expect({key: asked.get(key) for key in wanted} == wanted, str(asked))
    expect(asked["system"] == {"role": "system", "content": "Be brief."}, str(asked))
    page.browser.run("location.reload()")
    page.until(f"document.getElementById('system').value === 'Be brief.' && {LAST}")
    page.until("document.getElementById('model').value === 'storyteller-8m'")
    page.browser.run("const f = document.getElementById('top_p'); f.value = 7;"
                     "f.dispatchEvent(new Event('input', { bubbles: true }));")
    expect(page.js("document.getElementById('top_p').matches(':invalid')"), "7 is no share")
    page.ask("Show the request.")
    expect("top_p" not in page.js(f"{LAST}.querySelector('code').textContent"), "it was sent")


def check_the_list(page):
    page.fresh().ask("Alpha and omega")
    page.browser.press("Control", "Shift", "O")
    page.until("document.querySelectorAll('.turn').length === 0")
    page.ask("Beta")
    page.browser.press("Control", "k")
    page.browser.run("const s = document.activeElement; s.value = 'omega';"
                     "s.dispatchEvent(new Event('input', { bubbles: true }));")
    page.until("document.querySelector('#conversations mark')?.textContent === 'omega'")
    page.browser.press("Enter")
    page.browser.press("Enter")
    page.until("document.querySelector('.turn.user .said')?.textContent === 'Alpha and omega'")
    page.browser.run("document.querySelector('#conversations .more').click()")
    page.browser.click("#menu [data-does=rename]")
    page.browser.run("document.activeElement.value = 'The end'")
    page.browser.press("Enter")
    page.until("document.querySelector('#conversations a .title')?.textContent === 'The end'")
    page.browser.run("document.querySelector('#conversations .more').click()")
    page.browser.click("#menu [data-does=remove]")
    page.until("document.getElementById('confirm').open")
    page.browser.press("Enter")
    page.until("!document.getElementById('confirm').open")
    expect(page.js("document.querySelectorAll('.turn').length") == 2, "Enter alone deletes nothing")
    page.browser.run("document.querySelector('#conversations .more').click()")
    page.browser.click("#menu [data-does=remove]")
    page.browser.click("#confirm-yes")
    page.until("document.querySelectorAll('.turn').length === 0")
    expect("The end" not in page.js("document.getElementById('conversations').textContent"), "still there")


def check_out_and_in_again(page):
    with tempfile.TemporaryDirectory() as folder:
        page.browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
        page.fresh().ask("To be exported")
        page.browser.run("document.querySelector('#conversations .more').click()")
        page.browser.click("#menu [data-does=json]")
        file = pathlib.Path(folder, "To-be-exported.json")
        wait_for(file)
        archive = json.loads(file.read_text())
        expect(archive["conversations"][0]["messages"][0]["text"] == "To be exported", str(archive))
        before = page.js("document.querySelectorAll('.entry').length")
        page.browser.type("#import-file", str(file))
        page.until("document.querySelectorAll('.entry').length === args[0] + 1", before)
        page.browser.click("#delete-all")
        page.until("document.getElementById('confirm').open")
        page.browser.click("#confirm-yes")
        page.until("document.querySelectorAll('.entry').length === 0")


def wait_for(file):
    end = time.monotonic() + 10
    while not file.exists():
        expect(time.monotonic() < end, f"{file.name} did not come")
        time.sleep(0.02)


def check_trouble_is_told(page):
    page.fresh().ask("fail", is_done=False)
    words = page.until("document.querySelector('#trouble .error')?.innerText")
    expect("how a refusal looks" in words, words)
    page.fresh().ask("busy", is_done=False)
    page.until("document.querySelector('#trouble button')?.textContent.includes('in ')")
    expect("too many people" in page.js("document.getElementById('trouble').innerText"), "no reason")
    page.browser.run("location.reload()")
    page.until("document.querySelector('#trouble .error')?.innerText.includes('not answered')")
    page.browser.click("#trouble button")
    page.until(DONE)
    page.fresh().ask("break", is_done=False)
    words = page.until("document.querySelector('#trouble .error')?.innerText")
    expect("ended before the answer" in words and "broke off" in page.js(f"{LAST}.innerText"), words)
    page.fresh().ask("silent", is_done=False)
    page.until("document.querySelector('#trouble .error')?.innerText.includes('nothing to say')")


def check_keys(page):
    page.fresh()
    page.browser.run("document.activeElement.blur()")
    page.browser.press("?")
    page.until("document.getElementById('keys').open")
    page.browser.press("Escape")
    page.until("!document.getElementById('keys').open")
    page.ask("one")
    page.browser.press("Up")
    page.until("document.querySelector('.editing textarea') === document.activeElement")
    page.browser.press("Escape")
    page.until("!document.querySelector('.editing')")
    page.browser.press("Alt", "b")
    page.until("getComputedStyle(document.getElementById('sidebar')).display === 'none'")
    page.browser.press("Alt", "b")
    page.browser.press("Alt", "r")
    page.until(f"{DONE} && {LAST}.querySelector('.which').textContent === '2 / 2'")
    unnamed = page.js("""[...document.querySelectorAll('button, a, input, textarea, select')].filter((e) =>
        !(e.innerText?.trim() || e.ariaLabel || e.labels?.length || e.title || e.hidden)).map((e) => e.outerHTML)""")
    expect(unnamed == [], f"without a name: {unnamed}")


def check_nothing_moves_and_a_reader_is_left_alone(page):
    page.fresh()
    page.browser.run("""window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) =>
        { if (!e.hadRecentInput) shift += e.value; })).observe({ type: 'layout-shift', buffered: false });""")
    page.ask("A long story")
    end = page.js("document.getElementById('scroll').scrollHeight - document.getElementById('scroll').scrollTop"
                  " - document.getElementById('scroll').clientHeight")
    expect(abs(end) < 3, f"not at the end: {end}")
    page.ask("A long story", is_done=False)
    page.until(f"{LAST}.innerText.includes('fox')")
    page.browser.run("document.getElementById('scroll').scrollTop = 40")
    page.until(DONE)
    expect(page.js("document.getElementById('scroll').scrollTop") == 40, "it was scrolled")
    shift = page.js("shift")
    expect(shift < 0.02, f"the layout shifted by {shift}")


def check_narrow(page):
    for width in [320, 360]:
        narrow(page, width)
    page.browser.size(1280, 800)


def narrow(page, width):
    page.browser.size(width, 720, is_phone=True)
    page.fresh().ask("Show me some code.")
    wide = page.js("[...document.querySelectorAll('body, header, main, #log, footer')]"
                   ".filter((e) => e.scrollWidth > innerWidth).map((e) => e.tagName)")
    expect(wide == [], f"wider than the screen: {wide}")
    expect(page.js("getComputedStyle(document.getElementById('sidebar')).display") == "none", "shown")
    page.browser.click("#show-sidebar")
    page.until("!document.getElementById('veil').hidden")
    page.browser.press("Escape")
    page.until("document.getElementById('veil').hidden")
    small = page.js("[...document.querySelectorAll('header button, .actions button, footer button')].filter((e) =>"
                    " e.offsetWidth > 0 && (e.offsetWidth < 32 || e.offsetHeight < 36)).map((e) => e.outerHTML)")
    expect(small == [], f"too small for a finger: {small}")


CONTRAST = """
const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const rgba = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
const ground = (e) => { const c = rgba(getComputedStyle(e).backgroundColor);
  return c[3] === 1 || !e.parentElement ? c : over(c, ground(e.parentElement)); };
const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const poor = [];
for (const e of document.querySelectorAll('body *')) {
  const has = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.matches('svg.icon');
  const style = getComputedStyle(e);
  if (!has || !e.checkVisibility({ visibilityProperty: true }) || e.closest(':disabled, .hidden, noscript')) continue;
  if (e.matches('svg') && Number(style.opacity) < 1) continue;
  const back = ground(e);
  const [a, b] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < (e.matches('svg') ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${e.outerHTML.slice(0, 90)}`);
}
return poor;"""


def check_contrast(page):
    for scheme in ["light", "dark"]:
        page.browser.scheme(scheme)
        page.fresh().ask("Think, and show me some code.")
        page.browser.press("Alt", "s")
        page.browser.run("document.querySelector('details').open = true")
        poor = page.browser.run(CONTRAST)
        expect(poor == [], f"{scheme}: {poor[:8]}")
        page.browser.press("Alt", "p")
        page.ask("Tell me")
        page.browser.run(f"{LAST}.querySelectorAll('.token')[3].focus()")
        page.ask("fail", is_done=False)
        page.until("document.querySelector('#trouble .error')")
        page.browser.run("document.getElementById('keys').showModal()")
        poor = page.browser.run(CONTRAST)
        expect(poor == [], f"{scheme}: {poor[:8]}")
    page.browser.scheme("light")


# ---- What others may try ----

RENDER = """
const { Writer, write } = await import('/chat/prose.js');
const root = document.createElement('div');
root.className = 'said prose';
document.getElementById('log').replaceChildren(root);
"""

# Anything among these elements that could act.
ACTING = """
const acting = [...root.querySelectorAll('script, iframe, img, video, audio, object, embed, link, style, base, meta,'
  + ' form, template, noscript, svg:not(.icon)')].map((e) => e.outerHTML);
for (const e of root.querySelectorAll('*')) {
  for (const { name, value } of e.attributes) if (/^on|^style$|^src|^srcdoc$|^formaction$/i.test(name)) acting.push(e.outerHTML);
  if (e.href !== undefined && e.tagName !== 'use') {
    const fine = ['http:', 'https:', 'mailto:'].includes(e.protocol) && /noopener/.test(e.rel) && e.target === '_blank';
    if (!fine) acting.push(e.outerHTML);
  }
}
"""


def check_hostile_text_stays_text(page):
    page.fresh()
    page.browser.requests()
    page.browser.log("browser")
    for text in hostile.MARKUP + hostile.CODE[:20]:
        acting = page.browser.run(f"{RENDER} write(root, args[0]); {ACTING} return acting;", text)
        expect(acting == [], f"{text!r} became {acting}")
    for text in hostile.MARKUP:
        page.ask("echo: " + text)
    acting = page.browser.run(f"const root = document.getElementById('log'); {ACTING} return acting;")
    expect(acting == [], f"in the talk: {acting}")
    page.browser.run("await new Promise((r) => setTimeout(r, 200));")
    expect(page.js("window.harmed") is None, "a script ran")
    away = [url for url in page.browser.requests() if not url.startswith(page.site.address)]
    expect(away == [], f"asked elsewhere: {away}")
    noise = [entry["message"] for entry in page.browser.log("browser")]
    expect(noise == [], f"the browser complains: {noise}")


def check_hostile_links(page):
    page.fresh()
    for href in hostile.BAD_LINKS:
        for text in [f"[x]({href})", f"[x](<{href}>)", f"![x]({href})", f"<{href}>", href]:
            made = page.browser.run(f"{RENDER} write(root, args[0]); return [...root.querySelectorAll('a')].map((a) => a.href)", text)
            plain = ("https://evil.example/", "https://trusted.example", hostile.AWAY)
            bad = [link for link in made if not link.startswith(plain) or "@" in link]
            expect(bad == [], f"{text!r} leads to {bad}")
    for text, host in hostile.TOLD_LINKS:
        told = page.browser.run(f"{RENDER} write(root, args[0]); const [a] = root.querySelectorAll('a');"
                                "return a && { text: a.innerText, rel: a.rel, n: root.querySelectorAll('a').length }", text)
        expect(told and host in told["text"] and told["n"] == 1, f"{text!r} tells {told}")


def check_a_page_is_made_by_its_policy(page):
    """Were the scripts careless, the browser would still refuse."""
    page.fresh()
    thrown = page.js("(() => { try { document.body.innerHTML = '<b>x</b>'; } catch (e) { return e.name; } })()")
    expect(thrown == "TypeError", f"markup from text: {thrown}")
    page.browser.run("const s = document.createElement('img'); s.src = args[0] + '.png'; document.body.append(s);"
                     "const a = document.createElement('a');"
                     "try { a.setAttribute('onclick', args[1]); } catch {}"
                     "document.body.append(a); a.click(); await new Promise((r) => setTimeout(r, 100));",
                     hostile.AWAY, hostile.RUN)
    expect(page.js("window.harmed") is None, "a handler ran")
    page.browser.log("browser")


def check_hostile_text_costs_little(page):
    page.fresh()
    slow = page.browser.run(f"""{RENDER}
        const slow = [];
        const time = (name, text) => {{
          const start = performance.now();
          write(root, text);
          const ms = performance.now() - start;
          let depth = 0;
          for (let level = [root]; level.length > 0; level = level.flatMap((e) => [...e.children])) depth++;
          if (ms > 1500 || depth > 150) slow.push(`${{JSON.stringify(name)}}: ${{ms.toFixed(0)}} ms, ${{depth}} deep`);
        }};
        for (const unit of args[0]) time(unit, unit.repeat(4000));
        for (const unit of args[0]) time(unit + "…x", unit.repeat(2000) + "x" + "*_`)]>~$".repeat(1000));
        for (const text of args[1]) time(text.slice(0, 20), text);
        time("deep", "> ".repeat(10000) + "x\\n" + "  ".repeat(5000) + "- x");
        time("nested", "**a _b ".repeat(3000) + "c_ d** ".repeat(3000));
        time("huge", "word ".repeat(400000));
        root.replaceChildren();
        return slow;""", hostile.UNITS, hostile.CODE)
    expect(slow == [], f"slow: {slow}")


def check_a_growing_text_is_drawn_as_a_whole_one(page):
    page.fresh().ask("Show me some code.")
    text = page.browser.run("return (await (await fetch('/api/conversations' + location.hash.replace('#', '/'))).json()).messages.at(-1).text")
    texts = [text, "\n\n".join(hostile.MARKUP[:12]), "- a\n\n  b\n- c\n\n1. x\n\n   ```\n   y\n   ```\n2. z\n\n\n> q\n\ntext\n***\n# h\n"
             "| a | b |\n|---|---|\n| 1 | 2 |\nend\n\n$$\nx\n$$\n\n- [x] done\n- [ ] not\n\n\n    code\n\n* other\n"]
    texts += ["before\n\n" + end for end in hostile.UNCLOSED]
    differing = page.browser.run(f"""{RENDER}
        const differing = [];
        for (const text of args[0]) for (const step of [1, 3, 17]) {{
          const writer = new Writer(root);
          for (let i = step; i < text.length + step; i += step) writer.set(text.slice(0, i));
          const grown = root.innerHTML;
          writer.clear();
          writer.set(text);
          if (grown !== root.innerHTML) differing.push([text.slice(0, 60), step, grown, root.innerHTML]);
        }}
        root.replaceChildren();
        return differing;""", texts)
    expect(differing == [], f"{len(differing)} differ: {differing[:1]}")


# ---- Other servers ----

def check_a_server_with_a_key(page):
    with Site(page.site.program, "--key", "sesame") as site:
        locked = Page(page.browser, site)
        locked.open()
        for key in ["wrong", "sesame"]:
            page.until("document.getElementById('key-window').open")
            page.browser.type("#key", key)
            page.browser.press("Enter")
        page.until("!document.getElementById('key-window').open && document.getElementById('model').options.length === 2")
        locked.ask("Tell me")
        expect(locked.said().endswith(STORY_END), "no answer")
        page.until("document.querySelector('#conversations a')")
        expect(page.js("!JSON.stringify({ ...localStorage }).includes('sesame')"), "the key stays too long")


def check_a_server_that_keeps_nothing(page):
    with Site(page.site.program, "--forget") as site:
        forgetful = Page(page.browser, site)
        forgetful.browser.open(site.address)
        page.until("!document.getElementById('kept-where').hidden")
        forgetful.ask("first").ask("second")
        page.browser.press("Control", "Shift", "O")
        forgetful.ask("third")
        page.until("document.querySelectorAll('.entry').length === 2")
        page.browser.run("document.querySelectorAll('.entry a')[1].click()")
        page.until("document.querySelectorAll('.turn').length === 4")


# ---- Pictures ----

def shots(page, folder):
    os.makedirs(folder, exist_ok=True)
    for scheme in ["light", "dark"]:
        for name, width, height in [("wide", 1280, 860), ("phone", 390, 844)]:
            page.browser.scheme(scheme)
            page.browser.size(width, height, is_phone=name == "phone")
            one_set(page, lambda what: page.browser.shot(f"{folder}/{scheme}-{name}-{what}.png"), name == "phone")
    page.browser.size(1280, 800)


def one_set(page, shot, is_phone):
    page.fresh()
    shot("1-empty")
    page.ask("How would I keep only the values that were used last?")
    page.fresh().ask("Show me some code.")
    page.browser.run("document.getElementById('scroll').scrollTop = 0")
    shot("2-code")
    page.browser.run("document.getElementById('scroll').scrollTop = 1e6")
    shot("3-table")
    page.fresh().ask("Think about foxes first.").browser.click(".turn.assistant .again")
    page.until(f"{DONE} && {LAST}.querySelector('.which').textContent === '2 / 2'")
    page.browser.run("document.querySelector('details').open = true")
    shot("4-thoughts")
    page.fresh().browser.run("document.getElementById('show-likely').click()")
    page.ask("Tell me a story.")
    page.browser.run(f"{LAST}.querySelectorAll('.token')[22].focus()")
    shot("5-likely")
    page.browser.run("document.getElementById('show-likely').click(); document.getElementById('show-settings').click()")
    page.browser.run("document.getElementById('system').value = 'You are a patient teacher of botany.'")
    shot("6-settings")
    page.browser.run("document.getElementById('show-settings').click()")
    if is_phone:
        page.browser.click("#show-sidebar")
    shot("7-sidebar")
    page.browser.run("const s = document.getElementById('search'); s.value = 'baker'; s.dispatchEvent(new Event('input'))")
    page.until("document.querySelector('#conversations mark')")
    page.browser.run("document.querySelector('#conversations .more').click()")
    shot("8-search")
    page.browser.run("document.getElementById('menu').hidePopover()")
    if is_phone:
        page.browser.press("Escape")
        page.browser.press("Escape")
    page.fresh().ask("busy", is_done=False)
    page.until("document.querySelector('#trouble .error') || " + DONE)
    if not page.js("document.querySelector('#trouble .error') !== null"):
        page.fresh().ask("busy", is_done=False)
        page.until("document.querySelector('#trouble .error')")
    shot("9-trouble")
    page.browser.run("document.getElementById('keys').showModal()")
    shot("a-keys")
    page.fresh().ask("A long story about the code", is_done=False)
    page.until(f"{LAST}.innerText.includes('cache')")
    shot("b-streaming")
    page.until(DONE)


def main():
    words = argparse.ArgumentParser()
    words.add_argument("program")
    words.add_argument("--shots")
    words.add_argument("--only", default="")
    asked = words.parse_args()
    program = os.path.abspath(asked.program)
    failed = 0
    with Site(program, delay=12 if asked.shots else 2) as site, Browser() as browser:
        site.program = program
        browser.call("POST", "/timeouts", {"script": 60000})
        browser.size(1280, 800)
        browser.scheme("light")
        page = Page(browser, site)
        if asked.shots:
            return shots(page, asked.shots)
        checks = [(name, check) for name, check in globals().items() if name.startswith("check_") and asked.only in name]
        for name, check in checks:
            start = time.monotonic()
            try:
                check(page)
                print(f"ok   {time.monotonic() - start:5.1f} s  {name[6:]}", flush=True)
            except Gone as fault:
                failed += 1
                print(f"FAIL {time.monotonic() - start:5.1f} s  {name[6:]}: {fault}", flush=True)
                browser.size(1280, 800)
                browser.scheme("light")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
