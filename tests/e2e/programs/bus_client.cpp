// A client of superd's on D-Bus as somebody would write it with sdbus-c++: looks at a unit, stops
// it, hears of it, is refused one that is not there, starts it again.
#include <condition_variable>
#include <cstdint>
#include <iostream>
#include <map>
#include <mutex>
#include <sdbus-c++/sdbus-c++.h>
#include <string>
#include <tuple>
#include <vector>

namespace {

using Options = std::map<std::string, sdbus::Variant>;
using Row = sdbus::Struct<std::string, std::string, std::string, std::uint32_t, std::uint32_t,
                          std::uint32_t, std::uint32_t, double, std::string, sdbus::ObjectPath>;
using Outcome = sdbus::Struct<std::string, std::int32_t, std::string, std::string, std::string>;

constexpr const char* manager = "org.superd.Manager1";

// What StateChanged told last.
struct Heard {
    std::mutex mutex;
    std::condition_variable changed;
    std::string unit, from, to;
};

int use(const std::string& unit) {
    const auto connection = sdbus::createSystemBusConnection();
    const auto proxy = sdbus::createProxy(*connection, "org.superd", "/org/superd/manager");
    Heard heard;
    proxy->uponSignal("StateChanged")
        .onInterface(manager)
        .call([&heard](const std::string& name, const sdbus::ObjectPath&, std::uint32_t,
                       std::uint64_t, const std::string& from, const std::string& to,
                       const std::string&) {
            const std::lock_guard lock{heard.mutex};
            heard.unit = name;
            heard.from = from;
            heard.to = to;
            heard.changed.notify_all();
        });
    proxy->finishRegistration();
    connection->enterEventLoopAsync();

    std::vector<Row> rows;
    proxy->callMethod("ListUnits")
        .onInterface(manager)
        .withArguments(std::vector{unit})
        .storeResultsTo(rows);
    for (const auto& row : rows) std::cout << std::get<0>(row) << " " << std::get<1>(row) << "\n";
    proxy->callMethod("Subscribe").onInterface(manager);

    std::vector<Outcome> outcomes;
    proxy->callMethod("Stop")
        .onInterface(manager)
        .withArguments(std::vector{unit}, Options{})
        .storeResultsTo(outcomes);
    if (outcomes.size() == 1 && std::get<2>(outcomes[0]) == "done") std::cout << "stopped\n";
    {
        std::unique_lock lock{heard.mutex};
        heard.changed.wait(lock, [&] { return heard.unit == unit && heard.to == "inactive"; });
        std::cout << "heard " << heard.unit << " " << heard.from << " " << heard.to << "\n";
    }
    try {
        proxy->callMethod("Stop").onInterface(manager).withArguments(
            std::vector<std::string>{"nothing"}, Options{});
    } catch (const sdbus::Error& error) {
        std::cout << "refused " << error.getName() << "\n";
    }
    const auto object = sdbus::createProxy(*connection, "org.superd", std::get<9>(rows.at(0)));
    object->callMethod("Start")
        .onInterface("org.superd.Unit1")
        .withTimeout(std::chrono::seconds{60})
        .withArguments(Options{{"timeout", sdbus::Variant{30.0}}});
    std::cout << "started\n";
    connection->leaveEventLoop();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    try {
        return use(argv[1]);
    } catch (const sdbus::Error& error) {
        std::cerr << error.getName() << ": " << error.getMessage() << "\n";
        return 1;
    }
}
