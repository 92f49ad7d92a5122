// Tells those who have subscribed what happens: signals, and properties that changed.
#pragma once

#include "bus/clients.hpp"
#include "bus/link.hpp"
#include "bus/unit_properties.hpp"
#include "control/hub.hpp"
#include "wire/event.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::bus {

// Signals go to each subscriber alone and not to all on the bus: what units do may be told to
// nobody but readers. Without a subscriber nothing is looked at.
class Announcer {
public:
    // What changes within this time is told as one change.
    static constexpr std::chrono::milliseconds settling{50};
    // Messages that the bus has not taken yet; then it is given up, and found again.
    static constexpr std::uint64_t queued_max = 16 * 1024;

    Announcer(boost::asio::io_context& io, Link& link, const Clients& clients,
              std::shared_ptr<control::Hub> hub)
        : link_{link}, clients_{clients}, hub_{std::move(hub)}, timer_{io} {}
    ~Announcer() { end(); }
    Announcer(const Announcer&) = delete;
    Announcer& operator=(const Announcer&) = delete;

    // Somebody has subscribed or has not any more.
    void look_at_subscribers();
    // The bus is lost.
    void end();

private:
    using Properties = std::vector<Property>;
    using Fill = std::function<int(sd_bus_message* signal)>;

    void begin();
    void take(const std::string& line);
    void tell(const wire::Event& event);
    void mark(const std::string& unit);
    void settle();
    void look_at(const std::string& unit, const Properties* now);
    void tell_new(const std::string& unit, const Properties& now);
    void tell_removed(const std::string& unit);
    void emit(const std::string& path, const char* interface, const char* member, const Fill& fill);
    std::map<std::string, Properties> properties_now(const std::vector<std::string>& units) const;

    Link& link_;
    const Clients& clients_;
    std::shared_ptr<control::Hub> hub_;
    boost::asio::steady_timer timer_;
    std::uint64_t subscription_ = 0;
    std::map<std::string, Properties> told_;  // By unit: as they were told last.
    std::set<std::string> marked_;            // Units that may have changed.
    bool all_marked_ = false, waiting_ = false;
};

}  // namespace superd::bus
