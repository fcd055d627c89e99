// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/tree/directory.hpp>

#include <imgcompose/os/faulty.hpp>
#include <imgcompose/os/native.hpp>
#include <imgcompose/os/portable.hpp>
#include <imgcompose/tree/steps.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/held_memory.hpp>
#include <tests/support/run.hpp>
#include <tests/tree/listed.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::have;
using imgcompose_test::is_root;
using imgcompose_test::inode_at;
using imgcompose_test::listed;
using imgcompose_test::paths_of;
using imgcompose_test::run;
using imgcompose_test::says;
using imgcompose_test::temp_dir;
using imgcompose_test::write_file;
using lines = std::vector<std::string>;

namespace {
std::string xattr_of(const ic::tree& t, std::string_view path, std::string_view name) {
    for (const auto& x : t.xattrs_of(inode_at(t, path)))
        if (x.name == name) return x.value;
    return "(none)";
}
void require_success(const std::string& command) {
    const auto r = run(command);
    INFO(command << ": " << r.output);
    REQUIRE(r.status == 0);
}
} // namespace

TEST_CASE("files, directories and symbolic links are read as they are") {
    const temp_dir dir;
    require_success("cd " + dir.path().string() +
                    " && umask 022 && mkdir -p b/c && printf hello >b/f && chmod 4751 b/f && ln -s ../b/f b/c/link && touch empty &&"
                    "touch -h -d @-86400.25 b/c/link && touch -d '@12345.678901234' b/f empty && touch -d @5000000000 b/c b . && mkfifo p && touch -d @0 p && "
                    "chmod 1777 b && touch -d @5000000000 .");
    const auto own = std::to_string(ic::os::status_of(dir.path().string()).uid) + ":" + std::to_string(ic::os::status_of(dir.path().string()).gid);
    CHECK(listed(ic::directory(dir.path())) == lines{
                                                   "/ directory 0700 " + own + " at 5000000000.0",
                                                   "/b directory 1777 " + own + " at 5000000000.0",
                                                   "/b/c directory 0755 " + own + " at 5000000000.0",
                                                   "/b/c/link symbolic link 0777 " + own + " at -86401.750000000 -> ../b/f",
                                                   "/b/f regular file 4751 " + own + " at 12345.678901234 \"hello\"",
                                                   "/empty regular file 0644 " + own + " at 12345.678901234 \"\"",
                                                   "/p fifo 0644 " + own + " at 0.0",
                                               });
}

TEST_CASE("hard links stay one file, also across directories") {
    const temp_dir dir;
    write_file(dir / "a/x", "12345");
    std::filesystem::create_directories(dir / "b");
    std::filesystem::create_hard_link(dir / "a/x", dir / "b/y");
    std::filesystem::create_hard_link(dir / "a/x", dir / "z");
    std::filesystem::create_symlink("to", dir / "a/l");
    std::filesystem::create_hard_link(dir / "a/l", dir / "b/m");
    const auto t = ic::directory(dir.path());
    CHECK(t.find("/a/x") == t.find("/b/y"));
    CHECK(t.find("/a/x") == t.find("/z"));
    CHECK(inode_at(t, "/z").links == 3);
    CHECK(t.find("/a/l") == t.find("/b/m"));
    CHECK(t.inodes().size() == 5);
    // Links from outside do not count.
    CHECK(inode_at(ic::directory(dir / "b"), "/y").links == 1);
}

TEST_CASE("holes are kept where the filesystem can tell") {
    const temp_dir dir;
    require_success("cd " + dir.path().string() + " && truncate -s 1T hole && truncate -s 3M mixed && "
                    "printf x | dd of=mixed bs=1 seek=1048576 conv=notrunc status=none && printf y | dd of=mixed bs=1 seek=3145727 conv=notrunc status=none && "
                    "head -c 100000 /dev/zero >full");
    const auto t = ic::directory(dir.path());
    CHECK(inode_at(t, "/hole").size == std::uint64_t{1} << 40);
    REQUIRE(ic::tree::is_sparse(inode_at(t, "/hole")));
    CHECK(t.ranges_of(inode_at(t, "/hole")).empty());
    CHECK_FALSE(ic::tree::is_sparse(inode_at(t, "/full")));
    REQUIRE(ic::tree::is_sparse(inode_at(t, "/mixed")));
    const auto ranges = t.ranges_of(inode_at(t, "/mixed"));
    REQUIRE(ranges.size() == 2);
    CHECK(ranges[0].at == 1_MiB);
    CHECK(ranges[1].at + ranges[1].size == 3_MiB);
    CHECK(ranges[0].size + ranges[1].size <= 128_KiB);
}

TEST_CASE("extended attributes, ACLs and capabilities are kept") {
    if (!is_root() || !have("setfattr") || !have("setfacl") || !have("setcap")) {
        WARN("skipped: needs root, setfattr, setfacl and setcap");
        return;
    }
    const temp_dir dir;
    write_file(dir / "f", "x");
    write_file(dir / "plain", "x");
    std::filesystem::create_directory(dir / "d");
    std::filesystem::create_symlink("f", dir / "l");
    const std::string large(3000, 'v');
    if (run("cd " + dir.path().string() + " && setfattr -n user.comment -v hi f").status != 0) {
        WARN("skipped: no user attributes on this filesystem");
        return;
    }
    require_success("cd " + dir.path().string() + " && setfattr -n user.empty f && setfattr -n user.large -v " + large +
                    " f && setfattr -n trusted.t -v 1 d && setfattr -h -n trusted.of_link -v 2 l && setfattr -n user.top -v 3 . && "
                    "setcap cap_net_raw+ep f && setfacl -m u:12345:rw f && setfacl -d -m g:77:rx d");
    const auto t = ic::directory(dir.path());
    CHECK(xattr_of(t, "/f", "user.comment") == "hi");
    CHECK(xattr_of(t, "/f", "user.empty").empty());
    CHECK(xattr_of(t, "/f", "user.large") == large);
    CHECK(xattr_of(t, "/d", "trusted.t") == "1");
    CHECK(xattr_of(t, "/l", "trusted.of_link") == "2");
    CHECK(xattr_of(t, "/", "user.top") == "3");
    // linux/capability.h: magic of revision 2 with the effective bit, then the permitted set; CAP_NET_RAW is 13.
    CHECK(xattr_of(t, "/f", "security.capability").substr(0, 8) == std::string("\1\0\0\2\0\x20\0\0", 8));
    const auto acl = xattr_of(t, "/f", "system.posix_acl_access");
    CHECK(acl.size() == 4 + 5 * 8);
    CHECK(acl.substr(0, 4) == std::string("\2\0\0\0", 4));
    CHECK(xattr_of(t, "/d", "system.posix_acl_default").size() == 4 + 5 * 8);
    CHECK(t.xattrs_of(inode_at(t, "/plain")).empty());
    CHECK(ic::directory(dir.path(), {.xattrs = false}).xattr_set_count() == 1);
}

TEST_CASE("devices, sockets and large owner numbers are kept") {
    if (!is_root()) {
        WARN("skipped: needs root");
        return;
    }
    const temp_dir dir;
    require_success("cd " + dir.path().string() + " && mknod c c 4095 1048575 && mknod b b 7 0 && touch f && chown 4294967294:4000000000 f && "
                    "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'");
    const auto t = ic::directory(dir.path());
    CHECK(inode_at(t, "/c").type == ic::file_type::character_device);
    CHECK(ic::tree::device_of(inode_at(t, "/c")) == ic::device_number{4095, 1048575});
    CHECK(inode_at(t, "/b").type == ic::file_type::block_device);
    CHECK(ic::tree::device_of(inode_at(t, "/b")) == ic::device_number{7, 0});
    CHECK(inode_at(t, "/f").uid == 4294967294);
    CHECK(inode_at(t, "/f").gid == 4000000000);
    CHECK(inode_at(t, "/s").type == ic::file_type::socket);
}

TEST_CASE("names may be of 255 bytes and of any bytes") {
    const temp_dir dir;
    const std::string odd = "\xff\xfe \n\t\\\"*", longest(255, '\xe4');
    write_file(dir.path() / odd, "1");
    write_file(dir.path() / longest, "2");
    const auto t = ic::directory(dir.path());
    CHECK(inode_at(t, "/" + odd).size == 1);
    CHECK(inode_at(t, "/" + longest).size == 1);
    CHECK(listed(t)[1].ends_with("\"2\""));
}

TEST_CASE("two readings of equal directories are equal, whatever the order in which they were filled") {
    const temp_dir dir;
    for (int i = 0; i < 500; ++i) write_file(dir / ("a/" + std::to_string(i)), "x");
    for (int i = 499; i >= 0; --i) write_file(dir / ("b/" + std::to_string(i)), "x");
    const auto same_time = ic::with_mtime(1_s);
    const auto a = ic::directory(dir / "a") | same_time, b = ic::directory(dir / "b") | same_time;
    CHECK(listed(a) == listed(b));
    for (std::size_t i = 0; i < a.entries().size(); ++i) REQUIRE(a.name_of(a.entries()[i]) == b.name_of(b.entries()[i]));
}

TEST_CASE("a directory deeper than any path and with more names than a buffer is read with few descriptors") {
    const temp_dir dir;
    const std::string name(200, 'n');
    require_success("cd " + dir.path().string() + " && python3 - <<'end'\n"
                    "import os\n"
                    "for i in range(70000): os.mkdir('w%d' % i)\n"
                    "for i in range(300):\n"
                    "    os.mkdir('" + name + "'); open('f', 'w').write(str(i)); os.mkdir('sub'); os.chdir('" + name + "')\n"
                    "end");
    ic::os::faulty_calls counting{{}};
    {
        const ic::os::replaced_calls replaced{counting};
        const auto t = ic::directory(dir.path());
        CHECK(counting.open_handles() == 0);
        CHECK(counting.most_open_handles() <= 20);
        CHECK(t.entries().size() == 70'000 + 3 * 300);
        std::size_t longest = 0;
        for_each_path(t, [&](std::string_view path, std::uint32_t) {
            longest = std::max(longest, path.size());
            return true;
        });
        CHECK(longest == 300 * 201);
        // Contents at the bottom are reached too.
        std::size_t with_content = 0;
        for (const std::string& line : listed(t | ic::exclude("/w*"))) with_content += line.ends_with("\"299\"");
        CHECK(with_content == 1);
    }
    require_success("cd " + dir.path().string() + " && python3 -c 'import os\n"
                    "for i in range(300): os.chdir(\"" + name + "\")\n"
                    "for i in range(300): os.chdir(\"..\"); os.rmdir(\"" + name + "\"); os.rmdir(\"sub\"); os.unlink(\"f\")'");
}

TEST_CASE("a name that no tree can hold is refused, not cut off") {
    class long_names final : public ic::os::linux_calls {
        ic::os::answer read_names(ic::os::handle h, ic::os::name_list& to) override {
            const ic::os::answer a = linux_calls::read_names(h, to);
            if (a > 0) { // as a FAT gives names of 255 characters
                to.at.push_back(static_cast<std::uint32_t>(to.text.size()));
                to.text.insert(to.text.end(), 300, 'n');
                to.text.push_back('\0');
            }
            return a;
        }
        ic::os::answer status_at(ic::os::handle, const char*, bool, ic::os::file_status& to) override {
            to = {};
            return 0;
        }
    };
    const temp_dir dir;
    long_names names;
    const ic::os::replaced_calls replaced{names};
    CHECK_THROWS_MATCHES(ic::directory(dir.path()), ic::input_error, says("300 bytes, at most 255"));
}

TEST_CASE("what is mounted inside is read, or left out but for its top") {
    const temp_dir dir;
    std::filesystem::create_directory(dir / "m");
    write_file(dir / "f", "1");
    if (!is_root() || run("mount -t tmpfs -o mode=0711 imgcompose-test " + (dir / "m")).status != 0) {
        WARN("skipped: mounting needs root");
        return;
    }
    write_file(dir / "m/inside", "2");
    CHECK(paths_of(ic::directory(dir.path())) == lines{"/f", "/m", "/m/inside"});
    const auto one = ic::directory(dir.path(), {.one_file_system = true});
    CHECK(paths_of(one) == lines{"/f", "/m"});
    CHECK(inode_at(one, "/m").mode == 0711);
    require_success("umount " + (dir / "m"));
}

TEST_CASE("a small file costs two calls, and nothing is opened for it") {
    const temp_dir dir;
    for (int i = 0; i < 1000; ++i) write_file(dir / std::to_string(i), "x");
    const auto before = ic::os::calls_made();
    CHECK(ic::directory(dir.path()).entries().size() == 1000);
    const auto made = ic::os::calls_made() - before;
    CHECK(made.opens == 1);
    CHECK(made.all() <= 2 * 1000 + 10);
}

TEST_CASE("what cannot be read is an error with its path") {
    const temp_dir dir;
    CHECK_THROWS_MATCHES(ic::directory(dir / "none"), ic::io_error, says("none"));
    write_file(dir / "f", "x");
    CHECK_THROWS_MATCHES(ic::directory(dir / "f"), ic::io_error, says("/f"));
    std::filesystem::create_directory(dir / "d");
    write_file(dir / "d/x", "x");
    std::filesystem::create_directory_symlink("d", dir / "l");
    CHECK(paths_of(ic::directory(dir / "l")) == lines{"/x"});
    CHECK_THROWS_MATCHES(ic::directory(dir / "l", {.follow_symlink = false}), ic::io_error, says("/l"));
}

TEST_CASE("whatever call fails, or what the directory does meanwhile, reading ends with an error that has a path") {
    const temp_dir dir;
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{4});
    write_file(dir / "a/f", "12345");
    write_file(dir / "b/g", "12345");
    for (const char* name : {"b/c/1/x", "b/c/2/x", "b/d/1/x", "e/1", "h/1/2/3/x"}) write_file(dir / name, name);
    std::filesystem::create_symlink("x", dir / "b/l");
    require_success("truncate -s 1M " + (dir / "sparse") + " && setfattr -n user.x -v 1 " + (dir / "a/f") + " || true");
    int failures = 0;
    for (std::uint64_t n = 0;; ++n) {
        ic::os::faulty_calls faulty{{.fails_at = n}};
        try {
            const ic::os::replaced_calls replaced{faulty};
            (void)ic::directory(dir.path(), {.jobs = jobs});
        } catch (const ic::io_error& e) {
            ++failures;
            CHECK(std::string{e.what()}.find(dir.path().string()) != std::string::npos);
        }
        REQUIRE(faulty.open_handles() == 0);
        if (!faulty.has_failed()) break;
    }
    CHECK(failures >= 15);

    for (std::uint64_t n = 0; n < 100; ++n) { // a directory vanishes at some moment
        write_file(dir / "gone/sub/f", "1");
        ic::os::faulty_calls removing{{.before_call = [&](std::uint64_t number) {
            if (number == n) std::filesystem::remove_all(dir / "gone");
        }}};
        try {
            const ic::os::replaced_calls replaced{removing};
            (void)ic::directory(dir.path(), {.jobs = jobs});
        } catch (const ic::io_error& e) {
            CHECK(std::string{e.what()}.find("gone") != std::string::npos);
        }
        REQUIRE(removing.open_handles() == 0);
    }
}

TEST_CASE("the portable calls read names, types, sizes and contents too") {
    const temp_dir dir;
    write_file(dir / "a/f", "12345");
    std::filesystem::create_symlink("x", dir / "l");
    ic::os::portable_calls portable;
    const ic::os::replaced_calls replaced{portable};
    const auto t = ic::directory(dir.path());
    CHECK(paths_of(t) == lines{"/a", "/a/f", "/l"});
    CHECK(listed(t)[2].ends_with("\"12345\""));
    CHECK(t.symlink_target(inode_at(t, "/l")) == "x");
}

TEST_CASE("a million files take less than 300 bytes each") {
    // Held by the tree itself: what a directory of such names would give, without making a million files.
    auto files = std::make_shared<ic::source_files>();
    ic::tree t;
    const auto root = files->add_root("/x");
    const auto before = imgcompose_test::held_memory.load();
    for (int i = 0; i < 1'000'000; ++i) {
        const std::string name = "file-with-a-name-" + std::to_string(i);
        ic::tree::inode inode{.size = 10};
        inode.content = files->add_file(root, name, 10_B, 1);
        t.link_unchecked(ic::top_directory, name, t.add_inode(inode));
    }
    t.add_files(files);
    // With what the last growth of each list left unused; the moment of growing holds half as much again.
    CHECK(imgcompose_test::held_memory.load() - before < 300 * 1'000'000);
    CHECK(t.entries().size() == 1'000'000);
}
