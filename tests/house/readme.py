#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What README.md and docs/ show is true: programs compile, linked files exist, scripts can be called.

readme.py ROOT COMPILER [COMMAND]
    COMMAND is the imgcompose command. What the shell blocks call it for is run, on made inputs, and must succeed; only diff
    and lint may end with 1. So is the whole first block of docs/cookbook.md.
readme.py --self-test COMPILER
    shows that each of these is noticed
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile


def blocks(text):
    """(line number, language, content) of each fenced block"""
    for found in re.finditer(r"^```(\w*)[^\n]*\n(.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, found.start()) + 1, found[1], found[2]


def does_not_compile(root, compiler, program):
    run = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-I", os.path.join(root, "include"),
                          "-x", "c++", "-"], input=program, text=True, capture_output=True, check=False)
    return run.stderr if run.returncode else None


def commands(block):
    """Each command line of a shell block, continued lines joined, without prompts, comments and output."""
    joined = re.sub(r"\\\n\s*", " ", block)
    lines = joined.splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


MADE = """
mkdir -p result/dtbs/rockchip result/rootfs/etc rootfs/etc
echo card | tee result/rootfs/etc/hostname >rootfs/etc/hostname
for f in result/Image result/initrd result/dtbs/rockchip/rk3328-nanopi-r2s.dtb Image initrd u-boot.bin; do head -c 100000 /dev/urandom >$f; done
cp Image idbloader.img; cp Image u-boot.itb
PYTHONPATH="$ROOT/tests/golden" python3 -c 'import inputs
open("result/Image", "wb").write(inputs.kernel(100000))
open("result/dtbs/rockchip/rk3328-nanopi-r2s.dtb", "wb").write(inputs.device_tree("FriendlyElec NanoPi R2S"))'
cp -r result/dtbs .
tar -C rootfs --zstd -cf rootfs.tar.zst .
if command -v mkimage >/dev/null; then
    head -c 10000 Image >tpl
    mkimage -n rk3328 -T rksd -d tpl:initrd result/idbloader.img >/dev/null
    mkimage -f auto -A arm64 -O linux -T kernel -C none -a 0x200000 -d Image -E result/u-boot.itb >/dev/null
else
    cp Image result/idbloader.img; cp Image result/u-boot.itb
fi
cp "$ROOT/docs/coming-from/genimage.cfg" genimage.cfg
imgcompose build examples/descriptions/nanopi-r2s.toml --inputs result -q -o old.img
cp --sparse=always old.img Armbian.img
echo other >result/rootfs/etc/hostname
imgcompose build examples/descriptions/nanopi-r2s.toml --inputs result -q -o new.img
"""


def fails(root, path, where, content, compiler, command):
    """Runs what a block calls the command for, and all of the cookbook's first block, in a folder like a clone of the project."""
    lines = [line for line in commands(content) if line.startswith("imgcompose ")]
    whole = path == "docs/cookbook.md" and "./card" in content
    if (not lines and not whole) or path == "docs/command.md": # that page has a test of its own
        return
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(os.path.abspath(command), os.path.join(folder, "bin", "imgcompose"))
        if os.path.basename(compiler) != "g++" and "g++ " in content:
            with open(os.path.join(folder, "bin", "g++"), "w", encoding="utf-8") as file:
                file.write(f'#!/bin/sh\nexec "{compiler}" "$@"\n')
            os.chmod(os.path.join(folder, "bin", "g++"), 0o755)
        for name in ("include", "docs", "examples"):
            if os.path.exists(os.path.join(root, name)):
                os.symlink(os.path.abspath(os.path.join(root, name)), os.path.join(folder, name))
        environment = os.environ | {"PATH": os.path.join(folder, "bin") + os.pathsep + os.environ["PATH"], "ROOT": os.path.abspath(root)}

        def run(script):
            return subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if whole:
            done = run(content)
            if done.returncode:
                yield f"{where}: the block fails:\n{done.stdout}"
            return
        if os.path.isdir(os.path.join(root, "examples", "descriptions")):
            made = run(MADE)
            if made.returncode:
                yield f"{where}: no inputs could be made:\n{made.stdout}"
                return
        for line in lines:
            if "--bootloader" in line and not shutil.which("mkimage"):
                print(f"skipped: {line}: mkimage not found")
                continue
            done = run(line)
            if done.returncode > (1 if line.split()[1] in ("diff", "lint") else 0):
                yield f"{where}: `{line}` fails:\n{done.stdout}"


def untrue(root, path, compiler, command):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    folder = os.path.dirname(path)
    for line, language, content in blocks(text):
        where = f"{path}:{line}"
        # The programs of the cookbook are compiled and run by tests/cookbook, which also compares the page with them.
        if language == "cpp" and "int main" in content and path != "docs/cookbook.md":
            said = does_not_compile(root, compiler, content)
            if said:
                yield f"{where}: the program does not compile:\n{said}"
        if language not in ("sh", "console", "bash"):
            continue
        for words in commands(content):
            program, *rest = words.split()
            if re.match(r"(\./)?(examples|tests|benchmarks)/", program):
                if not os.access(os.path.join(root, program), os.X_OK):
                    yield f"{where}: {program} cannot be run"
                elif subprocess.run([os.path.join(root, program), "--help"], capture_output=True, stdin=subprocess.DEVNULL,
                                    check=False).returncode:
                    yield f"{where}: {program} --help fails"
        if command:
            yield from fails(root, path, where, content, compiler, command)
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        if not os.path.exists(os.path.join(root, folder, target)):
            yield f"{path}: links to {target}, which does not exist"


def pages(root):
    found = ["README.md"] if os.path.exists(os.path.join(root, "README.md")) else []
    docs = os.path.join(root, "docs")
    return found + sorted("docs/" + f for f in (os.listdir(docs) if os.path.isdir(docs) else []) if f.endswith(".md"))


def self_test(compiler):
    cases = [("", ""),
             ("```cpp\nint main() { return 0; }\n```\n[a](README.md)\n```sh\ntests/ok.sh # all\n```\n", ""),
             ("```cpp\nint main() { return x; }\n```\n", "does not compile"),
             ("[a](absent.md)\n", "does not exist"),
             ("```sh\ntests/absent.sh --fast\n```\n", "cannot be run"),
             ("```console\n$ tests/bad.sh\noutput\n```\n", "--help fails"),
             ("```sh\nimgcompose dance\n```\n", "`imgcompose dance` fails"),
             ("```sh\nimgcompose lint x # may find something\n```\n", "")]
    failures = 0
    for text, expected in cases:
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "tests"))
            for name, content in [("README.md", text), ("tests/ok.sh", "#!/bin/sh\n"), ("tests/bad.sh", "#!/bin/sh\nexit 1\n")]:
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(content)
                os.chmod(os.path.join(root, name), 0o755)
            found = "\n".join(untrue(root, "README.md", compiler, shutil.which("false")))
            if (expected not in found) if expected else found:
                failures += 1
                print(f"{text!r}: expected {expected!r}, found {found!r}")
    return failures


def main():
    if sys.argv[1] == "--self-test":
        return 1 if self_test(sys.argv[2]) else 0
    root, compiler, command = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
    findings = [f for page in pages(root) for f in untrue(root, page, compiler, command)]
    print("\n".join(findings) if findings else f"{len(pages(root))} pages are true")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
