// SPDX-License-Identifier: BSL-1.0
// Sharing of blocks with the sources: by a double that counts, and by a filesystem that can.
#include <imgcompose/write/write.hpp>

#include <imgcompose/os/native.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>
#include <tests/write/made.hpp>

#include <mutex>

using namespace imgcompose;
using namespace imgcompose::literals;
using namespace imgcompose_test;

namespace {

/// Clones by copying, whole blocks only, from files of filesystems that it is told; and says of others that it cannot.
class cloning_calls final : public os::native_calls {
    using real = os::native_calls;

public:
    std::string refused_path{}; ///< files with this in their name are on another filesystem
    std::vector<std::pair<std::uint64_t, std::uint64_t>> cloned{}; ///< position and size
    int refused = 0;
    std::uint64_t allocated = 0;

    os::answer open(os::handle directory, const char* name, os::open_mode mode) override {
        const os::answer a = real::open(directory, name, mode);
        const std::lock_guard lock{mutex_};
        if (a >= 0 && !refused_path.empty() && std::string_view{name}.find(refused_path) != std::string_view::npos) elsewhere_.push_back(static_cast<os::handle>(a));
        return a;
    }
    os::answer close(os::handle h) override {
        {
            const std::lock_guard lock{mutex_};
            std::erase(elsewhere_, h);
        }
        return real::close(h);
    }
    os::answer status(os::handle h, os::file_status& to) override {
        const os::answer a = real::status(h, to);
        if (is_elsewhere(h)) to.filesystem += 1;
        return a;
    }
    os::answer clone_range(os::handle from, offset from_at, os::handle to, offset to_at, bytes size) override {
        if (from_at.count % 4096 != 0 || to_at.count % 4096 != 0 || size.count % 4096 != 0) return no(std::errc::invalid_argument);
        if (is_elsewhere(from)) {
            const std::lock_guard lock{mutex_};
            return ++refused, no(std::errc::cross_device_link);
        }
        for (std::uint64_t done = 0; done < size.count;) {
            const os::answer a = real::copy_range(from, from_at + bytes{done}, to, to_at + bytes{done}, bytes{size.count - done});
            if (a <= 0) return a < 0 ? a : no(std::errc::invalid_argument);
            done += static_cast<std::uint64_t>(a);
        }
        const std::lock_guard lock{mutex_};
        cloned.emplace_back(to_at.count, size.count);
        return 0;
    }
    os::answer copy_range(os::handle from, offset from_at, os::handle to, offset to_at, bytes size) override {
        return is_elsewhere(from) ? no(std::errc::cross_device_link) : real::copy_range(from, from_at, to, to_at, size);
    }
    os::answer allocate(os::handle h, offset at, bytes size) override {
        const std::lock_guard lock{mutex_};
        allocated += size.count;
        return real::allocate(h, at, size);
    }

private:
    static os::answer no(std::errc why) { return -static_cast<os::answer>(why); }
    bool is_elsewhere(os::handle h) {
        const std::lock_guard lock{mutex_};
        return std::ranges::find(elsewhere_, h) != elsewhere_.end();
    }
    std::mutex mutex_;
    std::vector<os::handle> elsewhere_;
};

std::string noise_of(std::size_t size, unsigned seed) {
    std::mt19937 random{seed};
    return random_text(random, size);
}

} // namespace

TEST_CASE("what is aligned is cloned in one piece, the rest of it and what is not is written") {
    const temp_dir dir;
    write_file(dir / "whole", noise_of(40 << 20, 1));
    write_file(dir / "tail", noise_of((3 << 20) + 123, 2));
    write_file(dir / "odd", noise_of(3 << 20, 3));
    image made{64_MiB};
    made.place(offset{4096_B}, blob(dir / "whole")).place(offset{44_MiB}, blob(dir / "tail")).place(offset{bytes{(50 << 20) + 512}}, blob(dir / "odd"));
    cloning_calls calls;
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    {
        const os::replaced_calls replaced{calls};
        write(made, sparse_file(dir / "out"), {.jobs = jobs, .fsync = true});
    }
    std::sort(calls.cloned.begin(), calls.cloned.end());
    CHECK(calls.cloned == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{4096, 40 << 20}, {44 << 20, 3 << 20}});
    CHECK(calls.allocated < (4u << 20)); // nothing for what was cloned
    CHECK(difference(read_file(dir / "out"), text_of(made)).empty());
}

TEST_CASE("that files of one filesystem can be neither cloned nor copied is not held against another's") {
    const temp_dir dir;
    image made{96_MiB};
    for (unsigned i = 0; i < 24; ++i) {
        const std::string name = (i < 12 ? "elsewhere-" : "here-") + std::to_string(i);
        write_file(dir / name, noise_of(3 << 20, i));
        made.place(offset{bytes{std::uint64_t{i} << 22}}, blob(dir / name));
    }
    cloning_calls calls;
    calls.refused_path = "elsewhere-";
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    {
        const os::replaced_calls replaced{calls};
        write(made, sparse_file(dir / "out"), {.jobs = jobs, .fsync = true});
    }
    CHECK(calls.cloned.size() == 12);
    CHECK(calls.refused <= 9);
    CHECK(calls.refused >= 8);
    CHECK(calls.allocated >= (36u << 20));
    CHECK(difference(read_file(dir / "out"), text_of(made)).empty());
}

TEST_CASE("on XFS an image of large files takes hardly any space") {
    if (!is_root()) {
        WARN("skipped: mounting needs root");
        return;
    }
    if (!have("mkfs.xfs")) {
        WARN("skipped: no mkfs.xfs");
        return;
    }
    const temp_dir dir;
    const std::string at = dir / "mnt";
    const auto mounted = run("truncate -s 600M '" + (dir / "xfs") + "' && mkfs.xfs -q '" + (dir / "xfs") + "' && mkdir '" + at + "' && mount -o loop '" + (dir / "xfs") + "' '" + at + "'");
    if (mounted.status != 0) {
        WARN("skipped: cannot mount: " << mounted.output);
        return;
    }
    {
        write_file(at + "/source", noise_of(60'000'001, 1));
        write_file(dir / "elsewhere", noise_of(1'000'000, 2));
        image made{128_MiB};
        made.place(offset{1_MiB}, blob(at + "/source")).place(offset{bytes{(64 << 20) + 700}}, blob(at + "/source", {.size = 5_MiB}));
        made.place(offset{100_MiB}, blob(dir / "elsewhere"));
        const std::string expected = text_of(made);
        for (const bool fsync : {false, true}) {
            const auto report = write(made, sparse_file(at + "/out"), {.fsync = fsync});
            CHECK(report.calls.writes < 20);
            CHECK(difference(read_file(at + "/out"), expected).empty());
            write_file(at + "/there", std::string(128 << 20, 'x'));
            write(made, existing_file(at + "/there", {.undefined = undefined_bytes::discard}));
            CHECK(difference(read_file(at + "/there"), expected).empty());
            std::filesystem::remove(at + "/there");
        }
    }
    CHECK(run("umount '" + at + "'").status == 0);
}
