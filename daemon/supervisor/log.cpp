#include "supervisor/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

namespace superd::supervisor {
namespace {

// A pipe that poll(2) calls writable takes so much without blocking (PIPE_BUF).
// The descriptor itself stays blocking: its open file is the terminal's too.
constexpr std::size_t write_max = 4096;

class DescriptorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    explicit DescriptorSink(int descriptor) : descriptor_{descriptor} {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        if (lost_ != 0 && put("superd: " + std::to_string(lost_) + " log lines were lost\n")) {
            lost_ = 0;
        }
        std::string_view text{line.data(), line.size()};
        if (text.size() > write_max) text = text.substr(0, write_max);
        if (lost_ != 0 || !put(text)) ++lost_;
    }
    void flush_() override {}

    bool put(std::string_view text) const {
        pollfd writable{descriptor_, POLLOUT, 0};
        if (::poll(&writable, 1, 0) != 1 || (writable.revents & POLLOUT) == 0) return false;
        return ::write(descriptor_, text.data(), text.size()) >= 0;
    }

    int descriptor_;
    std::uint64_t lost_ = 0;
};

}  // namespace

Log::Log(int descriptor)
    : logger_{std::make_unique<spdlog::logger>("superd",
                                               std::make_shared<DescriptorSink>(descriptor))} {
    logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ superd %l: %v", spdlog::pattern_time_type::utc);
    logger_->set_level(spdlog::level::info);
}

Log::~Log() = default;

void Log::debug(std::string_view text) { logger_->debug(text); }
void Log::info(std::string_view text) { logger_->info(text); }
void Log::warn(std::string_view text) { logger_->warn(text); }
void Log::error(std::string_view text) { logger_->error(text); }

}  // namespace superd::supervisor
