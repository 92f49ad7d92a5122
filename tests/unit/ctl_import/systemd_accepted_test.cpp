// What is made of any service, socket and timer is a unit that superd takes, however strange the
// values are; only that this machine lacks an account or a file is no mistake of the import's.
#include "imported.hpp"

#include <array>
#include <cstdlib>
#include <random>
#include <span>
#include <sstream>

namespace superctl::importing {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 24> times{
    "0",    "1",    "5min 20s", "90",    "infinity", "1us",       "1ms", "10ms",
    "36h",  "400d", "2y",       "-1",    "1h",       "0.0000001", "9e9", "0 0s",
    "soon", "1M",   "60s",      "999ms", "3w",       "7 days",    "1d",  "0ms"};
constexpr std::array<std::string_view, 20> numbers{
    "0",          "1",  "2",     "3",    "64",   "65",   "128", "255",   "256",   "1000000",
    "9999999999", "-1", "-1000", "1000", "many", "0x10", "1.5", "10001", "65536", "5:6"};
constexpr std::array<std::string_view, 16> sizes{
    "0",         "1",  "4K",   "512M",     "1.5G",
    "2T",        "9E", "16E",  "infinity", "50%",
    "big",       "1B", "0.1K", "-5",       "8388608:16777216",
    "infinity:5"};
constexpr std::array<std::string_view, 10> shares{"0%",      "1%", "12.5%",     "150%", "0.001%",
                                                  "100000%", "50", "99999999%", "x%",   "-5%"};
constexpr std::array<std::string_view, 8> truths{"yes",   "no",   "1",   "0",
                                                 "maybe", "tree", "all", "exec"};
constexpr std::array<std::string_view, 12> modes{
    "0", "7", "22", "022", "0022", "00022", "1022", "2755", "8", "0777", "u=rw", "77777777777"};
constexpr std::array<std::string_view, 14> exits{
    "0",       "1 2 3", "256",        "SIGTERM", "TEMPFAIL 250 SIGUSR1", "SIGRTMIN+3", "SIGKILL 9",
    "SIGNONE", "-1",    "143 SIGHUP", "15 TERM", "SIGRTMAX-20",          "CONFIG 78",  "0 SIGPIPE"};
constexpr std::array<std::string_view, 12> signals{"SIGTERM", "TERM",    "15",         "9",
                                                   "SIGKILL", "SIGSTOP", "SIGRTMIN+3", "RTMAX-2",
                                                   "64",      "SIGNONE", "0",          "SIGWINCH"};
constexpr std::array<std::string_view, 22> commands{"/bin/true",
                                                    "-/bin/false a 'b c'",
                                                    "/bin/echo ${A} $B \"$C\" %n %% %i %Z",
                                                    "+/bin/x ; /bin/y",
                                                    "!!/bin/x",
                                                    "@/bin/x y z",
                                                    ":/bin/x ${A}",
                                                    "x",
                                                    "\"open",
                                                    "/bin/kill -HUP $MAINPID",
                                                    "/bin/x $$ ${",
                                                    "/bin/x \\x41\\n\\q",
                                                    "/bin/x \xff\xfe",
                                                    "/bin/\x01 \x7f",
                                                    "/bin/x 'it''s' ''",
                                                    "${A}",
                                                    "$A /bin/x",
                                                    "-",
                                                    "\"\" x",
                                                    "bin/x y",
                                                    "\"\" ; ${A}",
                                                    "/bin/x ; \"\""};
constexpr std::array<std::string_view, 16> words{
    "root",  "nobody-there", "0",   "99999999999",     "a b", "%i",        "/",     "/tmp",
    "-/tmp", "relative",     "A=1", "A=1 \"B=x y\" C", "-/x", "a.service", "/x\"y", "\xc3\xa4"};
constexpr std::array<std::string_view, 16> kinds{
    "simple", "exec",       "forking",    "oneshot",     "notify", "notify-reload", "dbus", "idle",
    "always", "on-failure", "on-success", "on-abnormal", "no",     "mixed",         "none", "kill"};
constexpr std::array<std::string_view, 16> addresses{
    "80",        "0",       "65536",        "1.2.3.4:80", "[::1]:80", "[::]:0",       "/run/x.sock",
    "@abstract", "1.2.3:4", "999.1.1.1:80", "[zz]:1",     "vsock::1", "/run/%i.sock", "/run/a b",
    "[:]:5",     "/"};
constexpr std::array<std::string_view, 22> calendars{
    "daily",          "hourly UTC",     "monthly",      "Mon..Fri 12:30", "Sat..Mon 1:00",
    "Mon,Mon 1:00",   "*:0/5",          "*-*-1,1 1:00", "*-*-31 4:00",    "*-*-0/2 1:00",
    "*-*-* 24:00",    "*-*-* 23:59:59", "*:0/1",        "0/2:00",         "*:*",
    "Fri *-*-1 1:00", "weekly Z",       "Sunday",       "10:00:00.5",     "*-*-* *:00:30",
    "2026-1-1",       "8..10:00"};

struct Key {
    std::string_view name;
    Words values;
};

constexpr std::array service_keys{Key{"Type", kinds},
                                  Key{"Restart", kinds},
                                  Key{"KillMode", kinds},
                                  Key{"OOMPolicy", kinds},
                                  Key{"NotifyAccess", truths},
                                  Key{"RemainAfterExit", truths},
                                  Key{"RestartSec", times},
                                  Key{"RestartMaxDelaySec", times},
                                  Key{"TimeoutSec", times},
                                  Key{"TimeoutStartSec", times},
                                  Key{"TimeoutStopSec", times},
                                  Key{"WatchdogSec", times},
                                  Key{"StartLimitInterval", times},
                                  Key{"StartLimitBurst", numbers},
                                  Key{"SuccessExitStatus", exits},
                                  Key{"RestartPreventExitStatus", exits},
                                  Key{"RestartForceExitStatus", exits},
                                  Key{"KillSignal", signals},
                                  Key{"WatchdogSignal", signals},
                                  Key{"UMask", modes},
                                  Key{"ExecStart", commands},
                                  Key{"ExecStartPre", commands},
                                  Key{"ExecStartPost", commands},
                                  Key{"ExecStop", commands},
                                  Key{"ExecStopPost", commands},
                                  Key{"ExecReload", commands},
                                  Key{"User", words},
                                  Key{"Group", words},
                                  Key{"WorkingDirectory", words},
                                  Key{"Environment", words},
                                  Key{"EnvironmentFile", words},
                                  Key{"PassEnvironment", words},
                                  Key{"FileDescriptorStoreMax", numbers},
                                  Key{"MemoryMax", sizes},
                                  Key{"MemoryHigh", sizes},
                                  Key{"MemorySwapMax", sizes},
                                  Key{"CPUQuota", shares},
                                  Key{"CPUWeight", numbers},
                                  Key{"IOWeight", numbers},
                                  Key{"TasksMax", numbers},
                                  Key{"OOMScoreAdjust", numbers},
                                  Key{"LimitNOFILE", numbers},
                                  Key{"LimitCORE", sizes},
                                  Key{"LimitSTACK", sizes},
                                  Key{"LimitNPROC", numbers},
                                  Key{"LimitMEMLOCK", sizes}};
constexpr std::array unit_keys{Key{"Description", words}, Key{"Requires", words},
                               Key{"After", words}, Key{"StartLimitBurst", numbers},
                               Key{"StartLimitIntervalSec", times}};
constexpr std::array socket_keys{Key{"ListenStream", addresses},  Key{"ListenDatagram", addresses},
                                 Key{"SocketMode", modes},        Key{"SocketUser", words},
                                 Key{"SocketGroup", words},       Key{"Backlog", numbers},
                                 Key{"NoDelay", truths},          Key{"ReusePort", truths},
                                 Key{"FileDescriptorName", words}};
constexpr std::array timer_keys{Key{"OnCalendar", calendars}, Key{"OnUnitActiveSec", times},
                                Key{"OnBootSec", times}, Key{"RandomizedDelaySec", times},
                                Key{"Persistent", truths}};

class Machine {
public:
    explicit Machine(unsigned seed) : random_{seed} {}

    std::vector<InputFile> any_files() {
        std::vector<InputFile> files{file(
            "/x/web.service", section("Unit", unit_keys, 2) + section("Service", service_keys, 9) +
                                  (chance(2) ? "ExecStart=/bin/true\n" : "") +
                                  (chance(2) ? "[Install]\nWantedBy=multi-user.target\n" : ""))};
        if (chance(3)) files.push_back(file("/x/web.socket", section("Socket", socket_keys, 5)));
        if (chance(4)) files.push_back(file("/x/web.timer", section("Timer", timer_keys, 3)));
        return files;
    }

private:
    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>{0, end - 1}(random_);
    }
    bool chance(std::size_t one_in) { return below(one_in) == 0; }

    std::string section(std::string_view name, std::span<const Key> keys, std::size_t count) {
        std::string text = "[" + std::string{name} + "]\n";
        for (auto left = 1 + below(count); left > 0; --left) {
            const Key& key = keys[below(keys.size())];
            text += std::string{key.name} + "=" + std::string{key.values[below(key.values.size())]};
            text += "\n";
        }
        return text;
    }

    std::mt19937 random_;
};

// But for what the machine lacks.
std::string mistakes_of(const Translation& all) {
    std::istringstream lines{wrong_for_superd(all)};
    std::string mistakes;
    for (std::string line; std::getline(lines, line);) {
        const bool lacking = line.contains("there is no such user") ||
                             line.contains("there is no such group") ||
                             line.contains("there is no such file");
        if (!lacking) mistakes += line + "\n";
    }
    return mistakes;
}

TEST(SystemdAccepted, WhateverIsImportedSuperdTakes) {
    constexpr int rounds = 2000;
    constexpr unsigned usual_seed = 7;
    const char* const given = std::getenv("SUPERD_SEED");
    const auto seed = given == nullptr ? usual_seed : static_cast<unsigned>(std::atoi(given));
    SCOPED_TRACE("SUPERD_SEED=" + std::to_string(seed));
    Machine machine{seed};
    for (int round = 0; round < rounds; ++round) {
        const auto files = machine.any_files();
        const auto all = translate(Format::systemd, files);
        const auto mistakes = mistakes_of(all);
        if (mistakes.empty()) continue;
        std::string text;
        for (const auto& each : files) text += each.path + ":\n" + each.text;
        for (const auto& unit : all.units) text += print_unit(unit, "test");
        EXPECT_EQ(mistakes, "") << text;
    }
}

}  // namespace
}  // namespace superctl::importing
