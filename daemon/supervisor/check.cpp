#include "supervisor/check.hpp"

#include "config/load.hpp"
#include "config/print.hpp"
#include "os/cores.hpp"
#include "wire/json_writer.hpp"

#include <cstdio>

namespace superd::supervisor {
namespace {

constexpr int exit_usage = 64;   // sysexits(3), EX_USAGE
constexpr int exit_config = 78;  // sysexits(3), EX_CONFIG

std::string as_json(const config::Diagnostics& diagnostics, std::size_t units) {
    std::string out;
    wire::JsonWriter json{out};
    json.begin_object();
    json.member("schema", 1);
    json.member("good", diagnostics.empty());
    json.member("units", units);
    json.key("errors");
    json.begin_array();
    for (const config::Diagnostic& each : diagnostics) {
        json.begin_object();
        json.member("file", each.file);
        json.member("line", each.line);
        json.member("column", each.column);
        json.member("message", each.message);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

}  // namespace

int check_configuration(const std::string& directory, const std::vector<std::string>& profiles,
                        bool json) {
    auto sources = config::read_sources(directory, profiles);
    if (sources) sources->cores = os::usable_cores();
    const auto configuration = sources ? config::parse(*sources) : std::unexpected{sources.error()};
    const std::size_t units = configuration ? configuration->units.size() : 0;
    const auto mistakes = configuration ? config::Diagnostics{} : configuration.error();
    if (json) {
        std::printf("%s\n", as_json(mistakes, units).c_str());
    } else {
        for (const auto& each : mistakes) std::fprintf(stderr, "%s\n", each.text().c_str());
        if (mistakes.empty()) {
            std::printf("configuration is good: %zu %s\n", units, units == 1 ? "unit" : "units");
        }
    }
    return mistakes.empty() ? 0 : exit_config;
}

int print_document(const std::string& what) {
    if (const auto text = config::print(what)) {
        std::fwrite(text->data(), 1, text->size(), stdout);
        return 0;
    }
    std::fprintf(stderr, "superd-supervisor: cannot print \"%s\": what can be printed is",
                 what.c_str());
    for (const auto& each : config::printables()) {
        std::fprintf(stderr, " %.*s", static_cast<int>(each.what.size()), each.what.data());
    }
    std::fprintf(stderr, "\n");
    return exit_usage;
}

}  // namespace superd::supervisor
