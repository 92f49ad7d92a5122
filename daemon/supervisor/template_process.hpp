// One template process: its socket, of which the keeper holds superd's end too, and beside it a
// note that says to the next supervisor what it is.
#pragma once

#include "base/result.hpp"
#include "core/instance.hpp"
#include "core/time.hpp"
#include "os/fd.hpp"
#include "supervisor/keeper_link.hpp"
#include "supervisor/template_message.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

// Templates have numbers as runs have, apart from theirs by this bit.
inline constexpr core::RunId template_bit = core::RunId{1} << 62;
inline bool is_template(core::RunId number) { return (number >> 62) == 1; }

class TemplateProcess {
public:
    struct Identity {
        core::RunId number = 0;
        std::string unit, mark;  // See template_mark().
        pid_t pid = 0;           // 0: not started yet.
        bool ready = false;
    };
    struct Heard {
        std::optional<ForkAnswer> answer;  // Empty: it made no sense.
        pid_t sender = 0;                  // As the kernel says.
    };
    static constexpr std::string_view held_prefix = "template.";

    // A new one; `far` becomes the end that the process is to be given.
    static Result<std::unique_ptr<TemplateProcess>> make(
        const boost::asio::any_io_executor& executor, KeeperLink& link, Identity identity,
        os::Fd& far);
    // One that the keeper holds; null: it is none.
    static std::unique_ptr<TemplateProcess> adopt(const boost::asio::any_io_executor& executor,
                                                  KeeperLink& link, const std::string& held);

    TemplateProcess(const boost::asio::any_io_executor& executor, KeeperLink& link,
                    Identity identity);

    const Identity& identity() const { return identity_; }
    std::string held_name() const;
    void started(pid_t pid);
    void became_ready();

    // False: the request cannot be sent, and so is not known to the template.
    bool ask(const ForkRequest& request, std::span<const int> descriptors);
    // The next that was said; empty: nothing, at present or any more.
    std::optional<Heard> hear();
    // Calls back once when there may be something to hear.
    void notify(std::function<void()> callback);
    // Waits at most so long for something to be said.
    bool readable(std::chrono::milliseconds patience) const;
    // Nobody has the other end any more.
    bool deserted() const { return deserted_; }
    // It learns of it by that, and ends. The keeper lets go of it too.
    void close();
    bool closed() const { return !socket_.is_open(); }
    void kill() const;

    std::map<core::RunId, core::Instant> asked;  // Runs without an answer, and until when.
    bool leaves = false;                         // Nothing is asked of it any more.
    bool gone = false;                           // Its process has ended.
    core::Instant kill_at = core::Instant::max();
    core::Instant ready_at{};

private:
    void write_note();

    KeeperLink& link_;
    Identity identity_;
    boost::asio::posix::stream_descriptor socket_;
    os::Fd note_;
    bool deserted_ = false;
};

}  // namespace superd::supervisor
