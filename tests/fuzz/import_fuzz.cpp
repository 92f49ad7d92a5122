// Whatever another program's configuration says, translating it ends, never throws, and what comes
// of it are files whose text no value can leave, each line a key, a section or a comment, and which
// superd takes, unless the machine lacks an account or a file.
#include "ctl/import/import.hpp"
#include "ctl/import/systemd_file.hpp"
#include "ctl/import/toml.hpp"
#include "daemon/config/load.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

using namespace superctl::importing;

// A text for each file, a NUL between one and the next.
std::vector<std::string> parts(std::string_view text) {
    std::vector<std::string> all{{}};
    for (const char c : text) {
        if (c == '\0' && all.size() < 4) {
            all.emplace_back();
        } else if (c != '\0') {
            all.back() += c;
        }
    }
    return all;
}

void check_text(const std::string& text) {
    std::string_view rest{text};
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() + 1);
        assert(line.empty() || line.front() == '#' || line.front() == '[' || line.contains(" = "));
    }
}

void check_configuration(const Translation& all) {
    superd::config::Sources sources;
    for (const auto& unit : all.units) {
        sources.files.push_back({"units/" + unit.name() + ".toml", print_unit(unit, "fuzz")});
    }
    const auto parsed = superd::config::parse(sources);
    if (parsed) return;
    for (const auto& mistake : parsed.error()) {
        // Whose environment may name the program; the import remarks on it.
        bool of_the_machine = mistake.message.contains("exec[0] = \"${");
        for (const auto* const lacks : {"user", "group", "file"}) {
            const auto cause = std::string{"there is no such "} + lacks;
            of_the_machine = of_the_machine || mistake.message.contains(cause);
        }
        if (!of_the_machine) std::fprintf(stderr, "%s\n", mistake.text().c_str());
        assert(of_the_machine);
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
    const auto format = static_cast<Format>(data[0] % 4);
    constexpr const char* names[] = {"web.service", "web.socket", "web.timer",
                                     "web.service.d/a.conf"};
    std::vector<InputFile> files;
    for (const auto& part : parts(text)) {
        const std::string path = format == Format::systemd ? names[files.size() % 4] : "file";
        files.push_back({"/x/" + path, part, {}, "/x"});
    }
    const auto all = translate(format, files);
    for (const auto& unit : all.units) check_text(print_unit(unit, "fuzz"));
    check_configuration(all);
    assert(!to_json(all, "fuzz").empty());
    return 0;
}
