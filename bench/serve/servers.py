"""Servers to be measured: started on a free port of 127.0.0.1, ready, and ended again."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target/bench/llama-server"
PYTHON = HOME / "venv/bin/python"
LLAMA = HOME / "llama-server"
VERSION = "0.3.36"  # of llama-cpp-python, whose source distribution holds llama.cpp


def build_llama():
    """llama-server for this machine, out of llama-cpp-python's source distribution."""
    if LLAMA.exists():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", HOME / "venv"], check=True)
    pip = [PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "cmake", "ninja", "scikit-build-core"], check=True)
    words = ["download", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "-d", HOME, f"llama-cpp-python=={VERSION}"]
    path = f"{PYTHON.parent}:{os.environ['PATH']}"
    subprocess.run([*pip, *words], check=True, env=os.environ | {"PATH": path})
    archive = next(HOME.glob("llama_cpp_python-*.tar.gz"))
    with tarfile.open(archive) as packed:
        packed.extractall(HOME, filter="data")
    source = HOME / archive.name.removesuffix(".tar.gz") / "vendor/llama.cpp"
    made = HOME / "build"
    flags = ["CMAKE_BUILD_TYPE=Release", "GGML_NATIVE=ON", "BUILD_SHARED_LIBS=OFF", "LLAMA_CURL=OFF", "LLAMA_OPENSSL=OFF",
             "LLAMA_BUILD_TESTS=OFF", "LLAMA_BUILD_EXAMPLES=OFF", "LLAMA_BUILD_TOOLS=ON", "LLAMA_BUILD_SERVER=ON",
             "LLAMA_BUILD_COMMON=ON", "LLAMA_BUILD_UI=OFF", "LLAMA_BUILD_WEBUI=OFF", "LLAMA_USE_PREBUILT_UI=OFF"]
    cmake = PYTHON.parent / "cmake"
    environment = os.environ | {"PATH": path}
    subprocess.run([cmake, "-S", source, "-B", made, "-G", "Ninja", *(f"-D{flag}" for flag in flags)], check=True, env=environment, stdout=subprocess.DEVNULL)
    subprocess.run([cmake, "--build", made, "--target", "llama-server", "-j", "2"], check=True, env=environment, stdout=subprocess.DEVNULL)
    (made / "bin/llama-server").rename(LLAMA)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command, port, log):
    """The server's URL and process, once it is healthy."""
    url = f"http://127.0.0.1:{port}"
    with open(log, "w") as told:
        # In a session of its own: Ctrl-C is for whoever measures, who ends the server then.
        process = subprocess.Popen([*map(str, command)], stdout=told, stderr=told, start_new_session=True)
    try:
        for _ in range(1200):
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended at once; see {log}")
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=1) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                pass
            time.sleep(0.05)
        else:
            sys.exit(f"{command[0]} was not ready within a minute; see {log}")
        yield url, process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def resident(process):
    """Bytes of memory that a process has now."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) * 1024


def ours(lyceum, model, parallel, context, home, *more):
    port = free_port()
    command = [lyceum, "serve", "--model", model, "--port", port, "--threads", 2, "--parallel", parallel, "--home", home]
    return [*command, "--speculate", "off", "--quiet", *more], port


def theirs(model, parallel, context, flash, *more):
    port = free_port()
    command = [LLAMA, "-m", model, "--host", "127.0.0.1", "--port", port, "-t", 2, "-tb", 2, "-np", parallel]
    return [*command, "-c", parallel * context, "-fa", "on" if flash else "off", *more], port
