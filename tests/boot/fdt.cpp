// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/fdt.hpp>
#include <imgcompose/boot/fdt_read.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <random>
#include <string>

namespace ic = imgcompose;
using imgcompose_test::says;
using imgcompose_test::text_of;

namespace {


// A tree of any shape, the same for the same seed.
class made_tree {
public:
    explicit made_tree(unsigned seed) : random_(seed) {}

    ic::fdt make() {
        ic::fdt t;
        fill(t.root, 1);
        for (unsigned i = upto(3); i != 0; --i)
            t.reservations.push_back({random_() * std::uint64_t{0x10001}, ic::bytes{random_()}});
        return t;
    }

private:
    unsigned upto(unsigned most) { return static_cast<unsigned>(random_() % (most + 1)); }
    void fill(ic::fdt_node& n, unsigned depth) {
        // Names that are ends of each other share a place among the strings.
        constexpr std::array names{"reg",       "a-reg", "ranges", "compatible", "data",
                                   "data-size", "size",  "e",      "x,y.z_1+#?"};
        for (const char* name : names) {
            if (upto(2) != 0) continue;
            ic::fdt_property p{name, {}};
            for (unsigned i = upto(9); i != 0; --i) p.value.push_back(static_cast<std::byte>(random_() & 0xff));
            n.properties.push_back(std::move(p));
        }
        std::shuffle(n.properties.begin(), n.properties.end(), random_);
        if (depth < 6)
            for (unsigned i = upto(3); i != 0; --i) {
                ic::fdt_node child{.name = "node" + std::to_string(i) + (upto(1) != 0 ? "@80000" : "")};
                fill(child, depth + 1);
                n.children.push_back(std::move(child));
            }
    }
    std::mt19937 random_;
};

void write_source(const ic::fdt_node& n, std::string& out) {
    out += (n.name.empty() ? "/" : n.name) + " {\n";
    for (const auto& p : n.properties) {
        out += p.name;
        if (!p.value.empty()) {
            out += " = [";
            for (const auto b : p.value) {
                out += "0123456789abcdef"[std::to_integer<unsigned>(b) / 16];
                out += "0123456789abcdef"[std::to_integer<unsigned>(b) % 16];
            }
            out += "]";
        }
        out += ";\n";
    }
    for (const auto& child : n.children) write_source(child, out);
    out += "};\n";
}

std::string source_of(const ic::fdt& t) {
    std::string out = "/dts-v1/;\n";
    for (const auto& r : t.reservations)
        out += "/memreserve/ " + ic::text::hex(r.address) + " " + ic::text::hex(r.size.count) + ";\n";
    write_source(t.root, out);
    return out;
}

} // namespace

TEST_CASE("values of properties have the bytes of their kind") {
    CHECK(text_of(ic::fdt_cells("x", {1, 0x20003}).value) == std::string{"\0\0\0\1\0\2\0\3", 8});
    CHECK(text_of(ic::fdt_u64("x", 0x0102030405060708).value) == "\1\2\3\4\5\6\7\10");
    CHECK(text_of(ic::fdt_string("x", "ab").value) == std::string{"ab\0", 3});
    CHECK(text_of(ic::fdt_strings("x", std::vector<std::string>{"a", "", "b"}).value) == std::string{"a\0\0b\0", 5});
    CHECK(ic::fdt_flag("x").value.empty());
    CHECK_THROWS_MATCHES(ic::fdt_string("x", {"a\0b", 3}), ic::input_error, says("has a NUL"));
}

TEST_CASE("a tree that readers would misread is refused") {
    const auto with = [](ic::fdt_node child) {
        ic::fdt t;
        t.root.children = {std::move(child)};
        return t;
    };
    CHECK_THROWS_MATCHES(ic::fdt_bytes(with({.name = ""})), ic::input_error, says("is empty"));
    CHECK_THROWS_MATCHES(ic::fdt_bytes(with({.name = "a/b"})), ic::input_error, says("slash"));
    CHECK_THROWS_MATCHES(ic::fdt_bytes(with({.name = {"a\0b", 3}})), ic::input_error, says("NUL"));
    CHECK_THROWS_MATCHES(ic::fdt_bytes({.root = {.name = "root"}}), ic::input_error, says("given to the root"));
    CHECK_THROWS_MATCHES(ic::fdt_bytes(with({.name = "n", .properties = {ic::fdt_flag("p"), ic::fdt_flag("p")}})),
                         ic::input_error, says("\"n\" has \"p\" twice"));
    CHECK_THROWS_MATCHES(ic::fdt_bytes(with({.name = "n", .children = {{.name = "c"}, {.name = "c"}}})),
                         ic::input_error, says("\"n\" has \"c\" twice"));
    CHECK_THROWS_MATCHES(ic::fdt_bytes(with({.name = "n", .properties = {ic::fdt_flag("")}})), ic::input_error,
                         says("is empty"));
    ic::fdt_node deep{.name = "n"};
    for (std::size_t i = 2; i < ic::fdt_depth_limit; ++i) deep = {.name = "n", .children = {deep}};
    CHECK(ic::read_fdt(ic::fdt_bytes(with(deep))) == with(deep));
    CHECK_THROWS_MATCHES(ic::fdt_bytes(with({.name = "n", .children = {deep}})), ic::input_error,
                         says("more than 64 nodes"));
}

TEST_CASE("padding is as asked") {
    const ic::fdt t;
    const auto smallest = ic::fdt_bytes(t).size();
    CHECK(smallest == 40 + 16 + 16);
    CHECK(ic::fdt_bytes(t, {.pad = ic::bytes{500}}).size() == smallest + 500);
    CHECK(ic::fdt_bytes(t, {.smallest = ic::bytes{1000}}).size() == 1000);
    CHECK(ic::fdt_bytes(t, {.smallest = ic::bytes{10}}).size() == smallest);
    const auto padded = ic::fdt_bytes(t, {.pad_to = ic::bytes{512}});
    CHECK(padded.size() == 512);
    CHECK(ic::fdt_view{padded}.size() == ic::bytes{512});
}

TEST_CASE("what is written is read back") {
    for (unsigned seed = 0; seed < 200; ++seed) {
        const auto t = made_tree{seed}.make();
        CHECK(ic::read_fdt(ic::fdt_bytes(t)) == t);
    }
}

TEST_CASE("dtc makes the same bytes and reads ours") {
    if (!imgcompose_test::have("dtc")) {
        WARN("skipped: dtc not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    constexpr unsigned trees = 60;
    for (unsigned seed = 0; seed < trees; ++seed) {
        const auto t = made_tree{seed}.make();
        const auto name = dir / std::to_string(seed);
        imgcompose_test::write_file(name + ".dts", source_of(t));
        imgcompose_test::write_file(name + ".ours", text_of(ic::fdt_bytes(t)));
    }
    const auto run = imgcompose_test::run(
        "cd " + imgcompose_test::quoted(dir.path().string()) +
        " && for f in *.dts; do dtc -q -f -I dts -O dtb -o ${f%.dts}.dtb $f && dtc -q -f -I dts -O dtb -p 77 -o "
        "${f%.dts}.p $f && "
        "dtc -q -f -I dts -O dtb -S 3000 -a 64 -o ${f%.dts}.s $f && "
        "dtc -q -f -I dtb -O dts -o ${f%.dts}.read ${f%.dts}.ours && dtc -q -f -I dts -O dtb -o ${f%.dts}.again "
        "${f%.dts}.read || exit 1; done");
    INFO(run.output);
    REQUIRE(run.status == 0);
    for (unsigned seed = 0; seed < trees; ++seed) {
        INFO("seed " << seed);
        const auto t = made_tree{seed}.make();
        const auto name = dir / std::to_string(seed);
        CHECK(text_of(ic::fdt_bytes(t)) == imgcompose_test::read_file(name + ".dtb"));
        CHECK(text_of(ic::fdt_bytes(t, {.pad = ic::bytes{77}})) == imgcompose_test::read_file(name + ".p"));
        CHECK(text_of(ic::fdt_bytes(t, {.smallest = ic::bytes{3000}, .pad_to = ic::bytes{64}})) ==
              imgcompose_test::read_file(name + ".s"));
        CHECK(text_of(ic::fdt_bytes(t)) == imgcompose_test::read_file(name + ".again"));
    }
}
