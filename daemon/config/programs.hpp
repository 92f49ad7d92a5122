// Programs by name, as execvp(3) would find them.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace superd::config {

class Programs {
public:
    // The first executable file of that name in the directories of `path`;
    // `name` itself when there is none, as it may come to be later.
    const std::string& find(const std::string& name, std::string_view path);

private:
    std::unordered_map<std::string, std::string> found_;  // By "name:path".
};

}  // namespace superd::config
