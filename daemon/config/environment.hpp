// The variables of a unit, layer over layer, and ${NAME} and ${NAME:-default} replaced from them.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

// Where a program is looked for, and what ${PATH} is, when a unit sets no PATH.
constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// By name.
using Variables = std::map<std::string, std::string, std::less<>>;

class Environment {
public:
    // `fixed` wins over everything, `beside` is what no layer has. Texts may refer to both,
    // but neither is part of the environment itself. Both must outlive this.
    Environment(const Variables& fixed, const Variables& beside) : fixed_{fixed}, beside_{beside} {}

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

    // Replaces ${NAME}, and ${NAME:-default}, whose default counts where NAME is not set or
    // empty; $${ is a literal ${. The error names what is not known, never a value.
    std::expected<std::string, std::string> expand(std::string_view text);

    std::string path() const;  // Its PATH, or the default.
    // "NAME=value" in order of name.
    std::vector<std::string> strings() const;
    const Variables& values() const { return values_; }

private:
    std::expected<std::string, std::string> expand(std::string_view text,
                                                   std::vector<std::string>& within);
    // What is between the braces.
    std::expected<std::string, std::string> replace(std::string_view reference,
                                                    std::vector<std::string>& within);
    // The value of what was defined and is not resolved yet.
    std::string resolve(const std::string& name, std::vector<std::string>& within);
    // Nothing: it is not set.
    std::expected<std::optional<std::string>, std::string> lookup(const std::string& name,
                                                                  std::vector<std::string>& within);
    std::string unknown(const std::string& name) const;

    const Variables& fixed_;
    const Variables& beside_;
    Variables values_;   // Resolved.
    Variables defined_;  // Not resolved yet.
    std::vector<Failure> failures_;
    std::size_t depth_ = 0;     // Of texts within texts.
    std::size_t expanded_ = 0;  // Bytes, so that variables that double each other end.
};

}  // namespace superd::config
