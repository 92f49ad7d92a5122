// The socket that services write sd_notify(3) messages to.
#pragma once

#include "os/fd.hpp"
#include "os/foreign_fd.hpp"
#include "supervisor/notify_message.hpp"

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

// One datagram. Who sent it is what the kernel says (SCM_CREDENTIALS).
struct NotifyMessage {
    pid_t pid = 0;  // 0: the kernel did not tell, or the sender is in no pid namespace of ours.
    uid_t uid = 0;
    std::expected<NotifyFields, std::string> fields;  // Or why the text is refused.
    os::ForeignFds descriptors;  // Closed with the message: that is what a BARRIER=1 waits for.
};

// Reads the datagram socket and hands each message to a handler, in the order
// of arrival. A flood costs its senders: no more than a bounded batch is read
// before everything else in the loop has its turn.
//
// A message stays in the socket, which outlives this process, until it was handled:
// if we die before that, the next supervisor is told, for no service says twice that it
// is ready. One that ends supervisor after supervisor is taken off before it is looked at.
class NotifySocket {
public:
    // What it leads to is written down when it returns. It may get a message that another
    // supervisor has handled, of which it died.
    using Handler = std::function<void(NotifyMessage)>;

    // `socket` has SO_PASSCRED set; its flags are left as they are, for its open
    // file is the keeper's too. The handler may destroy the NotifySocket.
    NotifySocket(const boost::asio::any_io_executor& executor, os::Fd socket, Handler handler);

    // Handles what is there already, up to a bounded batch.
    void drain();

private:
    void wait();
    bool read_batch();  // False: the handler destroyed us.
    bool handle_next(const Handler& handler);

    boost::asio::posix::stream_descriptor socket_;
    std::shared_ptr<Handler> handler_;  // Outlives this object while it is being called.
    bool handled_any_ = false;
};

}  // namespace superd::supervisor
