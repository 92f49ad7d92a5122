// Waits, on behalf of units that sleep, for somebody to connect to them.
#pragma once

#include "core/instance.hpp"
#include "os/fd.hpp"

#include <functional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

class DemandWatch {
public:
    using Callback = std::function<void(core::UnitId unit)>;

    DemandWatch(const boost::asio::any_io_executor& executor, Callback callback);

    // Calls back once, as soon as something waits at the socket; perhaps for nothing, when it did
    // so before. A socket that is closed everywhere is watched no more.
    void watch(core::UnitId unit, const os::Fd& socket);

private:
    void wait();
    void read();

    boost::asio::posix::stream_descriptor epoll_;
    Callback callback_;
    bool waiting_ = false;
};

}  // namespace superd::supervisor
