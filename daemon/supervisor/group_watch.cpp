#include "supervisor/group_watch.hpp"

#include <utility>

namespace superd::supervisor {

GroupWatch::GroupWatch(const boost::asio::any_io_executor& executor, os::CgroupWatch watch)
    : watch_{std::move(watch)}, readable_{executor, watch_.descriptor()} {}

GroupWatch::~GroupWatch() { static_cast<void>(readable_.release()); }

void GroupWatch::on_change(Handler handler) {
    handler_ = std::move(handler);
    wait();
}

void GroupWatch::wait() {
    readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this](boost::system::error_code error) {
                             if (error) return;
                             const auto keys = watch_.read();
                             if (!keys.empty()) handler_(keys);
                             wait();
                         });
}

}  // namespace superd::supervisor
