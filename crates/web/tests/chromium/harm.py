"""What others may try: texts of hostile.py on the page, and what comes of them."""

import hostile
from page import expect

RENDER = """
const { Writer, write } = await import('/chat/prose.js');
const root = document.createElement('div');
root.className = 'said prose';
document.getElementById('log').replaceChildren(root);
"""

# Anything among these elements that could act.
ACTING = """
const acting = [...root.querySelectorAll('script, iframe, img, video, audio, object, embed, link, style,'
  + ' base, meta, form, template, noscript, svg:not(.icon)')].map((e) => e.outerHTML);
for (const e of root.querySelectorAll('*')) {
  const names = [...e.attributes].map((attribute) => attribute.name);
  if (names.some((name) => /^on|^style$|^src|^formaction$/i.test(name))) acting.push(e.outerHTML);
  if (e.href !== undefined && e.tagName !== 'use') {
    const isAway = /noopener/.test(e.rel) && e.target === '_blank';
    if (!isAway || !['http:', 'https:', 'mailto:'].includes(e.protocol)) acting.push(e.outerHTML);
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
            made = page.browser.run(f"{RENDER} write(root, args[0]);"
                                    "return [...root.querySelectorAll('a')].map((a) => a.href)", text)
            plain = ("https://evil.example/", "https://trusted.example", hostile.AWAY)
            bad = [link for link in made if not link.startswith(plain) or "@" in link]
            expect(bad == [], f"{text!r} leads to {bad}")
    for text, host in hostile.TOLD_LINKS:
        told = page.browser.run(f"{RENDER} write(root, args[0]); const [a] = root.querySelectorAll('a');"
                                "return a && { text: a.innerText, n: root.querySelectorAll('a').length }", text)
        expect(told and host in told["text"] and told["n"] == 1, f"{text!r} tells {told}")


def check_a_page_is_made_by_its_policy(page):
    """Were the scripts careless, the browser would still refuse."""
    page.fresh()
    thrown = page.browser.run("try { document.body.innerHTML = '<b>x</b>'; } catch (e) { return e.name; }")
    expect(thrown == "TypeError", f"markup from text: {thrown}")
    page.browser.run("const s = document.createElement('img'); s.src = args[0] + '.png';"
                     "document.body.append(s);"
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
          if (ms < 1500 && depth < 150) return;
          slow.push(`${{JSON.stringify(name)}}: ${{ms.toFixed(0)}} ms, ${{depth}} deep`);
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
    text = page.browser.run("const kept = await fetch('/api/conversations' + location.hash.replace('#', '/'));"
                            "return (await kept.json()).messages.at(-1).text")
    texts = [text, "\n\n".join(hostile.MARKUP[:12]),
             "- a\n\n  b\n- c\n\n1. x\n\n   ```\n   y\n   ```\n2. z\n\n\n> q\n\ntext\n***\n# h\n"
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
