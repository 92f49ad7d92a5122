#include "supervisor/options.hpp"

#include <CLI/CLI.hpp>

namespace superd::supervisor {
namespace {

constexpr int exit_usage = 64;  // sysexits(3), EX_USAGE

}  // namespace

std::optional<Options> parse_options(int argc, const char* const* argv, int& exit_code) {
    Options options;
    CLI::App app{
        "The part of superd that decides. It is started by superd; run by hand it can "
        "check a configuration."};
    app.name("superd-supervisor");
    app.set_version_flag("--version", "superd-supervisor " SUPERD_VERSION);
    app.add_option("--config", options.config, "directory of superd.toml and units/")
        ->capture_default_str();
    app.add_option("--profile", options.profiles, "a profile to lay over it; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--runtime-dir", options.runtime, "directory of sockets and records");
    app.add_option("--state-dir", options.state, "directory of what outlives a boot");
    app.add_option("--log-dir", options.log, "directory of the units' logs");
    app.add_flag("--user", options.user, "a user's own instance");
    auto* const check = app.add_flag("--check", options.check, "check the configuration and end");
    app.add_flag("--json", options.json, "print mistakes as JSON")->needs(check);
    app.add_option("--speaks", options.speaks, "tell whether this is the version of the link")
        ->group("");
    app.add_option("--records", options.records, "tell whether such records can be read")
        ->group("");
    app.add_option("--print", options.print, "print a document made from the schema and end");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error) == 0 ? 0 : exit_usage;
        return std::nullopt;
    }
    const bool by_hand = options.check || options.speaks >= 0 || !options.print.empty();
    if (!by_hand && options.runtime.empty()) {
        std::cerr << "superd-supervisor: cannot start without --runtime-dir: superd starts it\n";
        exit_code = exit_usage;
        return std::nullopt;
    }
    return options;
}

}  // namespace superd::supervisor
