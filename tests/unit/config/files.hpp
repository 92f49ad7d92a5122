// Configurations for tests: texts in memory, and directories that go away again.
#pragma once

#include "config/load.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace superd::config {

// A configuration of one unit, web.
inline Sources one_unit(std::string text) { return {{{"units/web.toml", std::move(text)}}}; }

// All diagnostics of these sources, a line each; empty if they are good.
inline std::string mistakes(const Sources& sources) {
    const auto parsed = parse(sources);
    std::string lines;
    if (!parsed) {
        for (const auto& diagnostic : parsed.error()) lines += diagnostic.text() + "\n";
    }
    return lines;
}

// The only unit of a configuration that must be good.
inline std::shared_ptr<const Unit> parsed_unit(std::string text,
                                               std::vector<Sources::File> others = {}) {
    Sources sources = one_unit(std::move(text));
    for (auto& file : others) sources.files.push_back(std::move(file));
    auto parsed = parse(sources);
    EXPECT_EQ(mistakes(sources), "");
    if (!parsed || parsed->units.size() != 1) return std::make_shared<Unit>();
    return std::move(parsed->units.front());
}

// A directory that is removed with all that is in it.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = std::filesystem::temp_directory_path() / "superd.XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }
    void write(const std::string& name, std::string_view text) const {
        const auto file = std::filesystem::path{path_} / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file, std::ios::binary} << text;
    }

private:
    std::string path_;
};

}  // namespace superd::config
