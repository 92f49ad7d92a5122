#include "ctl/parse.hpp"

#include "ctl/duration.hpp"
#include "ctl/location.hpp"
#include "supervisor/selectors.hpp"

#include <map>

#include <gtest/gtest.h>

namespace superctl {
namespace {

using Words = std::vector<std::string>;
using std::chrono::milliseconds;

Failure failure_for(const Words& words) {
    const auto parsed = parse(words);
    EXPECT_FALSE(parsed);
    return parsed ? Failure{} : parsed.error();
}

TEST(Parse, TakesFlagsBeforeAndAfterTheVerb) {
    const auto parsed = parse({"--socket", "/s", "logs", "-f", "web", "-n", "5", "--json", "db/*"});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->command->name, "logs");
    EXPECT_EQ(parsed->arguments, (Words{"web", "db/*"}));
    EXPECT_EQ(parsed->value("--socket"), "/s");
    EXPECT_EQ(parsed->value("--lines"), "5");
    EXPECT_TRUE(parsed->has("--follow") && parsed->has("--json"));
    EXPECT_FALSE(parsed->has("--stream"));
    EXPECT_EQ(parse({"start", "web", "--timeout=1m30s"})->value("--timeout"), "1m30s");
}

// As a shell hands it over.
Words words_of(std::string_view command) {
    Words words{""};
    bool quoted = false;
    for (const char c : command) {
        if (c == '\'' || c == '"') {
            quoted = !quoted;
        } else if (c == ' ' && !quoted) {
            words.emplace_back();
        } else {
            words.back() += c;
        }
    }
    return words;
}

TEST(Parse, TakesEveryExample) {
    const superd::core::System nothing{1};
    for (const auto& command : commands()) {
        for (const auto& example : command.examples) {
            const auto parsed = parse(words_of(example.command));
            ASSERT_TRUE(parsed) << example.command << ": " << parsed.error().message;
            EXPECT_EQ(example.command.substr(0, example.command.find(' ')),
                      command.name == "timers" ? parsed->command->name : command.name);
            auto names = parsed->arguments;
            if (parsed->command->arguments == Arguments::signal_and_units)
                names.erase(names.begin());
            const bool units = parsed->command->arguments == Arguments::units ||
                               parsed->command->arguments == Arguments::some_units ||
                               parsed->command->arguments == Arguments::signal_and_units;
            if (!units) continue;
            for (const auto& name : names) {
                const auto selected = superd::supervisor::select_targets(nothing, {name});
                EXPECT_FALSE(selected.error.starts_with("cannot use")) << selected.error;
            }
        }
    }
}

TEST(Parse, ADoubleDashEndsTheFlags) {
    const auto parsed = parse({"status", "--", "--json"});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->arguments, Words{"--json"});
    EXPECT_FALSE(parsed->has("--json"));
}

TEST(Parse, SuggestsWhatWasMeant) {
    EXPECT_EQ(failure_for({"strat"}).hint, "did you mean start?");
    EXPECT_EQ(failure_for({"start", "web", "--tiemout", "3"}).hint, "did you mean --timeout?");
    EXPECT_EQ(failure_for({"start", "web", "--tiemout=3"}).hint, "did you mean --timeout?");
    EXPECT_EQ(failure_for({"--jsn", "status"}).hint, "did you mean --json?");
    EXPECT_EQ(failure_for({"help", "lgos"}).hint, "did you mean logs?");
}

TEST(Parse, RefusesWhatMakesNoSense) {
    for (const Words& words : std::vector<Words>{{},
                                                 {"start"},
                                                 {"stop", "--all", "web"},
                                                 {"logs"},
                                                 {"logs", "web", "-n", "x"},
                                                 {"logs", "web", "-n", "-1"},
                                                 {"logs", "web", "--stream", "in"},
                                                 {"logs", "web", "--stream", ""},
                                                 {"logs", "web", "--since", "tomorrow"},
                                                 {"plan", "web"},
                                                 {"signal", "HUP"},
                                                 {"signal"},
                                                 {"start", "web", "--timeout", "soon"},
                                                 {"start", "web", "--wait", "stopped"},
                                                 {"status", "--color", "blue"},
                                                 {"status", "--socket"},
                                                 {"status", "--socket", ""},
                                                 {"help", "start", "stop"}}) {
        const auto failure = failure_for(words);
        EXPECT_EQ(failure.code, ExitCode::usage);
        EXPECT_TRUE(failure.message.starts_with("cannot ")) << failure.message;
        EXPECT_FALSE(failure.hint.empty()) << failure.message;
    }
    EXPECT_NE(failure_for({"stop"}).message.find("--all"), std::string::npos);
}

TEST(Parse, HelpIsGivenWhateverElseIsMissing) {
    EXPECT_TRUE(parse({"--help"}));
    EXPECT_TRUE(parse({"start", "-h"}));
    EXPECT_EQ(parse({"start", "-h"})->command->name, "start");
}

TEST(Duration, IsReadAsPeopleWriteIt) {
    EXPECT_EQ(parse_duration("20s"), milliseconds{20'000});
    EXPECT_EQ(parse_duration("1m30s"), milliseconds{90'000});
    EXPECT_EQ(parse_duration("1min"), milliseconds{60'000});
    EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
    EXPECT_EQ(parse_duration("1.5"), milliseconds{1'500});
    EXPECT_EQ(parse_duration("2h 5m"), milliseconds{7'500'000});
    EXPECT_EQ(parse_duration("0"), milliseconds{0});
    for (const auto* wrong : {"", "s", "5x", "-5s", "5 ", "1e3s", "inf", "nan", "99999d", "5s3"}) {
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    }
}

TEST(Duration, IsWrittenWithTwoFiguresThatMatter) {
    EXPECT_EQ(format_duration(milliseconds{340}), "340ms");
    EXPECT_EQ(format_duration(milliseconds{5'250}), "5.2s");
    EXPECT_EQ(format_duration(milliseconds{59'999}), "59.9s");
    EXPECT_EQ(format_duration(milliseconds{192'000}), "3m 12s");
    EXPECT_EQ(format_duration(milliseconds{4 * 3'600'000 + 5 * 60'000}), "4h 05m");
    EXPECT_EQ(format_duration(milliseconds{(12 * 24 + 3) * 3'600'000LL}), "12d 3h");
    EXPECT_EQ(format_duration(milliseconds{-5}), "0ms");
    EXPECT_EQ(format_bytes(512), "512 B");
    EXPECT_EQ(format_bytes(12'345'678), "12.3 MB");
    EXPECT_EQ(format_bytes(999'999), "1.0 MB");
    EXPECT_EQ(format_seconds(milliseconds{500}), "0.5");
    EXPECT_EQ(since_parameter("10m"), "600");
    EXPECT_EQ(since_parameter("2026-11-23T21:49:35Z"), "2026-11-23T21:49:35Z");
    EXPECT_TRUE(since_parameter("yesterday"));
    EXPECT_FALSE(since_parameter("tomorrow"));
}

struct Place {
    unsigned uid = 0;
    std::map<std::string, std::string> variables;
    std::string existing;

    std::string of(const Words& words) const {
        const auto parsed = parse(words);
        if (!parsed) return "";
        return socket_path(*parsed, {uid,
                                     [this](const char* name) {
                                         const auto found = variables.find(name);
                                         return found == variables.end() ? "" : found->second;
                                     },
                                     [this](const std::string& path) { return path == existing; }});
    }
};

TEST(SocketPath, TheCommandLineWinsOverTheEnvironmentAndThatOverDefaults) {
    const Place place{1000, {{"SUPERD_RUNTIME_DIR", "/e"}, {"XDG_RUNTIME_DIR", "/x"}}, ""};
    EXPECT_EQ(place.of({"list", "--socket", "/s", "--runtime-dir", "/r"}), "/s");
    EXPECT_EQ(place.of({"list", "--runtime-dir", "/r"}), "/r/control.sock");
    EXPECT_EQ(place.of({"list"}), "/e/control.sock");
}

TEST(SocketPath, AUsersOwnIsPreferredIfItExists) {
    EXPECT_EQ((Place{0, {{"XDG_RUNTIME_DIR", "/x"}}, "/x/superd/control.sock"}.of({"list"})),
              "/run/superd/control.sock");
    EXPECT_EQ((Place{1000, {{"XDG_RUNTIME_DIR", "/x"}}, "/x/superd/control.sock"}.of({"list"})),
              "/x/superd/control.sock");
    EXPECT_EQ((Place{1000, {{"XDG_RUNTIME_DIR", "/x"}}, ""}.of({"list"})),
              "/run/superd/control.sock");
    EXPECT_EQ((Place{1000, {}, "/tmp/superd-1000/control.sock"}.of({"list"})),
              "/tmp/superd-1000/control.sock");
}

TEST(BusAddress, IsThatOfTheSystemOrOfTheSession) {
    std::map<std::string, std::string> variables;
    const auto of = [&](const Words& words) {
        return bus_address(*parse(words),
                           {7, [&](const char* name) { return variables[name]; }, {}});
    };
    EXPECT_EQ(of({"list"}), "");
    EXPECT_EQ(of({"--bus", "list"}), "unix:path=/run/dbus/system_bus_socket");
    EXPECT_EQ(of({"list", "--bus", "--user"}), "unix:path=/run/user/7/bus");
    variables = {{"XDG_RUNTIME_DIR", "/x"}, {"DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/s"}};
    EXPECT_EQ(of({"--bus", "list"}), "unix:path=/s");
    EXPECT_EQ(of({"--bus", "--user", "list"}), "unix:path=/x/bus");
    EXPECT_EQ(failure_for({"list", "--user"}).message, "cannot use --user: it goes with --bus");
}

TEST(Parse, ScaleTakesNumbersAsOthersWriteThem) {
    EXPECT_EQ(parse({"scale", "web=4", "db=+1"})->arguments, (Words{"web=4", "db=+1"}));
    EXPECT_EQ(parse({"scale", "web", "4"})->arguments, Words{"web=4"});
    EXPECT_EQ(parse({"scale", "web", "-1"})->arguments, Words{"web=-1"});
    EXPECT_EQ(parse({"scale", "web", "cores", "db", "2"})->arguments, (Words{"web=cores", "db=2"}));
    EXPECT_EQ(parse({"scale", "--timeout", "5s", "web", "3"})->arguments, Words{"web=3"});
    EXPECT_EQ(parse({"scale", "--reset", "web"})->arguments, Words{"web"});
    EXPECT_EQ(failure_for({"scale"}).message, "cannot do \"scale\": no unit is named");
    EXPECT_EQ(failure_for({"scale", "web"}).message,
              "cannot do \"scale\": no number of instances is given for web");
    EXPECT_EQ(failure_for({"scale", "web=many"}).message,
              "cannot do \"scale\": \"many\" is no number of instances");
    EXPECT_EQ(failure_for({"scale", "--reset", "web=2"}).message,
              "cannot do \"scale\": a number and --reset are both given: web=2");
}

}  // namespace
}  // namespace superctl
