#include "supervisor/log.hpp"

#include "os/journal_stream.hpp"

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
    explicit DescriptorSink(int descriptor)
        : descriptor_{descriptor}, journal_{os::is_journal_stream(descriptor)} {}
    bool is_journal() const { return journal_; }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        if (lost_ != 0 && put("superd: " + std::to_string(lost_) + " log lines were lost\n")) {
            lost_ = 0;
        }
        // As sd-daemon(3) has it: the journal takes the priority off, and has the time itself.
        const std::string prefix = journal_ ? priority(message.level) : "";
        const std::string whole = prefix + std::string{line.data(), line.size()};
        std::string_view text{whole};
        if (text.size() > write_max) text = text.substr(0, write_max);
        if (lost_ != 0 || !put(text)) ++lost_;
    }
    void flush_() override {}

    static std::string priority(spdlog::level::level_enum level) {
        switch (level) {
            case spdlog::level::critical: return "<2>";
            case spdlog::level::err: return "<3>";
            case spdlog::level::warn: return "<4>";
            case spdlog::level::debug:
            case spdlog::level::trace: return "<7>";
            case spdlog::level::info:
            case spdlog::level::off:
            case spdlog::level::n_levels: return "<6>";
        }
        return "<6>";
    }

    bool put(std::string_view text) const {
        pollfd writable{descriptor_, POLLOUT, 0};
        if (::poll(&writable, 1, 0) != 1 || (writable.revents & POLLOUT) == 0) return false;
        return ::write(descriptor_, text.data(), text.size()) >= 0;
    }

    int descriptor_;
    bool journal_;
    std::uint64_t lost_ = 0;
};

}  // namespace

Log::Log(int descriptor) {
    const auto sink = std::make_shared<DescriptorSink>(descriptor);
    logger_ = std::make_unique<spdlog::logger>("superd", sink);
    logger_->set_pattern(sink->is_journal() ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ superd %l: %v",
                         spdlog::pattern_time_type::utc);
    logger_->set_level(spdlog::level::info);
}

Log::~Log() = default;

void Log::debug(std::string_view text) { logger_->debug(text); }
void Log::info(std::string_view text) { logger_->info(text); }
void Log::warn(std::string_view text) { logger_->warn(text); }
void Log::error(std::string_view text) { logger_->error(text); }

}  // namespace superd::supervisor
