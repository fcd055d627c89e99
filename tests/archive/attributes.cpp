// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/archive/attributes.hpp>

#include <imgcompose/archive.hpp>
#include <imgcompose/tree/directory.hpp>
#include <tests/archive/made_by_hand.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>
#include <tests/tree/listed.hpp>

namespace ic = imgcompose;
using namespace imgcompose_test;
using lines = std::vector<std::string>;

namespace {
std::string xattr_of(const ic::tree& t, std::string_view path, std::string_view name) {
    for (const auto& x : t.xattrs_of(inode_at(t, path)))
        if (x.name == name) return x.value;
    return "(none)";
}
ic::timestamp time_of(const std::string& mtime) {
    const auto t = tree_of(pax({{"mtime", mtime}}) + to_tar({.name = "f"}) + end_of_tar);
    return inode_at(t, "/f").mtime(std::chrono::seconds{});
}
} // namespace

TEST_CASE("owners are 32-bit numbers, whatever the names beside them") {
    const auto t = tree_of(pax({{"uid", "4294967295"}, {"gid", "4000000000"}, {"uname", "root"}}) + to_tar({.name = "f"}) +
                           to_tar({.name = "g", .uid = base_256(0x12345678), .gid = "0001750"}) + end_of_tar);
    CHECK(inode_at(t, "/f").uid == 4294967295);
    CHECK(inode_at(t, "/f").gid == 4000000000);
    CHECK(inode_at(t, "/g").uid == 0x12345678);
    CHECK(inode_at(t, "/g").gid == 1000);
    CHECK_THROWS_MATCHES(tree_of(pax({{"uid", "4294967296"}}) + to_tar({.name = "f"}) + end_of_tar), ic::format_error,
                         says("made.tar, member \"f\": its owner is 4294967296, which is not from 0 to 4294967295"));
    CHECK_THROWS_MATCHES(tree_of(pax({{"gid", "99999999999"}}) + to_tar({.name = "f"}) + end_of_tar), ic::format_error, says("its group is"));
}

TEST_CASE("times have nanoseconds and may be before 1970, however this libarchive reads them") {
    CHECK(time_of("12345.678901234") == ic::timestamp{12345, 678901234});
    CHECK(time_of("5000000000.1") == ic::timestamp{5000000000, 100000000});
    CHECK(time_of("-86400.25") == ic::timestamp{-86401, 750000000});
    CHECK(time_of("-86400") == ic::timestamp{-86400, 0});
    CHECK(inode_at(tree_of(to_tar({.name = "f", .mtime = std::string(4, '\xff') + base_256(-86400)}) + end_of_tar), "/f").mtime_seconds == -86400);
}

TEST_CASE("modes have setuid, setgid and sticky") {
    for (const auto& [octal, mode] : {std::pair{"0004755", 04755}, std::pair{"0002711", 02711}, std::pair{"0001777", 01777}})
        CHECK(inode_at(tree_of(to_tar({.name = "f", .mode = octal}) + end_of_tar), "/f").mode == mode);
}

TEST_CASE("devices, fifos and sockets are kept, and device numbers that Linux has not are refused") {
    const auto t = tree_of(to_tar({.name = "c", .type = '3', .major = "0007777", .minor = "3777777"}) +
                           to_tar({.name = "b", .type = '4', .major = "0000007", .minor = "0000000"}) +
                           to_tar({.name = "p", .type = '6'}) + end_of_tar);
    CHECK(inode_at(t, "/c").type == ic::file_type::character_device);
    CHECK(ic::tree::device_of(inode_at(t, "/c")) == ic::device_number{4095, 1048575});
    CHECK(inode_at(t, "/b").type == ic::file_type::block_device);
    CHECK(ic::tree::device_of(inode_at(t, "/b")) == ic::device_number{7, 0});
    CHECK(inode_at(t, "/p").type == ic::file_type::fifo);
    CHECK_THROWS_MATCHES(tree_of(to_tar({.name = "c", .type = '3', .major = "0010000"}) + end_of_tar), ic::format_error,
                         says("member \"c\": the device number 4096:0 is not possible"));
}

TEST_CASE("extended attributes, capabilities and ACLs are those of the directory the archive was made of") {
    if (!is_root() || !have("setfattr") || !have("setfacl") || !have("setcap") || !have("bsdtar")) {
        WARN("skipped: needs root, setfattr, setfacl, setcap and bsdtar");
        return;
    }
    const temp_dir dir;
    const auto made = run("cd " + imgcompose_test::quoted(dir.path().string()) +
                          " && mkdir -p s/d && cd s && echo 1 >f && echo 2 >plain && ln -s f l && setfattr -n user.comment -v hi f && "
                          "setfattr -n user.binary -v 0x000aff3d f && setfattr -n trusted.t -v 1 d && setfattr -h -n trusted.l -v 2 l && "
                          "setcap cap_net_raw+ep plain && setfacl -m u:12345:rw,u:4002:r,g:4078:x,g:4077:rwx f && chmod 640 f && setfacl -d -m g:4077:rx d && "
                          "setfacl -m u:4003:rwx d && find . -exec touch -h -d @1000 {} + && cd .. && "
                          "tar --format=posix --numeric-owner --acls --xattrs --xattrs-include='*' -C s -cf gnu.tar . && "
                          "bsdtar --format=pax --acls --xattrs -C s -cf bsd.tar .");
    if (made.status != 0) {
        WARN("skipped: no attributes on this filesystem: " + made.output);
        return;
    }
    const auto expected = listed(ic::directory(dir / "s"));
    const auto from_gnu = ic::archive(dir / "gnu.tar"), from_bsd = ic::archive(dir / "bsd.tar");
    CHECK(listed(from_gnu) == expected);
    CHECK(listed(from_bsd) == expected);
    CHECK(xattr_of(from_gnu, "/f", "user.binary") == std::string("\0\n\xff=", 4));
    CHECK(xattr_of(from_gnu, "/plain", "security.capability").size() == 20);
    CHECK(xattr_of(from_gnu, "/f", "system.posix_acl_access").size() == 4 + 8 * 8);
    CHECK(inode_at(from_gnu, "/f").mode == 0640);
    CHECK(ic::archive(dir / "gnu.tar", {.xattrs = false}).xattr_set_count() == 1);
}

TEST_CASE("an ACL that cannot be told in numbers is refused") {
    const auto with_acl = [](const std::string& acl) { return pax({{"SCHILY.acl.access", acl}}) + to_tar({.name = "f"}) + end_of_tar; };
    CHECK(xattr_of(tree_of(with_acl("user::rw-,user:lisa:rw-:502,group::r--,mask::rw-,other::r--")), "/f", "system.posix_acl_access")
              .substr(12, 8) == std::string("\2\0\6\0\xf6\1\0\0", 8));
    CHECK(inode_at(tree_of(with_acl("user::rw-,user:502:rw-,group::r--,mask::rw-,other::r--")), "/f").mode == 0664);
    const auto named = with_acl("user::rw-,user:lisa:rw-,group::r--,mask::rw-,other::r--");
    CHECK_THROWS_MATCHES(tree_of(named), ic::format_error, says("made.tar, member \"f\": its ACL has \"lisa\" by name"));
    CHECK(inode_at(tree_of(named, {.xattrs = false}), "/f").mode == 0644);
    CHECK_THROWS_MATCHES(tree_of(with_acl("user::rw-,user:4000000000:rw-,group::r--,mask::rw-,other::r--")), ic::format_error,
                         says("2147483647 or more"));
}

TEST_CASE("of several attributes of one name the last is there") {
    const auto t = tree_of(pax({{"SCHILY.xattr.user.a", "1"}, {"SCHILY.xattr.user.a", "2"}}) + to_tar({.name = "f"}) + end_of_tar);
    CHECK(xattr_of(t, "/f", "user.a") == "2");
    CHECK(t.xattrs_of(inode_at(t, "/f")).size() == 1);
}
