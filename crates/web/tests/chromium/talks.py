"""What a person does on the chat page, step by step."""

import json
import pathlib
import tempfile
import time

from page import DONE, LAST, STORY_END, Page, Site, expect


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
    wanted = ["table tbody tr", "figure.code pre code", ".c-word", ".c-comment", "ol > li", "li ul li",
              "blockquote", ".maths", "a[href]", "strong"]
    counts = page.js(f"args[0].map((s) => {LAST}.querySelectorAll('.said ' + s).length)", wanted)
    expect(counts[0] == 3 and counts[4] == 3 and counts[5] == 2 and all(counts), str(counts))
    code = page.js(f"{LAST}.querySelector('pre').textContent")
    expect(code.startswith("use std::") and code.endswith("}\n}"), code)
    host = page.js(f"{LAST}.querySelector('a .host').textContent").strip()
    expect(host == "doc.rust-lang.org", host)
    page.browser.cdp("Browser.grantPermissions",
                     permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    page.browser.click(".copy-code")
    page.until("document.querySelector('.copy-code').textContent === 'Copied'")
    expect(page.js("navigator.clipboard.readText()") == code, "the clipboard")


def check_thoughts_are_folded(page):
    page.fresh().ask("Think about foxes")
    expect(page.js(f"{LAST}.querySelector('details:not([open], [hidden])') !== null"), "open, or not there")
    expect("Thought for" in page.js(f"{LAST}.querySelector('summary').textContent"), "no summary")
    expect("Foxes are small" not in page.said(), "thoughts in the answer")


def check_how_likely(page):
    page.fresh()
    page.browser.press("Alt", "p")
    page.until("document.getElementById('show-likely').ariaPressed === 'true'")
    page.ask("Tell me")
    count = page.js(f"{LAST}.querySelectorAll('.token').length")
    text = page.js(f"{LAST}.querySelector('.likelihoods').textContent")
    expect(count > 30 and text.endswith(STORY_END), text)
    expect("perplexity" in page.js(f"{LAST}.querySelector('.facts').textContent"), "perplexity")
    page.browser.run(f"{LAST}.querySelector('.token').focus()")
    page.browser.press("Right")
    page.browser.press("Right")
    tip = page.until("document.querySelector('#likely:not([hidden])')?.innerText")
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
        !(e.innerText?.trim() || e.ariaLabel || e.labels?.length || e.title || e.hidden))
        .map((e) => e.outerHTML)""")
    expect(unnamed == [], f"without a name: {unnamed}")


def check_nothing_moves_and_a_reader_is_left_alone(page):
    page.fresh()
    page.browser.run("""window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) =>
        { if (!e.hadRecentInput) shift += e.value; })).observe({ type: 'layout-shift', buffered: false });""")
    page.ask("A long story")
    page.browser.run("window.scroller = document.getElementById('scroll')")
    end = page.js("scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight")
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
    small = page.js("[...document.querySelectorAll(':is(header, .actions, footer) button')].filter((e) =>"
                    "e.offsetWidth > 0 && (e.offsetWidth < 32 || e.offsetHeight < 36)).map((e) => e.outerHTML)")
    expect(small == [], f"too small for a finger: {small}")


def check_a_server_with_a_key(page):
    with Site(page.site.program, "--key", "sesame") as site:
        locked = Page(page.browser, site)
        locked.open()
        for key in ["wrong", "sesame"]:
            page.until("document.getElementById('key-window').open")
            page.browser.type("#key", key)
            page.browser.press("Enter")
        page.until("!document.getElementById('key-window').open"
                   " && document.getElementById('model').options.length === 2")
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
