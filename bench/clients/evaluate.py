"""lm-evaluation-harness over HTTP beside the model itself: evaluate.py URL FOLDER SCORER [OUTSIDE]

The harness's own command is run unchanged, in several ways (see WAYS), on four tasks that are written here: multiple
choice, rolling perplexity over windows, the last word, and texts that it lets be written. Then the same tasks are run
by the same harness on log-likelihoods and ids that SCORER, a command of the engine without a server, tells; and on those
of OUTSIDE, a command that does the same by transformers, where it is given. Accuracies and texts must be equal,
perplexities within 1e-5. Called by bench/clients/check.
"""

import itertools
import json
import math
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import sys

URL, FOLDER, SCORER, *OUTSIDE = sys.argv[1:]
WORK = pathlib.Path(FOLDER).parent / "evaluations"
# Beside the model's config transformers would take that family's own rules of cutting instead of the file's.
TOKENIZER = str(WORK / "tokenizer")
KEY = "sesame"
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(WORK / "home"), "OPENAI_API_KEY": KEY,
           "TOKENIZERS_PARALLELISM": "false"}
os.environ.update(OFFLINE)
TASKS = {
    "choices": ("multiple_choice", ["acc", "acc_norm"],
                {"doc_to_text": "{{question}}", "doc_to_choice": "{{choices}}", "doc_to_target": "{{answer}}"}),
    "rolling": ("loglikelihood_rolling", ["word_perplexity", "byte_perplexity", "bits_per_byte"],
                {"doc_to_text": "", "doc_to_target": "{{text}}"}),
    "last_word": ("loglikelihood", ["acc", "perplexity"],
                  {"doc_to_text": "{{text}}", "doc_to_target": "{{word}}", "target_delimiter": ""}),
    "written": ("generate_until", ["exact_match"],
                {"doc_to_text": "{{text}}", "doc_to_target": "{{word}}", "target_delimiter": "",
                 "generation_kwargs": {"until": ["\n", "."], "max_gen_toks": 20, "temperature": 0, "do_sample": False}}),
}
# Shorter than the texts, so that they are read in windows.
LENGTH = 200
HUGGING_FACE = f"tokenizer_backend=huggingface,tokenizer={TOKENIZER}"
REMOTE = f"tokenizer_backend=remote,auth_token={KEY}"
WAYS = {
    "ids, one by one": (HUGGING_FACE, 1, list(TASKS)),
    "ids, 8 at once": (f"{HUGGING_FACE},num_concurrent=8", 1, list(TASKS)),
    "ids, batches of 7": (HUGGING_FACE, 7, list(TASKS)),
    "ids, 3 batches of 5 at once": (f"{HUGGING_FACE},num_concurrent=3", 5, list(TASKS)),
    "server's tokenizer, 4 at once": (f"{REMOTE},num_concurrent=4", 1, list(TASKS)),
    "server's tokenizer, found by itself": (f"auth_token={KEY},num_concurrent=4", 1, ["choices", "written"]),
    "texts, 4 at once": (f"{HUGGING_FACE},tokenized_requests=False,num_concurrent=4", 1, ["choices", "last_word", "written"]),
}


def words(rng, n):
    known = pathlib.Path(__file__).resolve().parents[2].joinpath("STYLE.md").read_text().split()
    return " ".join(rng.choice(known) for _ in range(n))


class Scorer:
    """A program that tells of ids, line by line."""

    def __init__(self, command):
        from transformers import AutoTokenizer

        self.process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
        # What ends an answer of any model here: the end of its turn, and of texts.
        self.ends = set(self.tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"]))

    def ask(self, context, wanted):
        self.process.stdin.write(json.dumps([context, wanted]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def write(self, text, n, stops=()):
        """The likeliest continuation, before the first of the stops."""
        ids = self.ask(self.tokenizer(text).input_ids, n)
        ids = list(itertools.takewhile(lambda id: id not in self.ends, ids))
        written = self.tokenizer.decode(ids)
        return written[:min([written.index(stop) for stop in stops if stop in written], default=None)]


def write_tasks(scorer):
    """Documents by chance; every other last word is the model's own, so that it is right about half of them."""
    rng = random.Random(8)
    docs = {name: [] for name in TASKS}
    for i in range(60):
        choices = [" " + words(rng, rng.randint(1, 5)) for _ in range(4)]
        docs["choices"].append({"question": words(rng, rng.randint(3, 40)), "choices": choices, "answer": rng.randrange(4)})
        text = words(rng, 12)
        word = scorer.write(text, 1) if i % 2 else " " + words(rng, 1)
        if word.strip() and word.isprintable():
            docs["last_word"].append({"text": text, "word": word})
    docs["rolling"] = [{"text": words(rng, n)} for n in (1, 30, 150, 400, 700)]
    docs["written"] = [{"text": words(rng, 10), "word": "one"} for _ in range(12)]
    for name, (kind, metrics, more) in TASKS.items():
        data = WORK / f"{name}.jsonl"
        data.write_text("".join(json.dumps(doc) + "\n" for doc in docs[name]))
        task = {"task": name, "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(data)}},
                "test_split": "test", "output_type": kind, "metric_list": [{"metric": metric} for metric in metrics]}
        (WORK / f"{name}.yaml").write_text(json.dumps(task | more))  # YAML holds JSON.


def measured(results):
    """The numbers of a run, and what was said of each document."""
    numbers, said = {}, {}
    for task, values in results["results"].items():
        numbers |= {(task, name.split(",")[0]): value for name, value in values.items() if name.split(",")[0] in TASKS[task][1]}
    for task, samples in results["samples"].items():
        for sample in samples:
            said[task, sample["doc_id"]] = sample["resps"]
    return numbers, said


def over_http(model, way):
    arguments, batch, tasks = WAYS[way]
    out = WORK / "out" / str(list(WAYS).index(way))
    arguments = f"model={model},base_url={URL}/v1/completions,max_length={LENGTH},max_retries=1,{arguments}"
    command = [sys.executable, "-m", "lm_eval", "--model", "local-completions", "--model_args", arguments, "--tasks", ",".join(tasks),
               "--include_path", WORK, "--batch_size", batch, "--output_path", out, "--log_samples"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"lm_eval, {way}:\n{done.stdout}\n{done.stderr}")
    results = json.loads(next(out.rglob("results_*.json")).read_text())
    lines = {task: next(out.rglob(f"samples_{task}_*.jsonl")).read_text().splitlines() for task in tasks}
    results["samples"] = {task: [json.loads(line) for line in lines[task]] for task in tasks}
    return measured(results)


def without(scorer):
    """The same tasks on what a program tells."""
    from lm_eval import simple_evaluate
    from lm_eval.models.openai_completions import LocalCompletionsAPI
    from lm_eval.tasks import TaskManager

    class Native(LocalCompletionsAPI):
        def _loglikelihood_tokens(self, requests, **_):
            return [tuple(scorer.ask(context, continuation)) for _, context, continuation in requests]

        def generate_until(self, requests, **_):
            return [scorer.write(text, how["max_gen_toks"], how["until"]) for text, how in (request.args for request in requests)]

    model = Native(model="none", base_url="none", tokenizer=TOKENIZER, tokenizer_backend="huggingface", max_length=LENGTH)
    manager = TaskManager(include_path=str(WORK))
    results = simple_evaluate(model=model, tasks=list(TASKS), task_manager=manager, log_samples=True)
    return measured(results)


def flat(resps):
    """Log-likelihoods and other words of what was said of a document."""
    if isinstance(resps, (list, tuple)):
        return [part for resp in resps for part in flat(resp)]
    try:
        return [float(resps)] if not isinstance(resps, bool) else [str(resps)]
    except ValueError:
        return [resps]


def apart(one, other):
    return abs(one - other) / max(abs(one), abs(other), 1e-300)


def check(name, got, expected):
    (numbers, said), (right, right_said) = got, expected
    assert numbers and said and set(numbers) <= set(right), (numbers, right)
    worst = worst_each = 0.0
    for of, value in numbers.items():
        if of[1].startswith(("acc", "exact")):
            assert value == right[of], f"{name}, {of}: {value}, expected {right[of]}"
        else:
            worst = max(worst, apart(value, right[of]))
    for of, resps in said.items():
        for one, other in zip(flat(resps), flat(right_said[of]), strict=True):
            if isinstance(one, float) and isinstance(other, float):
                worst_each = max(worst_each, apart(one, other))
            else:
                assert one == other, f"{name}, {of}: {one!r}, expected {other!r}"
    assert worst < 1e-5, f"{name}: perplexities differ by {worst}"
    assert worst_each < 1e-4, f"{name}: log-likelihoods differ by {worst_each}"
    print(f"lm_eval, {name}: accuracies and texts equal, perplexities within {worst:.1e}, log-likelihoods within {worst_each:.1e}", flush=True)


def main():
    import requests

    model = requests.get(f"{URL}/v1/models", headers={"Authorization": f"Bearer {KEY}"}, timeout=10).json()["data"][0]["id"]
    shutil.rmtree(WORK, ignore_errors=True)
    pathlib.Path(TOKENIZER).mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(pathlib.Path(FOLDER) / name, TOKENIZER)
    scorer = Scorer(SCORER)
    write_tasks(scorer)
    native = without(scorer)
    print("lm_eval, the engine itself: " + ", ".join(f"{task} {name} {value:.4g}" for (task, name), value in native[0].items()))
    assert all(math.isfinite(value) for value in native[0].values()) and 0 < native[0]["last_word", "acc"] < 1
    if OUTSIDE:
        check("the engine beside transformers", native, without(Scorer(OUTSIDE[0])))
    for way in WAYS:
        check(way, over_http(model, way), native)


main()
