// Whatever a unit's file, superd.toml or an env-file says, parsing ends, keeps
// to its word about places and order, and never throws.
#include "config/load.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace superd::config;

// superd.toml, a unit and its drop-ins, a NUL between one text and the next.
std::vector<Sources::File> with_drop_ins(const std::string& text) {
    std::vector<Sources::File> files{{"superd.toml", {}}};
    for (const char c : text) {
        if (c != '\0') {
            files.back().text += c;
        } else if (files.size() == 1) {
            files.push_back({"units/web.toml", {}});
        } else {
            files.push_back({"units/web.d/" + std::to_string(files.size()) + ".toml", {}});
        }
    }
    return files;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
    Sources sources;
    // The first byte says which kind of file the rest is.
    switch (data[0] % 5) {
        case 0: sources.files = {{"units/web.toml", text}}; break;
        case 1: sources.files = {{"superd.toml", text}}; break;
        case 2:
            sources.files = {{"units/web.toml", "exec = [\"/bin/true\"]\nenv-file = [\"/x\"]"},
                             {"/x", text}};
            break;
        case 3: sources.files = with_drop_ins(text); break;
        default:
            // As bytes of an accepted configuration.
            if (const auto read = Sources::deserialize(text)) {
                assert(read->serialize() == text);
                sources = *read;
            }
    }
    const auto parsed = parse(sources);
    if (!parsed) {
        assert(!parsed.error().empty());
        for (const auto& mistake : parsed.error())
            assert(mistake.message.starts_with("cannot ") || data[0] % 5 == 2);
        return 0;
    }
    for (const auto& unit : parsed->units) {
        assert(!unit->launch.argv.empty() && !unit->launch.argv.front().empty());
        assert(!unit->spec.stop.empty());
    }
    assert(difference(*parsed, *parsed).empty());
    const auto back = Sources::deserialize(sources.serialize());
    assert(back && back->files.size() == sources.files.size());
    return 0;
}
