// What superd-supervisor says of itself, on superd's stderr.
#pragma once

#include <memory>
#include <string_view>

#include <spdlog/fwd.h>

namespace superd::supervisor {

// Lines on a descriptor. A reader that stalls costs lines (which are counted
// and told of when there is room again), never time.
class Log {
public:
    explicit Log(int descriptor);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void debug(std::string_view text);
    void info(std::string_view text);
    void warn(std::string_view text);
    void error(std::string_view text);

private:
    std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace superd::supervisor
