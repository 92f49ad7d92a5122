// The pictures of a unit's states, made of what the core does.
#include "tests/unit/core/explorer.hpp"
#include "tests/unit/places.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace superd::core {
namespace {

UnitSpec web(UnitType type) {
    UnitSpec made;
    made.name = "web";
    made.type = type;
    made.stop = {{SIGTERM, 10s}, {SIGKILL, 2s}};
    made.restart.jitter = 0;
    made.restart.limit = 1;
    made.restart.window = 1h;
    made.restart.on_limit = OnLimit::fail;
    if (type == UnitType::service) {
        made.awaits_ready = true;
        made.checks = {{.name = "http", .start_timeout = 0s, .failures = 1}};
    }
    return made;
}

const std::vector<std::string> states{"inactive", "waiting", "starting",  "ready", "stopping",
                                      "backoff",  "failed",  "completed", "gone"};

std::string join(const auto& words, const std::string& between) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

// From each state to each other one, all that leads there.
std::string diagram(const Explored& all) {
    std::string text = "```mermaid\nstateDiagram-v2\n    [*] --> inactive\n";
    for (const std::string& from : states) {
        for (const std::string& to : states) {
            const auto found = all.arrows.find({from, to});
            if (found == all.arrows.end()) continue;
            std::vector<std::string> causes;
            for (const Happening& it : happenings()) {
                if (found->second.contains(it.name)) causes.push_back(it.name);
            }
            if (found->second.contains("at once")) causes.emplace_back("at once");
            const std::string drawn = to == "gone" ? "[*]" : to;
            text += "    " + from + " --> " + drawn + ": " + join(causes, ", ") + "\n";
        }
    }
    return text + "```\n";
}

// What each state may be followed by, an event a row; "·": it stays. Empty: that can not happen.
std::string table(const Explored& explored) {
    const auto& all = explored.after;
    std::vector<std::string> shown;
    for (const std::string& state : states) {
        const auto met = [&](const auto& each) { return each.first.first == state; };
        if (std::ranges::any_of(all, met)) shown.push_back(state);
    }
    std::string text = "| | " + join(shown, " | ") + " |\n|";
    for (std::size_t i = 0; i <= shown.size(); ++i) text += " --- |";
    text += '\n';
    for (const Happening& it : happenings()) {
        std::string row;
        for (const std::string& state : shown) {
            const auto found = all.find({state, it.name});
            std::vector<std::string> next;
            if (found != all.end()) {
                for (const std::string& to : found->second) next.push_back(to == state ? "·" : to);
            }
            row += ' ' + join(next, ", ") + (next.empty() ? "|" : " |");
        }
        if (row.find_first_not_of("| ") != row.npos) text += "| " + it.name + " |" + row + "\n";
    }
    return text;
}

const Explored& explored(UnitType type) {
    static const Explored service = explore(web(UnitType::service));
    static const Explored oneshot = explore(web(UnitType::oneshot));
    return type == UnitType::service ? service : oneshot;
}

std::string section(const std::string& title, UnitType type) {
    const Explored& all = explored(type);
    return "\n## " + title + "\n\n" + diagram(all) + "\n" + table(all);
}

std::string page() {
    return "# A unit's states, and what leads from one to another\n\n"
           "Written by `tests/unit/core/states_test.cpp`, which tries every event in every "
           "situation that a unit, web, can be in: it\nneeds another one, db, and may be started "
           "again once an hour, then it fails. In the tables `·` means that the state stays;\n"
           "where nothing is written, the event cannot happen, and the test shows that it would "
           "change nothing. `gone`: the unit has\nleft the configuration and is forgotten. `at "
           "once`: what follows from the change before, in the same step.\n" +
           section("A service", UnitType::service) + section("A oneshot", UnitType::oneshot);
}

std::string read(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream{file, std::ios::binary}.rdbuf();
    return text.str();
}

// SUPERD_REGENERATE=1 build/…/tests/core_test --gtest_filter='States.*' writes it anew.
TEST(States, AreWhatTheirPageShows) {
    const std::string file = places::source("/daemon/core/states.md");
    const std::string text = page();
    if (std::getenv("SUPERD_REGENERATE") != nullptr) std::ofstream{file, std::ios::binary} << text;
    EXPECT_EQ(read(file), text) << "a transition has changed: look at it, then regenerate " << file;
}

TEST(States, AreAllReachedAndLeftAgain) {
    for (const auto type : {UnitType::service, UnitType::oneshot}) {
        const Explored& found = explored(type);
        EXPECT_GT(found.situations, 500u);
        for (const std::string& state : states) {
            const bool oneshots = state == "completed", services = state == "ready";
            if (type == UnitType::service ? oneshots : services) continue;
            SCOPED_TRACE(state);
            bool entered = state == "inactive" || state == "waiting", left = state == "gone";
            for (const auto& [from, to] : found.after) {
                entered = entered || (from.first != state && to.contains(state));
                left = left || (from.first == state && (to.size() > 1 || !to.contains(state)));
            }
            EXPECT_TRUE(entered);
            EXPECT_TRUE(left);
        }
    }
}

}  // namespace
}  // namespace superd::core
