// The variables of a unit, layer over layer, and ${NAME} replaced from them.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

// Where a program is looked for, and what ${PATH} is, when a unit sets no PATH.
constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

class Environment {
public:
    // A variable of an earlier layer, taken as it is. The later call wins.
    void set(std::string name, std::string value);
    // A variable of env: may refer to any other, and to the earlier layer's of its own name.
    void define(std::string name, std::string text);

    // What is wrong with a variable of env, by name.
    struct Failure {
        std::string name, cause;
    };
    // Replaces in what was defined; afterwards no more can be. What failed is empty.
    std::vector<Failure> resolve();

    // Replaces ${NAME}; $${ is a literal ${. The error names what is not known.
    std::expected<std::string, std::string> expand(std::string_view text);

    std::string path() const;  // Its PATH, or the default.
    // "NAME=value" in order of name.
    std::vector<std::string> strings() const;

private:
    std::expected<std::string, std::string> expand(std::string_view text,
                                                   std::vector<std::string>& within);
    std::expected<std::string, std::string> lookup(const std::string& name,
                                                   std::vector<std::string>& within);
    std::string unknown(const std::string& name) const;

    std::map<std::string, std::string, std::less<>> values_;   // Resolved.
    std::map<std::string, std::string, std::less<>> defined_;  // Not resolved yet.
    std::vector<Failure> failures_;
    std::size_t expanded_ = 0;  // Bytes, so that variables that double each other end.
};

}  // namespace superd::config
