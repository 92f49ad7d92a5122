// The kinds that connect: tcp, unix, http.
#include "supervisor/probe_address.hpp"
#include "tests/unit/supervisor/ready_fixture.hpp"

#include <sys/un.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;
using config::ReadyKind;

os::Fd connect_unix(const std::string& path) {
    os::Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    sockaddr_un address{.sun_family = AF_UNIX};
    std::strcpy(address.sun_path, path.c_str());
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return {};
    return fd;
}

os::Fd listen_unix(const std::string& path, int backlog) {
    os::Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{.sun_family = AF_UNIX};
    std::strcpy(address.sun_path, path.c_str());
    EXPECT_EQ(0, ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
    EXPECT_EQ(0, ::listen(fd.get(), backlog));
    return fd;
}

// Answers one connection after another, each with the next text, then closes it.
class Answers {
public:
    Answers(Port& port, std::vector<std::string> texts)
        : thread_{[this, &port, texts = std::move(texts)] {
              for (const std::string& text : texts) answer(port.accept(), text);
          }} {}
    ~Answers() { thread_.join(); }
    std::string request;  // The first; complete when the watch has called back.

private:
    void answer(os::Fd connection, const std::string& text) {
        std::string got;
        char bytes[1024];
        while (!got.contains("\r\n\r\n")) {
            const ssize_t size = ::recv(connection.get(), bytes, sizeof bytes, 0);
            if (size <= 0) return;
            got.append(bytes, static_cast<std::size_t>(size));
        }
        if (request.empty()) request = got;
        // Byte by byte: the answer may come in any pieces.
        for (const char byte : text) ::send(connection.get(), &byte, 1, MSG_NOSIGNAL);
    }

    std::thread thread_;
};

config::Ready http(std::uint16_t port) {
    return {.kind = ReadyKind::http, .port = port, .host = "127.0.0.1", .path = "/up"};
}

TEST_F(Readiness, TcpIsReadyWhenSomebodyListens) {
    Port port;
    watch(tcp("127.0.0.1", port.number()));
    const std::string name = "tcp 127.0.0.1:" + std::to_string(port.number());
    EXPECT_EQ(name + " not tried yet", watch_->progress());
    run_until_progress(" refused, 1 try");
    run_until_progress(name + " refused, 3 tries");
    port.listen();
    destroy_ = true;
    run_until_said();
    EXPECT_EQ(true, said_);
}

TEST_F(Readiness, TcpToLocalhostFindsEitherFamily) {
    Port v4;
    v4.listen();
    watch(tcp("localhost", v4.number()));
    run_until_said();
    EXPECT_EQ(true, said_);

    said_.reset();
    Port v6{AF_INET6};
    v6.listen();
    watch(tcp("localhost", v6.number()));
    run_until_said();
    EXPECT_EQ(true, said_);

    said_.reset();
    watch(tcp("::1", v6.number()));
    run_until_said();
    EXPECT_EQ(true, said_);
}

TEST_F(Readiness, FirstTriesAreFastThenAsTheUnitSays) {
    Port port;
    config::Ready ready = tcp("127.0.0.1", port.number());
    ready.every = 1h;
    const auto begin = std::chrono::steady_clock::now();
    watch(ready);
    run_until_progress("6 tries");
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took, 88ms) << "1 + 2 + 5 + 10 + 20 + 50";
    io_.run_for(200ms);
    EXPECT_TRUE(watch_->progress().ends_with("6 tries")) << watch_->progress();

    ready.every = 2ms;
    watch(ready);
    run_until_progress("40 tries");
}

TEST_F(Readiness, AHostThatIsNoLiteralIsSaidToBeNone) {
    watch(tcp("db.example", 5432));
    run_until_progress("tcp db.example:5432 is no address literal, 2 tries");
    expect_nothing_left();
}

TEST_F(Readiness, UnixTellsMissingRefusedFullAndReady) {
    const std::string path = scratch_ / "s";
    const config::Ready ready{.kind = ReadyKind::unix_socket, .path = path};
    watch(ready);
    run_until_progress("unix " + path + " does not exist, ");
    os::Fd listener = listen_unix(path, 0);
    std::vector<os::Fd> waiting;
    for (os::Fd fd = connect_unix(path); fd; fd = connect_unix(path)) {
        waiting.push_back(std::move(fd));
    }
    run_until_progress(" has a full backlog, ");
    listener.reset();
    run_until_progress(" refused, ");
    ::unlink(path.c_str());
    listener = listen_unix(path, 4);
    destroy_ = true;
    run_until_said();
    EXPECT_EQ(true, said_);
}

TEST_F(Readiness, UnixPathThatIsTooLongIsSaidToBeSo) {
    watch({.kind = ReadyKind::unix_socket, .path = "/" + std::string(107, 'x')});
    run_until_progress(" has a path longer than 107 bytes, ");
}

TEST_F(Readiness, HttpIsReadyWithASuccessAndTellsOtherAnswers) {
    Port port;
    port.listen();
    Answers answers{port,
                    {"HTTP/1.1 503 Busy\r\n\r\n", "", "SSH-2.0\r\n", "HTTP/1.1 302 Found\r\n\r\n"}};
    watch(http(port.number()));
    const std::string name = "http 127.0.0.1:" + std::to_string(port.number()) + "/up";
    run_until_progress(name + " answered 503, 1 try");
    run_until_progress(name + " closed the connection, 2 tries");
    run_until_progress(name + " answered something other than HTTP, 3 tries");
    destroy_ = true;
    run_until_said();
    EXPECT_EQ(true, said_);
    EXPECT_TRUE(answers.request.starts_with("GET /up HTTP/1.1\r\n")) << answers.request;
}

TEST_F(Readiness, HttpServerThatDripsIsGivenUpAtTheTrysDeadline) {
    Port port;
    port.listen();
    std::thread drip{[&] {
        const os::Fd connection = port.accept();
        // Ends when the probe hangs up.
        while (::send(connection.get(), "H", 1, MSG_NOSIGNAL) == 1)
            std::this_thread::sleep_for(20ms);
    }};
    const auto begin = std::chrono::steady_clock::now();
    config::Ready ready = http(port.number());
    ready.every = 1h;
    watch(ready);
    run_until_progress(" does not answer, 1 try");
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 1900ms);
    drip.join();
    expect_nothing_left();
}

TEST_F(Readiness, NothingIsLeftOfAProbeThatIsDestroyedAmidATry) {
    Port port;
    port.listen();
    watch(http(port.number()));
    os::Fd connection;
    std::thread accept{[&] { connection = port.accept(); }};
    run_until([&] {
        char byte = 0;
        return connection && ::recv(connection.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    });
    accept.join();
    expect_nothing_left();
    char bytes[1024];
    while (::recv(connection.get(), bytes, sizeof bytes, 0) > 0) {}  // Ends: it hung up.
    EXPECT_FALSE(said_);
}

TEST(ConnectedToItself, IsTrueOnlyOfAPortThatMetItself) {
    const os::Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(0, ::bind(fd.get(), raw, length));
    ASSERT_EQ(0, ::getsockname(fd.get(), raw, &length));
    ASSERT_EQ(0, ::connect(fd.get(), raw, length));
    EXPECT_TRUE(connected_to_itself(fd.get()));

    Port port;
    port.listen();
    address.sin_port = htons(port.number());
    const os::Fd honest{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(0, ::connect(honest.get(), raw, length));
    EXPECT_FALSE(connected_to_itself(honest.get()));
}

}  // namespace
}  // namespace superd::supervisor
