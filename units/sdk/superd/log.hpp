// Lines for the unit's log.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <superd/abi.h>

namespace superd {

// Writes whole lines; any thread may use it. Arguments are texts and numbers, joined: info("took ",
// 3, " ms").
class Log {
public:
    explicit Log(const superd_abi_host& host) : host_{host} {}

    template <class... Parts>
    void debug(const Parts&... parts) const {
        write(0, parts...);
    }
    template <class... Parts>
    void info(const Parts&... parts) const {
        write(1, parts...);
    }
    template <class... Parts>
    void warning(const Parts&... parts) const {
        write(2, parts...);
    }
    template <class... Parts>
    void error(const Parts&... parts) const {
        write(3, parts...);
    }

private:
    template <class... Parts>
    void write(int level, const Parts&... parts) const {
        std::string line;
        (append(line, parts), ...);
        host_.log(level, line.data(), line.size());
    }
    template <class Part>
    static void append(std::string& line, const Part& part) {
        if constexpr (std::same_as<Part, bool>)
            line += part ? "true" : "false";
        else if constexpr (std::same_as<Part, char>)
            line += part;
        else if constexpr (std::integral<Part> || std::floating_point<Part>)
            line += std::to_string(part);
        else
            line += std::string_view{part};
    }

    const superd_abi_host& host_;
};

}  // namespace superd
