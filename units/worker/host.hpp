// What a worker is to its module: the table of functions and facts that superd/abi.h describes.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"
#include "protocol/page.hpp"
#include "sdk/superd/abi.h"
#include "worker/listeners.hpp"
#include "worker/notify.hpp"
#include "worker/settings.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace superd::worker {

// One line to standard error: "warning: TEXT"; what is info has no word before it.
void log_line(int level, std::string_view text);

// All that a worker is made of, wherever it came from.
struct Inputs {
    Settings settings;
    std::function<Result<std::string>()> read_settings;  // Anew, for a reload.
    int page_fd = -1;
    std::vector<Passed> passed;  // Listeners, and memory as `shared.NAME`.
};

// One a process.
class Host {
public:
    explicit Host(Inputs inputs);
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    // Claims the page, takes signals, puts the process on its processors. Then its table() may be
    // given to a module.
    Result<void> prepare();
    const superd_abi_host& table() const { return table_; }

    // What the table's functions do.
    int notify(const char* message, int fd) { return notifier_.send(message, fd); }
    int shared(const std::string& name, std::size_t bytes);
    const superd_abi_value* reload();

private:
    void fill_table();
    void take_signals();
    void bind_to_processors() const;

    Inputs inputs_;
    Notifier notifier_{log_line};
    protocol::Page* page_ = nullptr;
    os::Fd stop_, reload_;
    std::mutex mutex_;
    std::vector<Passed> memory_;  // By name, without the prefix.
    std::vector<superd_abi_listener> listeners_;
    std::vector<std::unique_ptr<ConfigTree>> kept_;  // Tables that a module may still look at.
    superd_abi_host table_{};
};

// The part of the table that the settings alone say, and the log.
superd_abi_host facts(const Settings& settings);

}  // namespace superd::worker
