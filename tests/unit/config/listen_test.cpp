// [listen]: what is taken, what is refused and how.
#include "config/instance_text.hpp"
#include "config/listen_address.hpp"
#include "tests/unit/config/files.hpp"

namespace superd::config {
namespace {

constexpr std::string_view program = "exec = [\"/bin/true\"]\n";

std::string with(std::string_view text) { return std::string{program} + std::string{text}; }

TEST(Listen, ReadsAnAddressOrATable) {
    const auto unit = parsed_unit(with(R"(
env = { PORT = "8080" }
[listen]
http = "tcp://*:${PORT}"
admin = { address = "unix:/run/shop.sock", mode = "0600", backlog = 7, group = 0 }
dns = { address = "udp://[::1]:53", accept = "shared" }
)"));
    ASSERT_EQ(unit->listeners.size(), 3u);
    const auto& [admin, dns, http] =
        std::tie(unit->listeners[0], unit->listeners[1], unit->listeners[2]);
    EXPECT_EQ(admin.name, "admin");
    EXPECT_EQ(admin.address, "unix:/run/shop.sock");
    EXPECT_TRUE(admin.shared) << "a path has one socket";
    EXPECT_EQ(admin.mode, 0600u);
    EXPECT_EQ(admin.backlog, 7u);
    EXPECT_EQ(admin.gid, 0u);
    EXPECT_TRUE(dns.shared);
    EXPECT_EQ(http.address, "tcp://*:8080");
    EXPECT_FALSE(http.shared);
    EXPECT_TRUE(http.nodelay);
    EXPECT_EQ(http.at.line, 5u);
    EXPECT_EQ(http.column, 8u);
    EXPECT_TRUE(unit->spec.drains);
}

TEST(Listen, DefersWhatIsAcceptedWhenAsked) {
    const auto unit = parsed_unit(
        with("[listen]\na = { address = \"tcp://*:80\", deferred = true }\nb = \"tcp://*:81\""));
    ASSERT_EQ(unit->listeners.size(), 2u);
    EXPECT_TRUE(unit->listeners[0].deferred);
    EXPECT_FALSE(unit->listeners[1].deferred);
}

TEST(Listen, CostsUnitsWithoutItNothing) {
    const auto unit = parsed_unit(with(""));
    EXPECT_EQ(unit->listeners.capacity(), 0u);
    EXPECT_FALSE(unit->spec.drains);
}

TEST(Listen, TellsWhatIsWrong) {
    const auto expect = [](std::string_view line, std::string_view message) {
        EXPECT_EQ(mistakes(one_unit(with("[listen]\n" + std::string{line} + "\n"))),
                  "units/web.toml:" + std::string{message} + "\n");
    };
    constexpr std::string_view examples =
        "expected \"tcp://127.0.0.1:8080\", \"udp://127.0.0.1:8125\" or \"unix:/run/shop.sock\"";
    expect("a = \"tcp:80\"", "3:5: cannot use listen.a = \"tcp:80\": " + std::string{examples});
    expect("a = 80",
           "3:5: cannot use listen.a = 80: expected an address or "
           "{ address = \"...\" }, not an integer");
    expect("a = \"tcp://127.0.0.1\"",
           "3:5: cannot use listen.a = \"tcp://127.0.0.1\": the port is missing; write it after a "
           "colon");
    expect(
        "a = \"tcp://127.0.0.1:0\"",
        "3:5: cannot use listen.a = \"tcp://127.0.0.1:0\": expected a port from 1 to 65535 after "
        "the last colon");
    expect("a = \"tcp://::1:80\"",
           "3:5: cannot use listen.a = \"tcp://::1:80\": an IPv6 address stands in brackets: "
           "\"[::1]:80\"");
    expect("a = \"tcp://example.org:80\"",
           "3:5: cannot use listen.a = \"tcp://example.org:80\": expected an address such as "
           "127.0.0.1, [::1], localhost, or * for all; other names are not looked up");
    expect("a = \"unix:run/x\"",
           "3:5: cannot use listen.a = \"unix:run/x\": expected an absolute path after unix:, "
           "\"unix:/run/shop.sock\"");
    expect("\"a b\" = \"tcp://*:80\"",
           "3:1: cannot use listen.\"a b\": a listener's name has 1 to 64 letters, digits and - _ "
           "only");
    expect(
        "a = { adress = \"tcp://*:80\" }",
        "3:5: cannot use listen.a: address is missing; write address = \"tcp://127.0.0.1:8080\"\n"
        "units/web.toml:3:7: cannot use listen.a.adress: unknown key; expected address, accept, "
        "backlog, nodelay, deferred, mode, user or group");
    expect("a = { address = \"tcp://*:80\", backlog = 0 }",
           "3:41: cannot use listen.a.backlog = 0: expected a number from 1 to 1000000");
    expect(
        "a = { address = \"tcp://*:80\", accept = \"share\" }",
        "3:40: cannot use listen.a.accept = \"share\": expected reuseport or shared; did you mean "
        "\"shared\"?");
    expect("a = { address = \"tcp://*:80\", mode = \"0600\" }",
           "3:38: cannot use listen.a.mode = \"0600\": only a unix: socket has it");
    expect("a = { address = \"unix:/x\", nodelay = true }",
           "3:38: cannot use listen.a.nodelay = true: it means nothing for this address");
    expect("a = { address = \"udp://*:80\", deferred = true }",
           "3:42: cannot use listen.a.deferred = true: it means nothing for this address");
    expect("a = { address = \"unix:/x\", accept = \"reuseport\" }",
           "3:37: cannot use listen.a.accept = \"reuseport\": a unix: socket is always shared");
    expect("a = { address = \"unix:/x\", user = \"nobody-at-all\" }",
           "3:35: cannot use listen.a.user = \"nobody-at-all\": there is no such user");
    expect("a = \"tcp://*:655${INSTANCE}6\"\n[ready]\nfd = 3",
           "5:6: cannot use ready.fd = 3: that is listener a's number; write 4");
}

TEST(Listen, IsRefusedWhereNobodyServes) {
    EXPECT_EQ(mistakes(one_unit(with("type = \"oneshot\"\nlisten = { a = \"tcp://*:80\" }\n"))),
              "units/web.toml:3:10: cannot use listen: a oneshot serves nobody; leave it out\n");
}

TEST(Listen, IsReadForEveryInstance) {
    const auto unit = parsed_unit(with("instances = 3\nlisten = { a = \"tcp://*:8${INSTANCE}\" }"));
    ASSERT_EQ(unit->listeners.size(), 1u);
    EXPECT_EQ(for_instance(unit->listeners[0].address, 2), "tcp://*:82");
    EXPECT_FALSE(check_instance(*unit, 999).has_value());
    EXPECT_EQ(check_instance(*unit, 99999),
              "its listener a cannot be used for instance 99999: expected a port from 1 to 65535 "
              "after the last colon");
    const auto text =
        mistakes(one_unit(with("instances = 3\nlisten = { a = \"tcp://*:6553${INSTANCE}5\" }\n")));
    EXPECT_NE(text.find("for instance 0: expected a port"), text.npos) << text;
    const auto shared = mistakes(one_unit(
        with("listen = { a = { address = \"tcp://*:8${INSTANCE}\", accept = \"shared\" } }\n")));
    EXPECT_NE(shared.find("with ${INSTANCE} in its address there are several"), shared.npos);
}

TEST(Listen, RefusesTwoAtOneAddress) {
    const auto text = [](std::string_view one, std::string_view other) {
        return mistakes(
            {{{"units/a.toml", with("[listen]\nhttp = \"" + std::string{one} + "\"\n")},
              {"units/b.toml", with("[listen]\nmain = \"" + std::string{other} + "\"\n")}}});
    };
    EXPECT_EQ(text("tcp://127.0.0.1:80", "tcp://0.0.0.0:80"),
              "units/b.toml:3:8: cannot use listen.main: a listens there already "
              "(units/a.toml:3:8: listen.http)\n");
    EXPECT_NE(text("tcp://*:80", "tcp://[::1]:80"), "");
    EXPECT_NE(text("unix:/run/x", "unix:///run/x"), "");
    EXPECT_NE(text("tcp://localhost:80", "tcp://127.0.0.1:80"), "");
    EXPECT_EQ(text("tcp://127.0.0.1:80", "tcp://127.0.0.2:80"), "");
    EXPECT_EQ(text("tcp://0.0.0.0:80", "tcp://[::]:80"), "");
    EXPECT_EQ(text("tcp://0.0.0.0:80", "udp://0.0.0.0:80"), "");
    EXPECT_NE(text("tcp://*:80", "tcp://*:8${INSTANCE}"), "");
}

TEST(Listen, DiffersByListener) {
    const auto parse_one = [](std::string_view text) {
        auto parsed = parse(one_unit(with(text)));
        EXPECT_TRUE(parsed.has_value());
        return std::move(*parsed);
    };
    const auto before =
        parse_one("listen = { a = \"tcp://*:1\", b = \"tcp://*:2\", c = \"tcp://*:3\" }");
    const auto after = parse_one(
        "listen = { b = { address = \"tcp://*:2\", backlog = 5 }, "
        "c = { address = \"tcp://*:3\" }, d = \"tcp://*:4\" }");
    const auto changes = difference(before, after);
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].kind, ChangeKind::restart);
    EXPECT_EQ(changes[0].keys, (std::vector<std::string>{"listen.a", "listen.b", "listen.d"}));
}

}  // namespace
}  // namespace superd::config
