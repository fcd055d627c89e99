// SPDX-License-Identifier: BSL-1.0
// What the tests of output formats share.
#pragma once

#include <imgcompose/os/faulty.hpp>
#include <imgcompose/write/byte_stream.hpp>
#include <imgcompose/write/write.hpp>

#include <tests/support/catch.hpp>
#include <tests/support/run_in.hpp>
#include <tests/write/made.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

namespace imgcompose_test {

/// A stream into a string.
class text_stream final : public imgcompose::byte_stream {
public:
    std::string text{};
    bool closed = false, dropped = false;

private:
    void open() override { text.clear(), closed = dropped = false; }
    void put(imgcompose::offset at, std::span<const std::byte> next) override {
        CHECK(at.count == text.size());
        text.append(reinterpret_cast<const char*>(next.data()), next.size());
    }
    void close(bool) override { closed = true; }
    void drop() noexcept override { dropped = true; }
};

/// Whether a program is there to be asked; that it is not is told.
inline bool can_ask(const std::string& program) {
    const bool found = have(program);
    if (!found) WARN("skipped: " << program << " not found");
    return found;
}

/// Where a medium differs from an image in a byte that is data or zero; nothing if it does not.
inline std::string lost(const imgcompose::image& made, const std::string& medium) {
    namespace ic = imgcompose;
    if (medium.size() < made.size().count) return "too short: " + std::to_string(medium.size());
    std::string found;
    ic::write(made, ic::callback([&](const ic::written_range& r) {
                  for (std::uint64_t i = 0; i < r.size.count && found.empty(); ++i) {
                      if (r.kind == ic::byte_kind::undefined) return;
                      const char wanted = r.kind == ic::byte_kind::data ? static_cast<char>(r.content[i]) : '\0';
                      if (medium[r.at.count + i] != wanted) found = "byte " + std::to_string(r.at.count + i);
                  }
              }));
    return found;
}

/// Data of every kind around places where formats cut, and 5 GiB of holes: zeros, then nothing, then data at the end.
inline imgcompose::image image_over_4_gib(const std::filesystem::path& in) {
    namespace ic = imgcompose;
    using namespace ic::literals;
    ic::image all{ic::bytes{11_GiB} + ic::bytes{12_KiB}};
    all.place(ic::offset{1_MiB}, mixed_image(in));
    all.place(ic::offset{64_MiB}, ic::zeros(5_GiB));
    all.place(ic::offset{11_GiB}, ic::from_text(std::string(12 << 10, 'e')));
    return all;
}

/// `write` makes `path` of an image. Each of its calls fails in turn: the old file stays or the new one is whole, nothing
/// else is left, and the message names the file. Then each is interrupted and does less than it was asked. How often it failed.
template <class F> int each_call_fails(const temp_dir& dir, const F& write) {
    namespace ic = imgcompose;
    const std::filesystem::path path = dir.path() / "out" / "made";
    write_file(path, "old");
    write(path);
    const std::string whole = read_file(path);
    int failures = 0;
    for (std::uint64_t n = 0;; ++n) {
        write_file(path, "old");
        ic::os::faulty_calls faulty{{.fails_at = n, .error = std::errc::no_space_on_device}};
        bool threw = false;
        try {
            const ic::os::replaced_calls replaced{faulty};
            write(path);
        } catch (const ic::io_error& e) {
            threw = true;
            ++failures;
            const std::string what = e.what();
            INFO(what);
            CHECK(e.code() == std::errc::no_space_on_device);
            const bool names_it = what.find("/out") != what.npos || what.find("/in/") != what.npos;
            CHECK(names_it);
            if (what.starts_with("cannot write /")) CHECK(what.find(" at byte ") != what.npos);
        }
        INFO("call " << n);
        REQUIRE(faulty.open_handles() == 0);
        const std::string got = read_file(path);
        REQUIRE((got == whole || (threw && got == "old")));
        REQUIRE(std::distance(std::filesystem::directory_iterator{dir / "out"}, {}) == 1);
        if (!faulty.has_failed()) break;
    }
    // Interrupted and short calls are no failures.
    write_file(path, "old");
    ic::os::faulty_calls slow{{.interrupted = 2, .most_bytes = 4999}};
    {
        const ic::os::replaced_calls replaced{slow};
        write(path);
    }
    REQUIRE(difference(read_file(path), whole) == "");
    REQUIRE(slow.open_handles() == 0);
    return failures;
}

/// A small image for it, of one file and two ranges that are made.
inline imgcompose::image image_for_faults(const std::filesystem::path& in) {
    namespace ic = imgcompose;
    using namespace ic::literals;
    write_file(in / "file", std::string(70'000, 'f'));
    ic::image i{3_MiB};
    i.place(ic::offset{4096_B}, ic::blob(in / "file")).place(ic::offset{1_MiB}, ic::from_text("text"));
    i.place(ic::offset{2_MiB}, ic::generated(std::make_shared<const noise>(), 600'000_B));
    return i;
}

} // namespace imgcompose_test
