// A chat over plain TCP, on coroutines: try it with `nc 127.0.0.1 PORT`. The first line is a name,
// each further one is told to everybody in the same worker; so it wants workers = 1.
#include <deque>
#include <istream>
#include <memory>
#include <set>
#include <string>
#include <superd/service.hpp>

#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

namespace asio = superd::asio;
using asio::ip::tcp;

namespace {

// One who is there. Kept by its two coroutines, so that whichever ends last ends it.
struct Guest {
    Guest(tcp::socket socket_, std::string name_)
        : socket{std::move(socket_)}, name{std::move(name_)}, more{socket.get_executor()} {}

    // Wakes the coroutine that writes.
    void tell(const std::string& line) {
        if (lines.size() < backlog_max) lines.push_back(line);
        more.cancel();
    }
    void leave() {
        gone = true;
        boost::system::error_code ignored;
        socket.shutdown(tcp::socket::shutdown_both, ignored);
        more.cancel();
    }

    static constexpr std::size_t backlog_max = 1000;  // Lines that a slow reader may be behind.
    tcp::socket socket;
    std::string name;
    std::deque<std::string> lines;
    asio::steady_timer more;
    bool gone = false;
};

class Chat {
public:
    explicit Chat(superd::Context& context)
        : context_{context},
          welcome_{context.config().get("welcome", "Your name?") + "\n"},
          said_{context.metrics().counter("lines said")},
          there_{context.metrics().gauge("guests")},
          on_stop_{context.stop_token(), Farewell{*this}} {}

    asio::awaitable<void> connection(superd::Context&, tcp::socket socket) {
        asio::streambuf buffer{line_max};
        const auto welcome = asio::buffer(welcome_);
        co_await asio::async_write(socket, welcome, asio::use_awaitable);
        std::string name;
        {
            const superd::Idle idle{context_, socket, std::chrono::minutes{1}};
            co_await asio::async_read_until(socket, buffer, '\n', asio::use_awaitable);
            name = take_line(buffer);
        }
        if (name.empty() || context_.stopping()) co_return;
        const auto guest = std::make_shared<Guest>(std::move(socket), name);
        enter(guest);
        context_.spawn("tell " + name, [this, guest] { return write(guest); });
        const auto token = asio::as_tuple(asio::use_awaitable);
        while (!guest->gone) {
            const auto [error, count] =
                co_await asio::async_read_until(guest->socket, buffer, '\n', token);
            if (error) break;
            said_.add();
            tell_all(guest->name + ": " + take_line(buffer) + "\n");
        }
        leave(guest);
    }

private:
    static constexpr std::size_t line_max = 4096;

    struct Farewell {
        Chat& chat;
        void operator()() const {
            chat.tell_all("* the server is restarted: come again\n");
            const auto guests = chat.guests_;
            for (const auto& guest : guests) guest->gone = true, guest->more.cancel();
        }
    };

    static std::string take_line(asio::streambuf& buffer) {
        std::istream stream{&buffer};
        std::string line;
        std::getline(stream, line);
        if (line.ends_with('\r')) line.pop_back();
        return line;
    }

    // What others say goes to a guest from a coroutine of its own: a slow reader delays nobody.
    asio::awaitable<void> write(std::shared_ptr<Guest> guest) {
        const auto token = asio::as_tuple(asio::use_awaitable);
        for (;;) {
            if (guest->lines.empty()) {
                if (guest->gone) break;
                guest->more.expires_after(std::chrono::hours{24});
                co_await guest->more.async_wait(token);
                continue;
            }
            const std::string line = std::move(guest->lines.front());
            guest->lines.pop_front();
            const auto bytes = asio::buffer(line);
            const auto [error, count] = co_await asio::async_write(guest->socket, bytes, token);
            if (error) break;
        }
        guest->leave();
    }

    void enter(const std::shared_ptr<Guest>& guest) {
        tell_all("* " + guest->name + " is here\n");
        guests_.insert(guest);
        there_.set(static_cast<double>(guests_.size()));
    }
    void leave(const std::shared_ptr<Guest>& guest) {
        guest->leave();
        guests_.erase(guest);
        there_.set(static_cast<double>(guests_.size()));
        tell_all("* " + guest->name + " has left\n");
    }
    void tell_all(const std::string& line) {
        for (const auto& guest : guests_) guest->tell(line);
    }

    superd::Context& context_;
    std::string welcome_;
    superd::Counter said_;
    superd::Gauge there_;
    std::set<std::shared_ptr<Guest>> guests_;
    std::stop_callback<Farewell> on_stop_;
};

}  // namespace

SUPERD_SERVICE(Chat)
