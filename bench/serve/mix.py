"""What a server meets in an hour: people who read to the end, people who leave, programs that send nonsense.

Each kind is one function, which asks over a connection of its own and returns what became of it: `WHOLE` (all that
was asked for came), `LEFT` (the asker went away, as it meant to), `REFUSED` (the nonsense was told so). Whatever else
happens is raised: `Busy` where it was told to come back (429), anything else makes it a lost one. One more kind is
one function and one line in `KINDS`.
"""

import asyncio
import json
import random
import socket
import struct

WHOLE, LEFT, REFUSED, BUSY, LOST = "whole", "left", "refused", "busy", "lost"
WORDS = "the a model reads one token after another and says what may follow because it has seen many texts before".split()
TOKENS = (4, 48)  # Of an answer.
LINE = 1 << 20


class Lost(Exception):
    """Something that was asked for did not come."""


class Busy(Exception):
    """There were too many already."""


class Connection:
    """HTTP/1.1, as far as it is needed here."""

    def __init__(self, port):
        self.port = port

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=LINE)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass

    def write(self, path, body, method="POST", kind="application/json", length=None, end=None):
        """A whole request, or its beginning only."""
        length = len(body) if length is None else length
        head = f"{method} {path} HTTP/1.1\r\nhost: soak\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        self.writer.write((head.encode() + body)[:end])

    async def status(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        self.headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        return int(head[0].split(" ")[1])

    async def pieces(self):
        """The body, as it comes."""
        if self.headers.get("transfer-encoding") != "chunked":
            yield await self.reader.readexactly(int(self.headers.get("content-length", 0)))
            return
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)

    async def body(self):
        return b"".join([piece async for piece in self.pieces()])

    async def ask(self, path, body, **more):
        self.write(path, body if isinstance(body, bytes) else json.dumps(body).encode(), **more)
        await self.writer.drain()
        return await self.status()

    async def events(self):
        held = b""
        async for piece in self.pieces():
            held += piece
            while b"\n\n" in held:
                event, held = held.split(b"\n\n", 1)
                if event.startswith(b"data: "):
                    yield event[6:]


def text(chance, words):
    return " ".join(chance.choices(WORDS, k=words))


def completion(chance, prompt, stream):
    body = {"prompt": prompt, "max_tokens": chance.randint(*TOKENS), "ignore_eos": True, "seed": chance.getrandbits(30)}
    return body | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {})


def chat(chance, stream):
    messages = [{"role": "user", "content": text(chance, chance.randint(5, 80))}]
    body = completion(chance, None, stream) | {"messages": messages}
    del body["prompt"]
    return "/v1/chat/completions", body


def check(is_so, what):
    if not is_so:
        raise Lost(what)


def check_status(status, body=b""):
    if status == 429:
        raise Busy
    check(status == 200, f"status {status} {body[:200].decode(errors='replace')}".strip())


async def read_stream(connection, path, body):
    """Asks for a stream, and reads all of it."""
    status = await connection.ask(path, body)
    if status != 200:
        check_status(status, await connection.body())
    tokens, last = 0, b""
    async for last in connection.events():
        if b'"usage":{' in last:
            tokens = json.loads(last)["usage"]["completion_tokens"]
        check(b'"error"' not in last, f"an error in a stream: {last[:200]!r}")
    check(last == b"[DONE]", f"a stream ended with {last[:80]!r}")
    check(tokens == body["max_tokens"], f"{tokens} of {body['max_tokens']} tokens")
    return WHOLE


async def read_whole(connection, path, body):
    status = await connection.ask(path, body)
    told = await connection.body()
    check_status(status, told)
    tokens = json.loads(told)["usage"]["completion_tokens"]
    check(tokens == body["max_tokens"], f"{tokens} of {body['max_tokens']} tokens")
    return WHOLE


async def streamed(port, chance):
    async with Connection(port) as connection:
        if chance.random() < 0.5:
            return await read_stream(connection, *chat(chance, True))
        return await read_stream(connection, "/v1/completions", completion(chance, text(chance, 40), True))


async def whole(port, chance):
    """A few on one connection, as clients keep theirs."""
    async with Connection(port) as connection:
        for _ in range(chance.randint(1, 3)):
            await read_whole(connection, *chat(chance, False))
    return WHOLE


SHARED = " ".join(WORDS[i * i % len(WORDS)] for i in range(200))


async def shared(port, chance):
    """Begins as many others do."""
    async with Connection(port) as connection:
        prompt = f"{SHARED} {text(chance, 10)}"
        return await read_stream(connection, "/v1/completions", completion(chance, prompt, True))


async def leaves(port, chance):
    """Reads some words and goes away."""
    async with Connection(port) as connection:
        body = completion(chance, text(chance, 40), True) | {"max_tokens": 200}
        status = await connection.ask("/v1/completions", body)
        check_status(status)
        words = chance.randint(1, 30)
        async for _ in connection.events():
            words -= 1
            if words == 0:
                break
    return LEFT


async def breaks(port, chance):
    """Goes away in the middle of a request, or before any answer, politely or not."""
    async with Connection(port) as connection:
        path, body = chat(chance, chance.random() < 0.5)
        body = json.dumps(body | {"max_tokens": 200}).encode()
        connection.write(path, body, end=chance.choice([0, 30, -20, None]))
        await connection.writer.drain()
        await asyncio.sleep(chance.choice([0, 0.05, 0.5]))
        way = chance.randrange(3)
        if way == 0:  # A reset instead of an end.
            linger = struct.pack("ii", 1, 0)
            connection.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if way == 1:
            connection.writer.write_eof()
    return LEFT


async def embeds(port, chance):
    async with Connection(port) as connection:
        texts = [text(chance, chance.choice([3, 30, 300])) for _ in range(chance.randint(1, 12))]
        status = await connection.ask("/v1/embeddings", {"input": texts})
        told = await connection.body()
        check_status(status, told)
        data = json.loads(told)["data"]
        check([one["index"] for one in data] == list(range(len(texts))), "an embedding is missing")
        lengths = [sum(x * x for x in one["embedding"]) for one in data]
        check(all(abs(length - 1) < 1e-3 for length in lengths), f"embeddings of lengths {lengths}")
    return WHOLE


CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
BAD = [
    # Path, body, and how else it differs from a good one.
    (CHAT, b"{", {}),
    (CHAT, b"[" * 10_000, {}),
    (CHAT, b'{"messages": ' + b'[{"a":' * 5_000, {}),
    (CHAT, b'{"messages": 5}', {}),
    (CHAT, b'{"messages": [{"role": "user", "content": {"a": 1}}]}', {}),
    (CHAT, b'{"messages": []}', {}),
    (CHAT, b"\xff\xfe\x00", {}),
    (CHAT, b'{"messages": [{"role": "user", "content": "a"}]}', {"kind": "text/plain"}),
    (CHAT, b"", {"method": "GET"}),
    (CHAT, b" " * ((16 << 20) + 1), {}),
    (COMPLETIONS, b'{"prompt": "a", "temperature": NaN}', {}),
    (COMPLETIONS, b'{"prompt": "a", "max_tokens": -1}', {}),
    (COMPLETIONS, b'{"prompt": "a", "model": "../../etc/passwd"}', {}),
    (COMPLETIONS, b'{"prompt": [4000000000]}', {}),
    (COMPLETIONS, b'{"prompt": "' + b"long " * 20_000 + b'"}', {}),
    (COMPLETIONS, b'{"prompt": "a", "response_format": {"type": "json_schema", "json_schema": {"schema": {"$ref": "http://x"}}}}', {}),
    ("/v1/embeddings", b'{"input": []}', {}),
    ("/v1/embeddings", b'{"input": "a", "dimensions": 0}', {}),
    ("/v1/nothing", b"{}", {}),
    ("/%2e%2e/etc/passwd", b"", {"method": "GET"}),
]


async def bad(port, chance):
    path, body, more = chance.choice(BAD)
    async with Connection(port) as connection:
        status = await connection.ask(path, body, **more)
        check(400 <= status < 500, f"status {status} for {body[:60]!r} to {path}")
    return REFUSED


KINDS = {
    # How many of a hundred
    streamed: 35,
    whole: 15,
    shared: 15,
    leaves: 10,
    breaks: 5,
    embeds: 10,
    bad: 10,
}


class Counts:
    """What became of all who asked."""

    def __init__(self):
        self.of, self.reasons, self.seconds, self.server_errors = {}, {}, [], 0

    def add(self, kind, outcome, seconds=None):
        key = f"{kind} {outcome}"
        self.of[key] = self.of.get(key, 0) + 1
        if outcome == WHOLE:
            self.seconds.append(seconds)

    def lose(self, kind, reason):
        self.add(kind, LOST)
        self.server_errors += reason.startswith("status 5")
        reason = f"{kind}: {reason}"
        if reason in self.reasons or len(self.reasons) < 20:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1

    @property
    def done(self):
        return sum(self.of.values())

    def how_many(self, outcome):
        return sum(n for key, n in self.of.items() if key.endswith(f" {outcome}"))


async def one(port, seed, patience, counts):
    """Somebody asks, of a kind that chance chooses."""
    chance = random.Random(seed)
    kind = chance.choices(list(KINDS), weights=KINDS.values())[0]
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(patience):
            outcome = await kind(port, chance)
        counts.add(kind.__name__, outcome, asyncio.get_running_loop().time() - began)
    except Busy:
        counts.add(kind.__name__, BUSY)
    except TimeoutError:
        counts.lose(kind.__name__, f"no end within {patience} s")
    except Exception as error:  # Whatever it is, it was not what was asked for.
        counts.lose(kind.__name__, str(error) or type(error).__name__)
