"""What a model might say to harm whoever reads it, or the page that shows it."""

RUN = "window.harmed = true"
AWAY = "http://127.0.0.1:9/away"

# Texts that would run or load something if they became markup.
MARKUP = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror='{RUN}'>",
    f"<svg onload='{RUN}'><animate onbegin='{RUN}' attributeName=x dur=1s></svg>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<details open ontoggle='{RUN}'><summary>x</summary></details>",
    f"<style>@import '{AWAY}';</style><link rel=stylesheet href='{AWAY}'>",
    f"<img src='{AWAY}'><video poster='{AWAY}'></video><object data='{AWAY}'></object>",
    f"<base href='{AWAY}'><meta http-equiv=refresh content='0;url={AWAY}'>",
    f"<form action='{AWAY}'><input type=submit autofocus onfocus='{RUN}'></form>",
    f"![image]({AWAY}.png)",
    f"[![image]({AWAY}.png)]({AWAY})",
    f"![x]({AWAY} \"onerror={RUN}\")",
    f"```html\n<script>{RUN}</script>\n<img src={AWAY}>\n```",
    f"```<script>{RUN}</script>\nx\n```",
    f"```js\"onmouseover=\"{RUN}\nx\n```",
    f"| <script>{RUN}</script> | b |\n|---|---|\n| <img src={AWAY}> | `<b>` |",
    f"- <script>{RUN}</script>\n  > <img src=x onerror={RUN}>",
    f"**<script>{RUN}</script>** *<b onclick={RUN}>x</b>* `</code><script>{RUN}</script>`",
    f"$$</code><script>{RUN}</script>$$ \\(<img src=x onerror={RUN}>\\)",
    f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;script&#62;",
    f"<template><script>{RUN}</script></template><noscript><img src={AWAY}></noscript>",
    f"</article></section></body><script>{RUN}</script>",
    f"<!--><script>{RUN}</script-->",
]

# Addresses that must not become links.
BAD_LINKS = [
    f"javascript:{RUN}", f"JaVaScRiPt:{RUN}", f"java\tscript:{RUN}", f"\x01javascript:{RUN}",
    f"javascript&colon;{RUN}", f"javascript://%0a{RUN}", f"data:text/html,<script>{RUN}</script>",
    f"vbscript:{RUN}", "file:///etc/passwd", "blob:https://evil.example/1", "about:blank", "//evil.example",
    "/runs", "#1", "?x", "chrome://settings", f"view-source:{AWAY}", "http://", "https:// evil.example",
    "https://trusted.example@evil.example/", "https://user:password@evil.example/",
    "https://evil.example/\u202egnp.exe", "https://e\u200bvil.example/", "ftp://evil.example/",
]

# Links that are fine, and the host that must be told beside them.
TOLD_LINKS = [
    ("[trusted.example](https://evil.example/)", "evil.example"),
    ("[https://trusted.example](https://evil.example/)", "evil.example"),
    ("[log in](https://\u0430pple.example/)", "xn--pple-43d.example"),
    ("https://\u0430pple.example/", "xn--pple-43d.example"),
    ("[\u202eelpmaxe.detsurt](https://evil.example/)", "evil.example"),
    ("[](https://evil.example/)", "evil.example"),
    ("![cat](https://evil.example/cat.png)", "evil.example"),
    ("[a](https://evil.example/%22onclick=%22x)", "evil.example"),
    ("[a](<https://evil.example/> \"b\")", "evil.example"),
    ("[write](mailto:someone@evil.example)", "someone@evil.example"),
]

# Pieces that cost a careless reader time or memory, repeated up to some length.
UNITS = [
    ">", "- ", "* ", "1. ", "> - ", "*a ", "**a", "_a_b", "*_", "[", "[a](", "](", "![", "[a](b", "`a``",
    "``` ` ", "$a ", "\\(", "$$", "<a", "<br", "&am", "http://", "https://a(", "~~a", "|a", "|-", "# ", "#",
    " ", "\t", "\n- ", "\n> ", "\n#", "\n```", "\n$$", "\n|a|", "\n1. a", "\n  - a", "\\", "a\\\n", "\u202e",
    "\n    ", "(((", "\"", "[a](b \"", "~~~", "\n***", "\n| - |", "\n- [ ] ", "\0", "\ud83d\ude00", "e\u0301",
]

# Beginnings that nothing ends.
UNCLOSED = ["```js\nlet x", "**bold", "*a **b `c", "[a](http://x", "| a | b |\n|--", "> - 1. ```\n", "$$x",
            "~~a", "<https://x", "`", "- [", "\\", "![a](", "***", "~~~\n", "a\n|-", "1.", "-", "#", "$", "|"]

# Whole languages of code, with strings and comments that nothing ends.
CODE = [f"```{language}\n{text}\n```"
        for language in ["c", "js", "rust", "python", "sql", "html", "css", "json", "lua", "diff", "none"]
        for text in ["/*" * 3000, '"' * 3000, "'" * 3001, "`" * 2 + "'\"" * 999, "\\" * 3000, "<!--" * 900,
                     '"""' * 999, "0x" * 2000, "a" * 5000, "--" * 2000, "'\\" * 2000, "1e" * 3000]]
