"""Makes the environment of a command where it is missing, then starts the command in it.

Standard library only; `uv` fills `.venv/NAME-3.X` from the lock files. Invariants: a stamp is
written last, so whatever stops the work, the next start begins again; stdout belongs to the command
that is started.
"""

import glob
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"
RUN, TEST, LAKE = "requirements.lock", "requirements-dev.lock", "requirements-lake.lock"
LOCKS = {"run": (RUN,), "lake": (RUN, LAKE), "test": (TEST,)}
LOCKS["mutation"] = (TEST, "requirements-mutation.lock")
# Those that CI tests, best first; newer ones are used only where none of these can be found.
VERSIONS = ("3.13", "3.12", "3.11", "3.14", "3.15", "3.16")
# Folders of Pythons for uv to search, beside those it knows: the search path, Windows' registry.
PLACES = (
    "$PYENV_ROOT/versions/{}.*/bin",
    "~/.pyenv/versions/{}.*/bin",
    "~/.pyenv/pyenv-win/versions/{}.*",
    "/opt/homebrew/bin",
    "/usr/local/bin",
)
# pip's settings, which uv does not read, and the variables by which uv takes them.
SETTINGS = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "proxy": "ALL_PROXY"}
SETTINGS |= {"find-links": "UV_FIND_LINKS", "trusted-host": "UV_INSECURE_HOST"}
SETTINGS |= {"cert": "SSL_CERT_FILE", "client-cert": "SSL_CLIENT_CERT"}
SETTINGS |= {"timeout": "UV_HTTP_TIMEOUT"}
HINT = """the lines above say why. Offline: go online once. Behind a mirror or proxy: pip's settings
      count (PIP_INDEX_URL, PIP_CERT, PIP_PROXY, pip's files). No pip: install python3-venv or uv"""


def start(name: str, *command: str) -> NoReturn:
    """Run `command` and the user's arguments in environment `name`, in place of this process."""
    try:
        python, arguments = ready_python(name, sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    # Isolated mode: neither PYTHONPATH nor the working folder can put other modules first.
    line = [str(python), "-I", *command, *arguments]
    if os.name != "nt":
        os.execv(line[0], line)  # noqa: S606 - the interpreter that set-up made
    # On Windows the terminal would return at once. Ctrl-C reaches the command too, which decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(subprocess.call(line))


def as_typed(script: str) -> str:
    """How a user has started a script."""
    return f"{'py' if os.name == 'nt' else 'python3'} " + (
        f'"{script}"' if " " in script else script
    )


def stop(message: str, hint: str) -> NoReturn:
    """End set-up: what is wrong, and what to do about it."""
    print(f"error: {message}\nhint: {hint}", file=sys.stderr)
    sys.exit(70)  # EX_SOFTWARE of sysexits


def ready_python(name: str, arguments: list[str]) -> tuple[Path, list[str]]:
    """The Python of environment `name`, made where needed, and the arguments that are not ours.

    Ours are a leading `--python VERSION|PATH` and, of run.py, `--with lake`.
    """
    wish = os.environ.get("PAWWORK_PROXY_PYTHON")
    while match := re.fullmatch(r"--(python|with)(=.*)?", "".join(arguments[:1])):
        value = match[2][1:] if match[2] else "".join(arguments[1:2])
        arguments = arguments[1 if match[2] else 2 :]
        if not value or (match[1] == "with" and (name, value) != ("run", "lake")):
            stop(f"--{match[1]} {value} means nothing here", "--python 3.13, run.py --with lake")
        wish, name = (value, name) if match[1] == "python" else (wish, value)
    folders = {
        one: ROOT / ".venv" / "-".join([name, *re.findall(r"[\w.]+", one)])
        for one in ([wish] if wish else VERSIONS)
    }
    if not any(map(is_ready, folders.values())):
        if not os.access(os.environ.get("XDG_CACHE_HOME") or Path.home(), os.W_OK):
            os.environ.setdefault("UV_NO_CACHE", "1")  # a user without a home of his own
        with exclusive(ROOT / ".venv"):
            uv = find_uv()
            any(is_ready(folder) or make(folder, uv, one) for one, folder in folders.items())
    for folder in filter(is_ready, folders.values()):
        return folder / PYTHON, arguments
    hint = "install Python 3.13, or give the path of one with --python"
    stop(f"no usable Python {wish or '3.11 or newer'} found", hint)


def stamp(folder: Path) -> Path:
    """The file that says an environment is finished, named by what it was made of."""
    locks = [(ROOT / lock).read_bytes() for lock in LOCKS[folder.name.partition("-")[0]]]
    return folder / hashlib.sha256(b"".join([os.fsencode(ROOT), *locks])).hexdigest()


def is_ready(folder: Path) -> bool:
    """Whether an environment was finished, of these lock files in this place, and is whole."""
    with suppress(OSError):
        names = stamp(folder).read_text("utf-8").splitlines()
        return all((folder / name).exists() for name in (PYTHON, *names))
    return False


def make(folder: Path, uv: str, wish: str) -> bool:
    """Make an environment with the Python wished for; False if there is none."""
    path = [f"{sys.base_prefix}/bin", sys.base_prefix]
    for place in PLACES:
        pattern = os.path.expandvars(Path(place.format(wish)).expanduser())
        found = glob.glob(pattern)  # noqa: PTH207 - an absolute pattern
        path += sorted(found, key=lambda folder: (-len(folder), folder))  # 3.12.10 before 3.12.9
    find = [uv, "python", "find", "--system", "--no-project", "--no-python-downloads"]
    find += [f"cpython{wish}" if wish in VERSIONS else wish]
    python = output_of(*find, PATH=os.pathsep.join([*path, os.environ.get("PATH", "")]))
    if output_of(python, "-c", "import sys; print(sys.version_info >= (3, 11))") != "True":
        return False
    shutil.rmtree(folder, ignore_errors=True)
    pip = output_of(sys.executable, "-P", "-m", "pip", "config", "list")
    options, variables = uv_settings(pip)
    options += [f"-r{ROOT / lock}" for lock in LOCKS[folder.name.partition("-")[0]]]
    new = [uv, "venv", "--quiet", "--no-project", "--python", python, str(folder)]
    step(f"making .venv/{folder.name} with {python}", new, variables)
    fill = [uv, "pip", "install", "--no-deps", "--require-hashes", "--python", str(folder)]
    step("installing packages", [*fill, *options], variables)
    (packages,) = [*folder.glob("Lib/site-packages"), *folder.glob("lib/python*/site-packages")]
    # Code instead of a path: Python 3.11 reads this file in the encoding of the locale.
    line = f"import os, sys; sys.path.append(os.fsdecode({os.fsencode(ROOT)!r}))\n"
    (packages / "pawwork_proxy.pth").write_text(line, "ascii")
    names = [str(path.relative_to(folder)) for path in packages.iterdir()]
    stamp(folder).write_text("\n".join(names), "utf-8")
    return True


def exclusive(folder: Path) -> BinaryIO:
    """A lock file in `folder`, locked until it is closed or this process ends, however it does."""
    folder.mkdir(exist_ok=True)
    file = (folder / "lock").open("ab")
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415

        fcntl.flock(file, fcntl.LOCK_EX)
        return file
    import msvcrt  # noqa: PLC0415

    while True:
        with suppress(OSError):  # after ten seconds; then once more
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            return file


def find_uv() -> str:
    """The path of `uv`: from the search path, else a wheel of pinned hash, fetched by pip once."""
    tools = ROOT / ".tools"
    for path in (shutil.which("uv"), shutil.which(tools / "uv/bin/uv")):
        if path and re.match(r"uv (0\.[1-9]\d|[1-9])", output_of(path, "--version")):
            return path
    python = sys.executable
    if not output_of(python, "-P", "-m", "pip", "--version"):
        step("making a pip", [python, "-m", "venv", "--clear", str(tools / "pip")], {})
        python = str(tools / "pip" / PYTHON)
    fetch = [python, "-P", "-m", "pip", "install", "-qq", "--upgrade", f"--target={tools / 'uv'}"]
    fetch += ["--no-deps", "--only-binary=:all:", f"-r{ROOT / 'requirements-uv.lock'}"]
    step("fetching uv", fetch, {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"})
    return str(shutil.which(tools / "uv/bin/uv"))


def output_of(*command: str, **variables: str) -> str:
    """What a command prints; nothing if it does not start or fails."""
    with suppress(OSError, subprocess.SubprocessError, UnicodeError):
        env, null = {**os.environ, **variables}, subprocess.DEVNULL
        return subprocess.check_output(command, env=env, stderr=null, encoding="utf-8").strip()
    return ""


def step(what: str, command: list[str], variables: dict[str, str]) -> None:
    """Run one step of set-up before the user's eyes; ends set-up if it fails."""
    print(f"set-up: {what}", file=sys.stderr, flush=True)
    env = {**os.environ, **variables}
    if subprocess.run(command, env=env, stdout=sys.stderr, check=False).returncode:
        stop(f"{what} failed", HINT)


def uv_settings(pip: str) -> tuple[list[str], dict[str, str]]:
    """Options and variables by which uv obeys `pip config list`; the user's own UV_... win."""
    rows = re.findall(r"(?m)^(global|install|:env:)\.(?:default-)?([\w-]+)=['\"](.*)['\"]$", pip)
    rows.sort(key=lambda row: ("global", "install", ":env:").index(row[0]))
    said = {name: value.replace("\\n", " ").split() for _, name, value in rows}
    # pip passes over folders that are not there.
    links = [one for one in said.get("find-links", []) if "://" in one or Path(one).is_dir()]
    said["find-links"] = [",".join(links)] if links else []
    # pip trusts the system's certificates, and takes the best of all indexes, which the hashes in
    # the lock files make safe.
    variables = {"UV_SYSTEM_CERTS": "1", "UV_INDEX_STRATEGY": "unsafe-best-match"}
    variables |= {SETTINGS[name]: " ".join(said[name]) for name in SETTINGS if said.get(name)}
    own = {name: value for name, value in os.environ.items() if name.startswith("UV_")}
    return ["--no-index"] if said.get("no-index") in (["1"], ["true"]) else [], variables | own
