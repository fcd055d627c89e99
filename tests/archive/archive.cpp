// SPDX-License-Identifier: BSL-1.0
// What other programs' archives become, beside the directory that they were made of.
#include <imgcompose/archive.hpp>

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/tree/steps.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/write.hpp>
#include <tests/archive/made_by_hand.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/held_memory.hpp>
#include <tests/support/run_in.hpp>
#include <tests/tree/listed.hpp>

namespace ic = imgcompose;
using namespace imgcompose_test;

namespace {
void write_ext4(const ic::tree& t, const std::string& file) {
    ic::write(ic::standalone(ic::ext4(t), ic::smallest), ic::sparse_file(file));
}
/// Everything that a tree can hold, if the filesystem and the user can; times of whole seconds.
void fill(const temp_dir& dir) {
    require_success(dir, "umask 022 && mkdir -p s/a/b/c s/d 's/sp ace' && cd s && seq 20000 >a/f && ln a/f d/g && ln -s ../a/f d/l && mkfifo p && "
                         "echo 1 >$(printf 'n\\344m') && echo 2 >$(printf 'e\\314\\201') && echo 3 >tool && chmod 4755 tool && chmod 1777 d && "
                         "truncate -s 3M sparse && echo 4 | dd of=sparse bs=1 seek=1048576 conv=notrunc status=none && "
                         "mkdir -p $(printf 'x%.0s' $(seq 200))/$(printf 'y%.0s' $(seq 200))");
    run_in(dir, "cd s && mknod c c 4095 1048575 && mknod b b 7 1 && chown 4294967294:4000000000 tool && chmod 4755 tool");
    run_in(dir, "cd s && setfattr -n user.comment -v hi a/f; setfacl -m u:12345:rw a/f; setfacl -d -m g:77:rx d; setcap cap_net_raw+ep tool");
    require_success(dir, "cd s && find . -exec touch -h -d @1000000000.123456789 {} + && touch -h -d @-86400.25 d/l && touch -d @5000000000 p");
}
} // namespace

TEST_CASE("the ext4 filesystem of an archive is byte for byte that of the directory it was made of") {
    const temp_dir dir;
    fill(dir);
    require_success(dir, "tar --format=posix --numeric-owner --acls --xattrs --xattrs-include='*' --sparse -C s -cf x.tar . && gzip -k x.tar");
    write_ext4(ic::directory(dir / "s"), dir / "directory.img");
    write_ext4(ic::archive(dir / "x.tar"), dir / "archive.img");
    write_ext4(ic::archive(dir / "x.tar.gz"), dir / "packed.img");
    CHECK(run_in(dir, "cmp directory.img archive.img && cmp directory.img packed.img").output.empty());
    // So they are of what changes: the comparison can fail.
    write_ext4(ic::archive(dir / "x.tar") | ic::with_mode("/tool", 0755), dir / "changed.img");
    CHECK(run_in(dir, "cmp directory.img changed.img").status == 1);

    if (const auto shared = shared_dir(); shared && have("debugfs")) {
        const auto compared = run_in(dir, "python3 " + imgcompose_test::quoted((*shared / "check" / "compare-tree.py").string()) + " archive.img s 2>&1");
        INFO(compared.output);
        CHECK(compared.status == 0);
    } else {
        WARN("skipped: compare-tree.py or debugfs not found");
    }
}

TEST_CASE("bsdtar, cpio and zip give the same names, contents, owners and modes") {
    const temp_dir dir;
    fill(dir);
    const auto without = [](ic::tree t) { return listed(std::move(t) | ic::with_mtime({}) | ic::drop_xattrs()); };
    const auto expected = without(ic::directory(dir / "s"));
    const auto same = [&](const std::string& program, const std::string& command, const std::vector<std::string>& of) {
        if (!have(program)) {
            WARN("skipped: " + program + " not found");
            return;
        }
        require_success(dir, command);
        INFO(command);
        const auto ours = without(ic::archive(dir / "x"));
        CHECK(ours.size() == of.size());
        for (std::size_t i = 0; i < std::min(ours.size(), of.size()); ++i) // all of it would be a page too long to read
            CHECK((ours[i] == of[i] ? "" : ours[i].substr(0, 300) + " instead of " + of[i].substr(0, 300)) == "");
    };
    for (const char* format : {"pax", "newc --no-acls"}) // which would put an ACL's group in the place of its mask
        same("bsdtar", std::string{"bsdtar --format="} + format + " -C s -cf x .", expected);
    same("cpio", "cd s && find . | LC_ALL=C sort | cpio -o -H newc --quiet >../x", expected);
    same("cpio", "cd s && find . -depth | cpio -o -H newc --quiet >../x", expected);
    // libarchive composes the names of a zip.
    require_success(dir, "mv s/$(printf 'e\\314\\201') s/$(printf '\\303\\251')");
    // A zip has no devices, fifos and hard links, and nothing for the top.
    const auto plain = [&] { return ic::directory(dir / "s") | ic::exclude("/p") | ic::exclude("/b") | ic::exclude("/c") | ic::exclude("/d/g"); };
    same("zip", "rm -f x && cd s && (zip -qry ../x.zip . -x d/g -x p || [ $? -eq 18 ]) && mv ../x.zip ../x", without(plain()));
}

TEST_CASE("a hundred thousand files take less than 600 bytes each, and time in proportion") {
    const temp_dir dir;
    std::string all;
    for (int d = 0; d < 1000; ++d)
        for (int f = 0; f < 100; ++f)
            all += to_tar({.name = "./some/directory-" + std::to_string(d) + "/file-with-a-name-" + std::to_string(f), .content = "x"});
    write_file(dir / "x.tar", all + std::string(1024, '\0'));
    all = {};
    const auto before = held_memory.load();
    const auto t = ic::archive(dir / "x.tar");
    CHECK(t.entries().size() == 101'001);
    CHECK(held_memory.load() - before < 600 * 100'000); // measured: 200
}
