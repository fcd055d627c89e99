#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The packages say the same: one version, one licence, one list of parts, and the same oldest dependencies. What the
command needs is in every list of packages that are installed to build it.

recipes.py ROOT           check the tree ROOT; exit 1 and say what differs
recipes.py --self-test    show that each difference is noticed
"""
import json
import os
import re
import sys

PORT = "packaging/vcpkg/ports/imgcompose/"
FILES = {  # what is read, and a sound example of it
    "include/imgcompose/version.hpp": '#define IMGCOMPOSE_VERSION_MAJOR 1\n#define IMGCOMPOSE_VERSION_MINOR 2\n'
        '#define IMGCOMPOSE_VERSION_PATCH 3\n#define IMGCOMPOSE_VERSION_STRING "1.2.3"\n'
        '#define IMGCOMPOSE_ABI_NAMESPACE v1\n',
    "CMakeLists.txt": 'imgcompose_part(zip\n)\nset(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "zlib1g-dev")\n',
    "cmake/imgcompose-dependencies.cmake": "macro(imgcompose_need_core)\nimgcompose_need(fmt 9 CONFIG)\n"
        "macro(imgcompose_need_zip)\nimgcompose_need(ZLIB 1)\n",
    "examples/imgcompose/CMakeLists.txt": "find_package(CLI11 REQUIRED)\ntarget_link_libraries(c imgcompose::zip)\n",
    "examples/quickstart.sh": "packages='libfmt-dev zlib1g-dev'\npackages+=' libcli11-dev'\n",
    "tests/run.sh": 'packages="libfmt-dev zlib1g-dev\n libcli11-dev"\n',
    "tests/consumer/main.cpp": "CONSUMER_ZIP",
    "conan/test_package/test_package.cpp": "WITH_ZIP",
    PORT + "usage": "COMPONENTS zip",
    "conan/conanfile.py": 'license = "L"\nurl = homepage = "u"\nPARTS = {\n    "zip": ("z/[>=1]", "z::z"),\n}\nself.requires("fmt/[>=9 <13]")\n',
    "vcpkg.json": '{"version": "1.2.3", "license": "L", "dependencies": ["fmt"], "features": {"zip": {"dependencies": ["z"]},'
        ' "tests": {"dependencies": ["z"]}}}',
    PORT + "vcpkg.json": '{"version": "1.2.3", "license": "L", "dependencies": ["fmt", {"name": "v", "host": true}],'
        ' "features": {"zip": {"dependencies": ["z"]}}}',
    PORT + "portfile.cmake": "-DIMGCOMPOSE_ZIP=OFF\n",
}
DEBIAN = {  # what find_package calls a package: its development package
    "Boost": "libboost-dev", "range-v3": "librange-v3-dev", "fmt": "libfmt-dev", "OpenSSL": "libssl-dev", "ZLIB": "zlib1g-dev",
    "zstd": "libzstd-dev", "LibArchive": "libarchive-dev", "CLI11": "libcli11-dev", "tomlplusplus": "libtomlplusplus-dev",
    "nlohmann_json": "nlohmann-json3-dev", "Threads": None,
}
OUR_FEATURES = {"tests", "benchmarks"}  # of the root manifest, for work on the library itself


def differences(text):
    """What differs, of the files by path."""
    header = text["include/imgcompose/version.hpp"]
    macros = dict(re.findall(r"#define IMGCOMPOSE_(\w+) (\S+)", header))
    version = macros["VERSION_STRING"].strip('"')
    major, minor, patch = version.split(".")
    if [macros[f"VERSION_{part}"] for part in ("MAJOR", "MINOR", "PATCH")] != [major, minor, patch]:
        yield "version.hpp: VERSION_STRING and the three numbers differ"
    if macros["ABI_NAMESPACE"] != (f"v0_{minor}" if major == "0" else f"v{major}"):
        yield f"version.hpp: the inline namespace of {version} is not {macros['ABI_NAMESPACE']}"

    root, port = json.loads(text["vcpkg.json"]), json.loads(text[PORT + "vcpkg.json"])
    for where, manifest in (("vcpkg.json", root), (PORT + "vcpkg.json", port)):
        if manifest["version"] != version:
            yield f"{where}: version {manifest['version']}, but version.hpp has {version}"
    recipe = text["conan/conanfile.py"]
    if re.search(r'^\s*version = ', recipe, re.M):
        yield "conan/conanfile.py: the version is typed again"
    licences = {root["license"], port["license"], re.search(r'license = "(.*?)"', recipe)[1]}
    if len(licences) != 1:
        yield f"licences differ: {sorted(licences)}"

    parts = set(re.findall(r"^imgcompose_part\((\w+)", text["CMakeLists.txt"], re.M))
    table = re.search(r"^PARTS = \{\n(.*?)^\}", recipe, re.M | re.S)[1]
    for where, found in (("conan/conanfile.py", set(re.findall(r'^    "(\w+)":', table, re.M))),
                         ("vcpkg.json", set(root["features"]) - OUR_FEATURES),
                         (PORT + "vcpkg.json", set(port["features"])),
                         (PORT + "portfile.cmake",
                          {p.lower() for p in re.findall(r"-DIMGCOMPOSE_(\w+)=OFF", text[PORT + "portfile.cmake"])}
                          - {"tests", "examples", "benchmarks"})):
        if found != parts:
            yield f"{where}: has the parts {sorted(found)}, CMakeLists.txt {sorted(parts)}"
    for part in parts & set(root["features"]) & set(port["features"]):
        if root["features"][part]["dependencies"] != port["features"][part]["dependencies"]:
            yield f"the two vcpkg.json differ in what {part} needs"
    needed = [d for d in port["dependencies"] if isinstance(d, str)]
    if needed != root["dependencies"]:
        yield f"the two vcpkg.json differ in their dependencies: {needed}, {root['dependencies']}"

    for path, word in (("tests/consumer/main.cpp", "CONSUMER_"), ("conan/test_package/test_package.cpp", "WITH_")):
        for part in sorted(parts):
            if word + part.upper() not in text[path]:
                yield f"{path}: does not use {part}"
    for part in sorted(parts):
        if not re.search(rf"\b{part}\b", text[PORT + "usage"]):
            yield f"{PORT}usage: does not name {part}"
    for attribute in ("url", "homepage"):
        if not re.search(rf'^\s*(?:\w+ = )*{attribute} = ', recipe, re.M):
            yield f"conan/conanfile.py: no {attribute}"
    yield from lists_lack(text, root, parts)

    oldest = {name.lower(): least for name, least in
              re.findall(r"imgcompose_need\(([\w-]+) ([0-9.]+)", text["cmake/imgcompose-dependencies.cmake"])}
    for name, least in re.findall(r'requires\("([\w-]+)/\[>=([0-9.]+)', recipe):
        if name in oldest and oldest[name] != least:
            yield f"conan/conanfile.py: {name} from {least} on, but CMake wants {oldest[name]}"


def lists_lack(text, root, parts):
    """What the command links and finds, but a list of packages does not have."""
    build = text["examples/imgcompose/CMakeLists.txt"]
    linked = {p for p in re.findall(r"imgcompose::(\w+)", build) if p in parts}
    for part in sorted(linked):
        for needed in root["features"].get(part, {}).get("dependencies", []):
            if needed not in root["features"]["tests"]["dependencies"]:
                yield f"vcpkg.json: the command links imgcompose::{part}, but the feature tests lacks {needed}"

    needs = {}  # by core or part
    for name, body in re.findall(r"^macro\(imgcompose_need_(\w+)\)\n(.*?)(?=^macro|\Z)",
                                 text["cmake/imgcompose-dependencies.cmake"], re.M | re.S):
        needs[name] = re.findall(r"imgcompose_need\(([\w-]+)", body)
    wanted = [p for name in ["core", *sorted(linked)] for p in needs.get(name, [])]
    wanted += [p for p in re.findall(r"find_package\((\w+)", build) if p != "imgcompose"]
    for package in wanted:
        if package not in DEBIAN:
            yield f"recipes.py: does not know the Debian package of {package}"
    for path in ("examples/quickstart.sh", "tests/run.sh"):
        listed = " ".join(found[1] for found in re.findall(r"""packages\+?=(['"])(.*?)\1""", text[path], re.S))
        for package in wanted:
            if DEBIAN.get(package) and DEBIAN[package] not in listed.split():
                yield f"{path}: does not install {DEBIAN[package]}, which the command needs"
    suggested = re.search(r'DEV_PACKAGE_SUGGESTS "(.*?)"', text["CMakeLists.txt"])[1]
    for package in [DEBIAN.get(p) for part in sorted(parts) for p in needs.get(part, [])]:
        if package and not re.search(rf"(^|\s){re.escape(package)}\b", suggested):
            yield f"CMakeLists.txt: the package of the headers does not suggest {package}"


def self_test():
    changes = [("", "", ""),
               ("include/imgcompose/version.hpp", "PATCH 3", "PATCH 4"),
               ("include/imgcompose/version.hpp", "v1", "v1_2"),
               ("vcpkg.json", "1.2.3", "1.2.4"),
               (PORT + "vcpkg.json", "1.2.3", "1.2"),
               (PORT + "vcpkg.json", '"license": "L"', '"license": "M"'),
               (PORT + "vcpkg.json", '["z"]', '["y"]'),
               (PORT + "vcpkg.json", '"fmt"', '"fmt", "more"'),
               (PORT + "vcpkg.json", '"zip"', '"zap"'),
               (PORT + "portfile.cmake", "ZIP", "ZAP"),
               ("conan/conanfile.py", '"zip"', '"zap"'),
               ("conan/conanfile.py", '>=9', '>=8'),
               ("conan/conanfile.py", 'license', 'version = "1"\nlicense'),
               ("conan/conanfile.py", 'homepage', 'home'),
               ("CMakeLists.txt", "zip", "zap"),
               ("CMakeLists.txt", "zlib1g-dev", "libssl-dev"),
               ("tests/consumer/main.cpp", "ZIP", "ZAP"),
               ("conan/test_package/test_package.cpp", "ZIP", "ZAP"),
               (PORT + "usage", "zip", "zipper"),
               ("vcpkg.json", '"tests": {"dependencies": ["z"]}', '"tests": {"dependencies": []}'),
               ("examples/imgcompose/CMakeLists.txt", "CLI11", "unheard_of"),
               ("examples/quickstart.sh", " zlib1g-dev", ""),
               ("examples/quickstart.sh", "libcli11-dev", ""),
               ("tests/run.sh", "libfmt-dev", "")]
    failures = 0
    for path, before, after in changes:
        text = dict(FILES)
        if path:
            text[path] = text[path].replace(before, after)
        found = list(differences(text))
        if bool(found) != bool(path):
            failures += 1
            print(f"{path}: {before} -> {after}: found {found}")
    return failures


def main():
    if sys.argv[1] == "--self-test":
        return 1 if self_test() else 0
    text = {}
    for path in FILES:
        with open(os.path.join(sys.argv[1], path), encoding="utf-8") as file:
            text[path] = file.read()
    compile(text["conan/conanfile.py"], "conan/conanfile.py", "exec")
    found = list(differences(text))
    print("\n".join(found) if found else "the recipes agree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
