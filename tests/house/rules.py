#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Rules about the source text, each a function that yields what breaks it.

rules.py ROOT           check the source tree ROOT; exit 1 and say where a rule is broken
rules.py --self-test    show that each rule accepts a sound tree and notices a broken one
"""
import os
import re
import subprocess
import sys
import tempfile

# Each folder of include/imgcompose/ includes only from its own row and the rows above it.
ROWS = ["core", "os", "image", "partition", "tree", "fs", "boot", "board", "compose", "write", "flash", "inspect"]
LONGEST = 700
# Headers that are tested through others' tests only. This list may get shorter, never longer (but for what is split).
WITHOUT_A_TEST_OF_THEIR_OWN = set("""
board/allwinner.hpp board/amlogic.hpp board/chromeos.hpp board/generic.hpp board/imx8.hpp board/raspberry_pi.hpp
board/starfive.hpp boot/fdt_format.hpp core/file_type.hpp core/hash.hpp core/siphash.hpp flash/target.hpp
fs/ext4/checksum.hpp fs/ext4/content.hpp fs/ext4/directory.hpp fs/ext4/extent_tree.hpp fs/ext4/facts.hpp
fs/ext4/filesystem.hpp fs/ext4/format.hpp fs/ext4/journal.hpp
fs/ext4/options.hpp fs/fat/boot_record.hpp fs/fat/contents.hpp
fs/fat/directory.hpp fs/fat/facts.hpp fs/fat/fit.hpp fs/fat/format.hpp fs/fat/options.hpp fs/fat/write.hpp image/extent.hpp
image/reader.hpp image/source.hpp inspect/artefact_format.hpp inspect/boot_files.hpp inspect/compare_trees.hpp inspect/files.hpp inspect/lint_boot_files.hpp
inspect/lint_bootloader.hpp inspect/lint_context.hpp inspect/lint_names.hpp inspect/lint_plan.hpp inspect/report.hpp
inspect/tables.hpp os/calls.hpp os/faulty.hpp os/linux.hpp os/native.hpp os/portable.hpp partition/gpt_format.hpp
partition/linux_types.hpp partition/mbr_format.hpp tree/listing.hpp write/new_file.hpp write/options.hpp
""".split())

SPDX = "SPDX-License-Identifier: BSL-1.0"
COMMENTED = {".hpp": "// ", ".cpp": "// ", ".py": "# ", ".sh": "# ", ".cmake": "# ", ".in": "# ", ".toml": "# ",
             ".yml": "# ", ".txt": "# ", ".md": "<!-- ", "": "# "}
UNCOMMENTED = ["LICENSE", ".json", ".sha256", ".svg", "usage", ".cpio", ".bin", ".expected", ".golden"]


def is_text_of_ours(path):
    name = os.path.basename(path)
    return name not in UNCOMMENTED and os.path.splitext(name)[1] not in UNCOMMENTED


class Tree:
    """The files of the project by path: those that git has or would add, else all."""

    def __init__(self, root):
        self.root = root
        listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z", "--", "."],
                                capture_output=True, check=False)
        if listed.returncode == 0:
            paths = os.fsdecode(listed.stdout).split("\0")
        else:
            paths = [os.path.relpath(os.path.join(d, f), root) for d, _, fs in os.walk(root) for f in fs]
            paths = [p for p in paths if not p.startswith("build/")]
        self.text = {}
        for path in sorted(set(paths)):
            full = os.path.join(root, path)
            if path and os.path.isfile(full) and not os.path.islink(full):
                with open(full, encoding="utf-8", errors="surrogateescape") as file:
                    self.text[path] = file.read()

    def files(self, *endings, under=""):
        return [(p, t) for p, t in self.text.items() if p.startswith(under) and p.endswith(endings)]

    def headers(self):
        """(path below include/imgcompose/, text)"""
        top = "include/imgcompose/"
        return [(p[len(top):], t) for p, t in self.files(".hpp", under=top)]

    def parts(self):
        """The optional parts, as the build has them: PART.hpp, with the folder of that name. The core never includes them."""
        return re.findall(r"^imgcompose_part\((\w+)", self.text.get("CMakeLists.txt", ""), re.M)


def includes(text):
    """(line number, name, 'quote' or 'angle')"""
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if found:
            yield (number, found[1], "quote") if found[1] else (number, found[2], "angle")


def ours(name):
    """The header of ours that is included as `name`; else None."""
    return name.removeprefix("imgcompose/") if name.startswith("imgcompose/") else None


def row(path):
    folder = path.split("/")[0]
    return ROWS.index(folder) if "/" in path and folder in ROWS else None


def part(tree, path):
    """The optional part that a header belongs to."""
    first = path.split("/")[0].removesuffix(".hpp")
    return first if first in tree.parts() else None


def includes_point_upward(tree):
    for path, text in tree.headers():
        where = f"include/imgcompose/{path}"
        if row(path) is None and "/" in path and not part(tree, path):
            yield f"{where}: the folder is in no row of STYLE.md section 1"
        for line, name, _ in includes(text):
            target = ours(name)
            if target is None or target == "version.hpp":
                continue
            if part(tree, target) and part(tree, target) != part(tree, path):
                yield f"{where}:{line}: includes {target}, which needs the optional part {part(tree, target)}"
            if row(path) is None:
                continue
            if row(target) is None:
                yield f"{where}:{line}: includes {target}, which stands above all folders"
            elif row(target) > row(path):
                yield (f"{where}:{line}: {path.split('/')[0]}/ includes {target}, "
                       f"but {target.split('/')[0]}/ is in a lower row")


def included_by_full_name(tree):
    for path, text in tree.files(".hpp", under="include/"):
        for line, name, how in includes(text):
            if how == "quote":
                yield f'{path}:{line}: "{name}": write <imgcompose/...>, found the same way wherever it is installed'


def is_constexpr_header(path):
    if path.startswith("core/"):
        return True
    if path.startswith("partition/"):
        return not path.endswith("_image.hpp")
    return re.fullmatch(r"board/[a-z0-9_]+\.hpp", path) is not None


def constexpr_headers_are_light(tree):
    """core/, board/ and partition/ (but what makes images of tables). Also what they include through others."""
    headers = dict(tree.headers())
    heavy = re.compile(r"^(fmt/|range/|filesystem$|iostream$|regex$)")

    def reach(path, chain, seen):
        for line, name, _ in includes(headers.get(path, "")):
            target = ours(name)
            if heavy.match(name) or (target and target.startswith(("image/", "os/", "tree/"))):
                yield f"include/imgcompose/{path}:{line}: <{name}> reaches the constexpr header {chain[0]}"
            elif target and target not in seen:
                seen.add(target)
                yield from reach(target, chain + [target], seen)

    for path in headers:
        if is_constexpr_header(path):
            yield from reach(path, [path], {path})


def umbrella_has_everything(tree):
    headers = dict(tree.headers())
    if "imgcompose.hpp" not in headers:
        return
    seen, todo = {"imgcompose.hpp"}, ["imgcompose.hpp"]
    while todo:
        path = todo.pop()
        for _, name, _ in includes(headers.get(path, "")):
            target = ours(name)
            if target and target not in seen:
                seen.add(target)
                todo.append(target)
    for path in headers:
        # os/ has a header for each system; the others are shorter ways to less, or optional.
        if path not in seen and not path.startswith("os/") and "/" in path and not part(tree, path):
            yield f"include/imgcompose/{path}: imgcompose.hpp does not reach it"


def licence_comes_first(tree):
    for path, text in tree.text.items():
        if not is_text_of_ours(path) or not text:
            continue
        lines = text.splitlines()[:2]
        line = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        start = COMMENTED.get(os.path.splitext(os.path.basename(path))[1], "# ")
        if not line.startswith(start + SPDX):
            yield f"{path}:1: the first line must be '{start}{SPDX}'"


def plain(text):
    """C++ without comments, strings and characters, line by line as long as before."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def names_do_not_leak(tree):
    """No `using namespace` and nothing static or unnamed at namespace scope of a header."""
    for path, text in tree.files(".hpp", under="include/"):
        code = re.sub(r"^\s*#(?:.*\\\n)*.*$", lambda m: re.sub(r"[^\n]", " ", m[0]), plain(text), flags=re.M)
        scopes = []  # True for each brace of a namespace
        statement = ""
        for number, line in enumerate(code.splitlines(), 1):
            for piece in re.findall(r"[{};]|[^{};]+", line):
                at_namespace_scope = all(scopes)
                if piece == "{":
                    scopes.append(re.search(r"\bnamespace\b[^=()]*$|\bextern\s*$", statement) is not None)
                    if at_namespace_scope and re.search(r"\bnamespace\s*$", statement):
                        yield f"{path}:{number}: an unnamed namespace in a header"
                if at_namespace_scope and piece in "{;":
                    if re.search(r"\busing\s+namespace\b", statement):
                        yield f"{path}:{number}: using namespace at the scope of a namespace"
                    if re.match(r"\s*(?:template\s*<.*>\s*)?(?:\w+\s+)*?static\b(?!_assert)", statement):
                        yield f"{path}:{number}: static at the scope of a namespace: inline instead"
                if piece == "}" and scopes:
                    scopes.pop()
                statement = "" if piece in "{};" else statement + piece
            statement = re.sub(r"IMGCOMPOSE_NAMESPACE_(BEGIN|END)", "", statement) + " "


def macros_live_in_version_hpp(tree):
    for path, text in tree.files(".hpp", under="include/"):
        for number, line in enumerate(plain(text).splitlines(), 1):
            directive = re.match(r"\s*#\s*(\w+)\s*(\w*)", line)
            if not directive:
                continue
            word, name = directive[1], directive[2]
            if word == "define" and not (path.endswith("/version.hpp") and name.startswith("IMGCOMPOSE_")):
                yield f"{path}:{number}: #define {name}: macros belong to version.hpp, with IMGCOMPOSE_ before them"
            # What a compiled part has is left out of the headers; see functions_stand_apart.
            if directive.string == "#ifndef IMGCOMPOSE_COMPILED" or path.endswith("/version.hpp"):
                continue
            if word in ("if", "ifdef", "ifndef", "elif", "else") and "/imgcompose/os/" not in path:
                yield f"{path}:{number}: #{word} outside os/"


def system_is_reached_through_os(tree):
    allowed = re.compile(r"^(fmt/|range/|boost/)")
    for path, text in tree.headers():
        if path.startswith("os/") or part(tree, path):
            continue
        for number, name, _ in includes(text):
            if name.endswith(".h") and not allowed.match(name):
                yield f"include/imgcompose/{path}:{number}: <{name}> belongs into os/"


def narrow_includes(tree):
    wide = {"range/v3/all.hpp", "fmt/core.h", "boost/endian.hpp", "bits/stdc++.h"}
    for path, text in tree.files(".hpp", ".cpp"):
        for number, name, _ in includes(text):
            if name in wide:
                yield f"{path}:{number}: <{name}> is too wide (PACKAGING.md sections 6 and 7)"


def pragma_once(tree):
    for path, text in tree.files(".hpp"):
        if len(re.findall(r"^#pragma once$", text, re.M)) != 1:
            yield f"{path}:1: needs one #pragma once"


def files_are_short(tree):
    for path, text in tree.files(".hpp", ".cpp", ".py", ".sh", ".cmake", "CMakeLists.txt"):
        count = text.count("\n")
        if count > LONGEST:
            yield f"{path}: {count} lines: look for the second concept (at most {LONGEST})"


def public_types(tree):
    """((namespace below imgcompose, keyword, name, underlying type of an enumeration), header, whether fwd.hpp has to have it).
    What users may name: not detail, templates, nor what lies between a filesystem's options and its image. A structure on
    disk is theirs to forward-declare or not."""
    for path, text in tree.headers():
        if path == "fwd.hpp" or re.match(r"fs/\w+/(?!options|facts|profile|ext4\.|fat\.)", path):
            continue
        on_disk = set(re.findall(r"disk_struct<(?:\w+::)*(\w+)>", text))
        code = re.sub(r"^\s*#(?:.*\\\n)*.*$|\bIMGCOMPOSE_NAMESPACE_\w+", " ", plain(text), flags=re.M)
        scopes, statement = [], ""  # of each open brace the namespace, None for what is none
        for piece in re.findall(r"[{};]|[^{};]+", code):
            if piece == "{":
                space = re.search(r"\bnamespace\s+([\w:]+)\s*$", statement)
                found = re.match(r"\s*(enum class|struct|class)\s+(\w+)\s*(?:final\s*)?(?::\s*(.*))?$", statement, re.S)
                inside = "::".join(filter(None, scopes))
                if found and None not in scopes and not re.search(r"\bdetail\b|_format\b|\bos\b", inside):
                    under = (found[3] or "").strip() if "enum" in found[1] else ""
                    yield (inside, found[1], found[2], under), path, found[2] not in on_disk
                scopes.append(space[1] if space else None)
            elif piece == "}" and scopes:
                scopes.pop()
            statement = "" if piece in "{};" else statement + piece


def fwd_is_complete(tree):
    fwd = dict(tree.headers()).get("fwd.hpp")
    if fwd is None:
        return
    declared, inside = set(), ""
    for line in fwd.splitlines():
        space = re.match(r"namespace (\w+) \{", line)
        inside = space[1] if space else "" if line.startswith("}") else inside
        found = re.match(r"(enum class|struct|class) (\w+)(?: : ([\w: ]+))?;", line)
        if found:
            declared.add((inside, found[1], found[2], found[3] or ""))
    defined = list(public_types(tree))
    for kind, path, is_wanted in defined:
        if is_wanted and kind not in declared:
            yield f"include/imgcompose/fwd.hpp: lacks {' '.join(filter(None, kind))}, of {path}"
    for kind in sorted(declared - {kind for kind, _, _ in defined}):
        yield f"include/imgcompose/fwd.hpp: declares {' '.join(filter(None, kind))}, which no header defines so for users"


def functions_stand_apart(tree):
    """The functions of X.hpp may be in X_impl.hpp, which X.hpp includes at its end unless they are compiled apart, and
    compiled.hpp always. X_impl.hpp is then nobody's interface: what it declares itself is inline, the rest IMGCOMPOSE_INLINE."""
    headers = dict(tree.headers())
    with_functions = {path for path, text in headers.items() if "IMGCOMPOSE_INLINE" in text}
    compiled = {ours(name) for _, name, _ in includes(headers.get("compiled.hpp", ""))}
    for path, text in headers.items():
        if not path.endswith("_impl.hpp"):
            if "IMGCOMPOSE_INLINE" in text and path != "version.hpp":
                yield f"include/imgcompose/{path}: IMGCOMPOSE_INLINE outside of what is compiled apart"
            for line, name, _ in includes(text):
                target = ours(name)
                if target in with_functions - {"version.hpp", path.replace(".hpp", "_impl.hpp")} and path != "compiled.hpp":
                    yield f"include/imgcompose/{path}:{line}: {target} would be compiled with each file that includes this"
            continue
        header = path.replace("_impl.hpp", ".hpp")
        ending = f"#ifndef IMGCOMPOSE_COMPILED\n#include <imgcompose/{path}>\n#endif\n"
        if not headers.get(header, "").endswith(ending):
            yield f"include/imgcompose/{header}: does not end with: {ending}"
        if path not in compiled:
            yield f"include/imgcompose/compiled.hpp: lacks {path}"


def headers_have_tests(tree):
    """tests/PATH.cpp (of a part, tests/PART/PART.cpp) includes its header first."""
    for path, _ in tree.headers():
        if path.endswith("_impl.hpp"):
            continue  # the test is that of its header
        name = path.removesuffix(".hpp")
        if "/" not in path and not part(tree, path):
            continue  # those that include others
        test = f"tests/{name}.cpp" if "/" in path else f"tests/{name}/{name}.cpp"
        if test not in tree.text:
            if path not in WITHOUT_A_TEST_OF_THEIR_OWN:
                yield f"include/imgcompose/{path}: {test} does not exist"
            continue
        if path in WITHOUT_A_TEST_OF_THEIR_OWN:
            yield f"tests/house/rules.py: {path} has a test now: take it off the list of those without"
        first = next(includes(tree.text[test]), (1, "", ""))
        if first[1] != f"imgcompose/{path}":
            yield f"{test}:{first[0]}: has to include <imgcompose/{path}> first"


RULES = [includes_point_upward, included_by_full_name, constexpr_headers_are_light, umbrella_has_everything,
         licence_comes_first, names_do_not_leak, macros_live_in_version_hpp, system_is_reached_through_os,
         narrow_includes, pragma_once, files_are_short, fwd_is_complete, functions_stand_apart, headers_have_tests]


def check(root, rules=None):
    tree = Tree(root)
    return [(rule.__name__, finding) for rule in rules or RULES for finding in rule(tree)]


# --- the rules themselves are tested ------------------------------------------------------------
HEAD = f"// {SPDX}\n#pragma once\n"
SOUND = {
    "include/imgcompose/version.hpp": HEAD + "#define IMGCOMPOSE_NAMESPACE_BEGIN \\\n    namespace imgcompose {\n"
                                             "#define IMGCOMPOSE_NAMESPACE_END }\n",
    "include/imgcompose/core/units.hpp": HEAD + '#include <imgcompose/version.hpp>\n#include <string_view>\n'
        "IMGCOMPOSE_NAMESPACE_BEGIN\nnamespace detail {\nstruct a { static int b(); };\n"
        "inline int a::b() { using namespace std; static int c = 1'000'000; return c; } // static int d;\n}\n"
        'static_assert(sizeof("static {") > 1);\nIMGCOMPOSE_NAMESPACE_END\n',
    "include/imgcompose/os/linux.hpp": HEAD,
    "include/imgcompose/os/file.hpp": HEAD + "#ifdef __linux__\n#include <fcntl.h>\n#endif\n",
    "include/imgcompose/image/image.hpp": HEAD + '#include <imgcompose/core/units.hpp>\n#include <fmt/format.h>\n',
    "include/imgcompose/image/blob.hpp": HEAD + "#ifndef IMGCOMPOSE_COMPILED\n#include <imgcompose/image/blob_impl.hpp>\n#endif\n",
    "include/imgcompose/image/blob_impl.hpp": HEAD + "#include <imgcompose/image/blob.hpp>\nIMGCOMPOSE_INLINE void f() {}\n",
    "include/imgcompose/compiled.hpp": HEAD + "#include <imgcompose/image/blob_impl.hpp>\n",
    "tests/image/blob.cpp": f"// {SPDX}\n#include <imgcompose/image/blob.hpp>\n",
    "include/imgcompose/fwd.hpp": HEAD + "class window;\nnamespace flash {\nenum class speed : int;\n}\n",
    "include/imgcompose/flash/speed.hpp": HEAD + "namespace flash {\nenum class speed : int { low };\n}\n",
    "include/imgcompose/image/window.hpp": HEAD + "class window final : public image { struct inner { int i; }; };\n"
        "namespace detail { struct hidden { int i; }; }\nstruct record { le32 i; };\nstatic_assert(disk_struct<record>);\n",
    "include/imgcompose/imgcompose.hpp": HEAD + '#include <imgcompose/image/window.hpp>\n#include <imgcompose/flash/speed.hpp>\n' + '#include <imgcompose/image/image.hpp>\n' +
        '#include <imgcompose/image/blob.hpp>\n',
    "tests/core/units.cpp": f'// {SPDX}\n#include <imgcompose/core/units.hpp>\nstatic int x;\n',
    "tests/image/image.cpp": f"// {SPDX}\n#include <imgcompose/image/image.hpp>\n",
    "tests/image/window.cpp": f"// {SPDX}\n#include <imgcompose/image/window.hpp>\n",
    "tests/flash/speed.cpp": f"// {SPDX}\n#include <imgcompose/flash/speed.hpp>\n",
    "tests/os/file.cpp": f"// {SPDX}\n#include <imgcompose/os/file.hpp>\n",
    "tests/run.sh": f"#!/bin/sh\n# {SPDX}\n",
    "CMakeLists.txt": f"# {SPDX}\nimgcompose_part(openssl\n)\n",
    "LICENSE": "any\n",
    "data.json": "{}\n",
}
UNITS, IMAGE = "include/imgcompose/core/units.hpp", "include/imgcompose/image/image.hpp"
BROKEN = [  # rule, file, what is added to it (a leading '=' replaces it)
    (includes_point_upward, UNITS, '#include <imgcompose/image/image.hpp>\n'),
    (includes_point_upward, UNITS, '#include <imgcompose/imgcompose.hpp>\n'),
    (includes_point_upward, IMAGE, '#include <imgcompose/openssl.hpp>\n'),
    (includes_point_upward, "include/imgcompose/new/thing.hpp", HEAD),
    (included_by_full_name, IMAGE, '#include "image.hpp"\n'),
    (included_by_full_name, IMAGE, '#include "imgcompose/core/units.hpp"\n'),
    (constexpr_headers_are_light, UNITS, "#include <filesystem>\n"),
    (constexpr_headers_are_light, UNITS, "#include <range/v3/view/zip.hpp>\n"),
    (constexpr_headers_are_light, "include/imgcompose/board/rk.hpp", HEAD + '#include <imgcompose/image/image.hpp>\n'),
    (constexpr_headers_are_light, "include/imgcompose/partition/gpt.hpp", HEAD + "#include <fmt/format.h>\n"),
    (umbrella_has_everything, "include/imgcompose/tree/tree.hpp", HEAD),
    (licence_comes_first, "tests/run.sh", "=#!/bin/sh\necho\n"),
    (licence_comes_first, "tests/core/units.cpp", "=int x;\n"),
    (licence_comes_first, "README.md", "# imgcompose\n"),
    (names_do_not_leak, UNITS, "namespace b { using namespace std; }\n"),
    (names_do_not_leak, UNITS, "static int leaked = 1;\n"),
    (names_do_not_leak, UNITS, "IMGCOMPOSE_NAMESPACE_BEGIN\nconstexpr static int leaked = 1;\n"),
    (names_do_not_leak, UNITS, "template <class T>\nstatic void leaked(T) {}\n"),
    (names_do_not_leak, UNITS, "namespace c { namespace { int leaked; } }\n"),
    (macros_live_in_version_hpp, IMAGE, "#define IMGCOMPOSE_FAST 1\n"),
    (macros_live_in_version_hpp, "include/imgcompose/version.hpp", "#define FAST 1\n"),
    (macros_live_in_version_hpp, IMAGE, "#ifdef __linux__\n#endif\n"),
    (system_is_reached_through_os, IMAGE, "#include <unistd.h>\n"),
    (system_is_reached_through_os, IMAGE, "#include <sys/stat.h>\n"),
    (narrow_includes, "tests/core/units.cpp", "#include <range/v3/all.hpp>\n"),
    (pragma_once, IMAGE, "=" + f"// {SPDX}\n"),
    (files_are_short, IMAGE, "\n" * LONGEST),
    (functions_stand_apart, "include/imgcompose/image/image_impl.hpp", HEAD),
    (functions_stand_apart, "include/imgcompose/compiled.hpp", "=" + HEAD),
    (functions_stand_apart, IMAGE, "IMGCOMPOSE_INLINE void f() {}\n"),
    (functions_stand_apart, IMAGE, "#include <imgcompose/image/blob_impl.hpp>\n"),
    (headers_have_tests, "include/imgcompose/image/new.hpp", HEAD),
    (headers_have_tests, "include/imgcompose/openssl.hpp", HEAD),
    (headers_have_tests, "tests/image/image.cpp", f"=// {SPDX}\n#include <imgcompose/image/window.hpp>\n"),
    (headers_have_tests, "tests/os/linux.cpp", f"=// {SPDX}\n#include <imgcompose/os/linux.hpp>\n"),
    (fwd_is_complete, IMAGE, "struct options { int i = 0; };\n"),
    (fwd_is_complete, IMAGE, "enum class kind : std::uint8_t { a };\n"),
    (fwd_is_complete, "include/imgcompose/flash/speed.hpp", "=" + HEAD),
    (fwd_is_complete, "include/imgcompose/fwd.hpp", "struct window;\n"),
]


def self_test():
    failures = 0
    for rule, path, change in [(None, "", "")] + BROKEN:
        with tempfile.TemporaryDirectory() as root:
            files = dict(SOUND)
            if rule:
                files[path] = change[1:] if change.startswith("=") else files.get(path, "") + change
            for name, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(text)
            found = check(root)
        if rule and not any(name == rule.__name__ for name, _ in found):
            failures += 1
            print(f"{rule.__name__} did not notice {change!r} in {path}")
        if not rule and found:
            failures += 1
            print(f"the sound tree was refused: {found}")
    untested = {r.__name__ for r in RULES} - {r.__name__ for r, _, _ in BROKEN}
    if untested:
        failures += 1
        print(f"rules without a broken tree: {sorted(untested)}")
    print(f"{len(BROKEN)} broken trees, {failures} failures")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    if not Tree(sys.argv[1]).headers():
        print(f"{sys.argv[1]}: no headers found: is this the top of the source tree?", file=sys.stderr)
        return 2
    findings = check(sys.argv[1])
    for rule, finding in findings:
        print(f"{finding}  [{rule}]")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
