#include "bus/link.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>

namespace superd::bus {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds first_pause{100}, longest_pause{60'000};
// One that held so long is taken up again at once when it is lost.
constexpr std::chrono::seconds good_for{10};
// Of a round of the event loop; others have something to do too.
constexpr std::chrono::milliseconds share_of_a_round{2};

}  // namespace

Link::Link(asio::io_context& io, std::string address, Handlers handlers)
    : io_{io},
      address_{std::move(address)},
      handlers_{std::move(handlers)},
      readiness_{io},
      timer_{io},
      retry_{io},
      pause_{first_pause} {}

Link::~Link() { stop(); }

void Link::start() {
    stopped_ = false;
    if (!retrying_) retrying_ = std::make_shared<Life>();
    if (const int error = connect(); error < 0) return lost();
    arm();
}

void Link::stop() {
    stopped_ = true;
    close();
    retrying_.reset();
    retry_.cancel();
}

int Link::connect() {
    life_ = std::make_shared<Life>();
    sd_bus* made = nullptr;
    if (const int error = sd_bus_new(&made); error < 0) return error;
    bus_.reset(made);
    lost_ = false;
    sd_bus_set_description(made, "superd");
    int error = sd_bus_set_address(made, address_.c_str());
    if (error >= 0) error = sd_bus_set_bus_client(made, 1);
    // For OpenControl. None may be sent to us: how long its close takes would be up to who sent it,
    // so the bus refuses that in our place (org.superd.conf).
    if (error >= 0) error = sd_bus_negotiate_fds(made, 1);
    // A bus that is not there yet, or not there now, is waited for by inotify.
    if (error >= 0) error = sd_bus_set_watch_bind(made, 1);
    if (error >= 0) error = sd_bus_set_connected_signal(made, 1);
    if (error >= 0) {
        sd_bus_slot* slot = nullptr;
        error = sd_bus_match_signal_async(made, &slot, "org.freedesktop.DBus.Local", nullptr,
                                          "org.freedesktop.DBus.Local", "Connected", on_connected,
                                          nullptr, this);
        connected_.reset(slot);
    }
    return error < 0 ? error : sd_bus_start(made);
}

int Link::on_connected(sd_bus_message*, void* self, sd_bus_error*) {
    auto& link = *static_cast<Link*>(self);
    link.up_ = true;
    link.since_ = Clock::now();
    link.handlers_.up(*link.bus_);
    return 0;
}

void Link::sent() {
    if (pumping_ || posted_ || !bus_) return;
    posted_ = true;
    later();
}

void Link::later() {
    asio::post(io_, [this, life = std::weak_ptr{life_}] {
        if (life.expired()) return;
        posted_ = false;
        pump();
    });
}

void Link::drop() {
    lost_ = true;
    sent();
}

void Link::pump() {
    pumping_ = true;
    const auto until = Clock::now() + share_of_a_round;
    int did = 0;
    do did = sd_bus_process(bus_.get(), nullptr);
    while (did > 0 && !lost_ && Clock::now() < until);
    pumping_ = false;
    if (did < 0 || lost_) return lost();
    if (did > 0) {
        posted_ = true;
        return later();
    }
    arm();
}

void Link::arm() {
    const int fd = sd_bus_get_fd(bus_.get());
    const int events = sd_bus_get_events(bus_.get());
    if (fd < 0 || events < 0) return lost();
    watch(fd, static_cast<short>(events));
    arm_timer();
}

void Link::watch(int fd, short events) {
    if (watched_ != fd) {
        boost::system::error_code ignored;
        readiness_.close(ignored);
        reading_ = writing_ = false;
        const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (copy < 0) return lost();
        readiness_.assign(copy);
        watched_ = fd;
    }
    const auto wait = [this](bool& waiting, auto what) {
        if (std::exchange(waiting, true)) return;
        readiness_.async_wait(what, [this, &waiting, life = std::weak_ptr{life_},
                                     fd = watched_](const boost::system::error_code& error) {
            if (life.expired() || fd != watched_ || error) return;
            waiting = false;
            pump();
        });
    };
    using Wait = asio::posix::stream_descriptor;
    if ((events & POLLIN) != 0) wait(reading_, Wait::wait_read);
    if ((events & POLLOUT) != 0) wait(writing_, Wait::wait_write);
}

void Link::arm_timer() {
    std::uint64_t until = UINT64_MAX;
    sd_bus_get_timeout(bus_.get(), &until);
    const bool never = until == UINT64_MAX;
    const auto at =
        never ? Clock::time_point::max() : Clock::time_point{std::chrono::microseconds{until}};
    if (timer_.expiry() == at) return;
    timer_.expires_at(at);
    if (never) return;
    timer_.async_wait([this, life = std::weak_ptr{life_}](const boost::system::error_code& error) {
        if (!error && !life.expired()) pump();
    });
}

void Link::lost() {
    if (up_ && Clock::now() - since_ >= good_for) pause_ = first_pause;
    close();
    if (stopped_) return;
    retry_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, longest_pause);
    retry_.async_wait(
        [this, life = std::weak_ptr{retrying_}](const boost::system::error_code& error) {
            if (!error && !life.expired() && !stopped_) start();
        });
}

void Link::close() {
    life_.reset();
    boost::system::error_code ignored;
    readiness_.close(ignored);
    watched_ = -1;
    reading_ = writing_ = posted_ = false;
    timer_.expires_at(Clock::time_point::max());
    if (std::exchange(up_, false)) handlers_.down();
    connected_.reset();
    bus_.reset();
}

}  // namespace superd::bus
