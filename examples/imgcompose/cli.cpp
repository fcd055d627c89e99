// SPDX-License-Identifier: BSL-1.0
#include "cli.hpp"

#include "cli_pages.hpp"
#include "commands.hpp"
#include "document.hpp"
#include "outputs.hpp"
#include "text_output.hpp"

#include <imgcompose/core/error.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <type_traits>

namespace command {

namespace {

/// A command of the table, of which each argument is bound to where its value goes.
class bound_command {
public:
    bound_command(CLI::App& top, std::string_view name)
        : command_(*find_command(name)), app_(*top.add_subcommand(std::string{name}, std::string{command_.meaning})) {}

    template <class T> CLI::Option* bind(std::string_view name, T& value) {
        const auto found = std::ranges::find_if(command_.arguments, [&](const argument& a) { return a.long_name() == name; });
        if (found == command_.arguments.end()) throw std::logic_error(fmt::format("{} has no {}", command_.name, name));
        const argument& a = *found;
        CLI::Option* o = nullptr;
        if constexpr (std::is_same_v<T, bool>) o = app_.add_flag(std::string{a.names}, value);
        else o = app_.add_option(std::string{a.names}, value);
        if (a.required) o->required();
        if (a.repeated) o->allow_extra_args(false);
        if (a.optional_value) o->expected(0, 1);
        if (a.kind == argument_kind::choice)
            o->check(CLI::Validator{[&a](const std::string& s) { return why_not(a, s); }, "", ""});
        return o;
    }
    void bind(description_options& o, std::string_view file) {
        bind(file, o.file);
        bind("--set", o.changes);
        bind("--inputs", o.inputs);
    }
    void bind(output_options& o) {
        bind("--output", o.file);
        bind("--also", o.also);
        bind("--bmap", o.bmap);
        bind("--update", o.update);
        bind("--in-place", o.in_place);
        bind("--into-existing", o.into_existing);
        bind("--discard", o.discard);
        bind("--allow-fixed", o.allow_fixed);
        bind("--jobs", o.jobs);
        bind("--fsync", o.fsync);
        bind("--digest", o.digest);
        bind("--quiet", o.quiet);
    }
    void run(std::function<void()> what) { app_.callback(std::move(what)); }

private:
    static std::string why_not(const argument& a, const std::string& value) {
        if (std::ranges::find(a.choices, value) != a.choices.end()) return {};
        return fmt::format("there is no \"{}\"{}", value, did_you_mean(value, {a.choices.begin(), a.choices.end()}));
    }

    const subcommand& command_;
    CLI::App& app_;
};

void bind_mkfs(bound_command c, mkfs_options& o) {
    c.bind("TYPE", o.type);
    c.bind("--from", o.from);
    c.bind(o.output);
    c.bind("--size", o.size);
    c.bind("--label", o.label);
    c.bind("--uuid", o.uuid);
    c.bind("--readable-by", o.readable_by);
    c.bind("--seed", o.seed);
    c.bind("--epoch", o.epoch);
    auto* const clamp = c.bind("--clamp-mtime", o.clamp_to);
    c.bind("--owner", o.owner);
    c.bind("--exclude", o.exclude);
    c.bind("--no-xattrs", o.no_xattrs);
    c.bind("--block-size", o.block_size);
    c.bind("--inodes", o.inodes);
    c.bind("--inode-size", o.inode_size);
    c.bind("--bytes-per-inode", o.bytes_per_inode);
    c.bind("--reserved-percent", o.reserved_percent);
    c.bind("--journal", o.journal);
    c.bind("--grows-to", o.grows_to);
    c.bind("--mount-options", o.mount_options);
    c.bind("--features", o.features)->delimiter(',');
    c.bind("--fat-bits", o.fat_bits);
    c.bind("--cluster-size", o.cluster_size);
    c.bind("--sector-size", o.sector_size);
    c.bind("--symlinks", o.symlinks);
    c.run([&o, clamp] {
        o.clamp = clamp->count() != 0;
        mkfs(o);
    });
}

void tell(const std::exception& e) {
    const bool names_a_place = dynamic_cast<const description_error*>(&e) != nullptr;
    fmt::print(stderr, "{}{}\n", names_a_place ? "" : "imgcompose: ", e.what());
}

/// The command that help was asked for.
const subcommand* command_of(const CLI::App& app) {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? nullptr : find_command(parsed.back()->get_name());
}

/// `on_error` becomes the exit status of an error in the command that was called.
int parse_and_run(int argc, char** argv, int& on_error) {
    CLI::App app{"", "imgcompose"};
    app.set_version_flag("--version", "imgcompose " IMGCOMPOSE_VERSION_STRING);
    app.require_subcommand(1);
    int status = 0;

    bool boards_json = false;
    bound_command boards_command{app, "boards"};
    boards_command.bind("--json", boards_json);
    boards_command.run([&] { boards(boards_json); });

    build_options built;
    bound_command build_command{app, "build"};
    build_command.bind(built.description, "DESCRIPTION");
    build_command.bind(built.output);
    build_command.bind("--no-lint", built.no_lint);
    build_command.run([&] { build(built); });

    plan_options planned;
    bound_command plan_command{app, "plan"};
    plan_command.bind(planned.description, "DESCRIPTION");
    auto* const plan_json = plan_command.bind("--json", planned.json);
    auto* const plan_all = plan_command.bind("--all", planned.all);
    plan_command.bind("--parameter", planned.parameter)->excludes(plan_json)->excludes(plan_all);
    plan_command.run([&] { plan(planned); });

    mkfs_options made;
    bind_mkfs(bound_command{app, "mkfs"}, made);

    inspect_options inspected;
    bound_command inspect_command{app, "inspect"};
    inspect_command.bind(inspected.disk, "DISK");
    auto* const inspect_json = inspect_command.bind("--json", inspected.json);
    inspect_command.bind("--svg", inspected.svg)->excludes(inspect_json);
    inspect_command.run([&] { inspect(inspected); });

    diff_options compared;
    bound_command diff_command{app, "diff"};
    diff_command.bind("BEFORE", compared.before);
    diff_command.bind("AFTER", compared.after);
    diff_command.bind("--inputs", compared.inputs);
    diff_command.bind("--json", compared.json);
    diff_command.bind("--no-contents", compared.without_contents);
    diff_command.bind("--no-times", compared.without_times);
    diff_command.run([&] {
        on_error = 2;
        status = diff(compared) ? 0 : 1;
    });

    extract_options extracted;
    bound_command extract_command{app, "extract"};
    extract_command.bind(extracted.disk, "DISK");
    auto* const partition = extract_command.bind("--partition", extracted.partition);
    extract_command.bind("--bootloader", extracted.bootloader)->excludes(partition);
    extract_command.bind("--files", extracted.files)->needs(partition);
    extract_command.bind("--output", extracted.output);
    extract_command.run([&] { extract(extracted); });

    lint_options linted;
    bound_command lint_command{app, "lint"};
    lint_command.bind(linted.disk, "DISK");
    lint_command.bind("--board", linted.board);
    lint_command.bind("--firmware", linted.firmware);
    lint_command.bind("--without-bootloader", linted.without_bootloader);
    lint_command.bind("--spi", linted.spi);
    lint_command.bind("--json", linted.json);
    lint_command.run([&] {
        on_error = 2;
        status = lint(linted) ? 0 : 1;
    });

    import_options imported;
    bound_command import_command{app, "import-genimage"};
    import_command.bind("CONFIG", imported.file);
    import_command.bind("--image", imported.image);
    import_command.bind("--inputs", imported.inputs);
    import_command.bind("--output", imported.output);
    import_command.run([&] { import_genimage(imported); });

    std::string shell;
    bound_command completion_command{app, "completion"};
    completion_command.bind("SHELL", shell);
    completion_command.run([&] { print(completion(shell)); });

    bound_command man_command{app, "man"};
    man_command.run([&] { print(man_page()); });

    if (argc < 2) {
        fmt::print(stderr, "{}", help_text(nullptr, columns_of_output()));
        return 2;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        print(help_text(command_of(app), columns_of_output()));
    } catch (const CLI::CallForVersion& e) {
        print(fmt::format("{}\n", e.what()));
    } catch (const CLI::ParseError& e) {
        const std::string meant = suggestion({argv + 1, argv + argc});
        const subcommand* const c = command_of(app);
        fmt::print(stderr, "imgcompose: {}\nRun `imgcompose {}{}--help` for more.\n", meant.empty() ? e.what() : meant,
                   c == nullptr ? "" : c->name, c == nullptr ? "" : " ");
        return 2;
    }
    return status;
}

} // namespace

int run(int argc, char** argv) {
    int on_error = 1;
    try {
        const int status = parse_and_run(argc, argv, on_error);
        flush_output();
        return status;
    } catch (const stopped_by_signal& e) {
        tell(e);
        return 128 + e.number;
    } catch (const std::exception& e) {
        tell(e);
    }
    return on_error;
}

} // namespace command
