"""Runs the console commands of a text and compares their output: readme.py BINARY FILE...

In a block marked `console`, a command follows `$ ` and its output is on the lines below. `…` in the output matches any
text; alone on a line, it matches any number of lines. The commands of a file run one after the other in one new folder,
in which `examples` is that of the project. `cargo run … --example NAME -- ARGUMENTS` runs the example that was built in the
folder of the binary. Any other command that does not begin with one of the tools below is skipped, such as `cargo install`.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOOLS = ("refrain ", "printf ", "cat ", "head ", "wc ", "ls ")


def commands(text):
    """(line number, command, expected output) of each command."""
    inside, found = False, []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            found.append((number, line[2:], []))
        elif inside and found:
            found[-1][2].append(line)
    return found


def pattern(lines):
    parts = [r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in lines]
    return re.compile("".join(parts))


binary, root, failures = Path(sys.argv[1]).resolve(), Path.cwd(), 0
for name in sys.argv[2:]:
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(root / "examples", Path(folder) / "examples")
        environment = {**os.environ, "PATH": f"{binary.parent}:{os.environ['PATH']}"}
        for number, command, expected in commands(Path(name).read_text()):
            command = re.sub(r"\s{2,}#.*", "", command)
            if example := re.fullmatch(r"cargo run .*--example (\w+)(?: -- (.*))?", command):
                command = f"{binary.parent}/examples/{example[1]} {example[2] or ''}"
            elif not command.startswith(TOOLS):
                continue
            run = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            lines = [line.rstrip() for line in run.stdout.splitlines()]
            output = "".join(f"{line}\n" for line in lines)
            while expected and not expected[-1]:
                expected.pop()
            good = run.returncode == 0 and (not expected or pattern(expected).fullmatch(output))
            print(f"{'ok  ' if good else 'FAIL'} {name}:{number}: {command}")
            if not good:
                failures += 1
                print(f"expected:\n{chr(10).join(expected)}\nprinted (exit code {run.returncode}):\n{output}")
sys.exit(f"{failures} commands print something else" if failures else 0)
