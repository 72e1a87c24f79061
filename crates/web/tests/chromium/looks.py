"""How the chat page looks: contrast by numbers, and pictures for a person."""

import os

from page import DONE, LAST, expect

CONTRAST = """
const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const rgba = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
const ground = (e) => { const c = rgba(getComputedStyle(e).backgroundColor);
  return c[3] === 1 || !e.parentElement ? c : over(c, ground(e.parentElement)); };
const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const poor = [];
for (const e of document.querySelectorAll('body *')) {
  const has = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.matches('svg.icon');
  const style = getComputedStyle(e);
  if (!has || !e.checkVisibility({ visibilityProperty: true })) continue;
  if (e.closest(':disabled, .hidden, noscript')) continue;
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


def take(page, folder):
    """A picture of everything, in both themes, wide and narrow."""
    os.makedirs(folder, exist_ok=True)
    for scheme in ["light", "dark"]:
        for name, width, height in [("wide", 1280, 860), ("phone", 390, 844)]:
            page.browser.scheme(scheme)
            page.browser.size(width, height, is_phone=name == "phone")
            shot = lambda what: page.browser.shot(f"{folder}/{scheme}-{name}-{what}.png")
            one_set(page, shot, name == "phone")
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
    page.browser.run("document.getElementById('show-likely').click()")
    page.browser.run("document.getElementById('show-settings').click()")
    page.browser.run("document.getElementById('system').value = 'You are a patient teacher of botany.'")
    shot("6-settings")
    page.browser.run("document.getElementById('show-settings').click()")
    if is_phone:
        page.browser.click("#show-sidebar")
    shot("7-sidebar")
    page.browser.run("const s = document.getElementById('search'); s.value = 'baker';"
                     "s.dispatchEvent(new Event('input'))")
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
