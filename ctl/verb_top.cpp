#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/top.hpp"
#include "ctl/verbs.hpp"

#include <sys/ioctl.h>

#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <expected>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

using std::chrono::milliseconds;

std::chrono::nanoseconds now() { return std::chrono::steady_clock::now().time_since_epoch(); }

std::expected<std::vector<TopRow>, Failure> look(const Invocation& invocation, Top& top) {
    ClientRequest request;
    request.target = target_with_units("/v1/status", "usage=true", invocation.arguments);
    const auto answer = ask(invocation, request);
    if (!answer) return std::unexpected{answer.error()};
    try {
        return top.take(superd::wire::parse_status(answer->body), now());
    } catch (const boost::system::system_error& error) {
        return std::unexpected{strange_answer(error)};
    }
}

volatile sig_atomic_t ended = 0;
void end(int) { ended = 1; }

// The terminal while it is ours: a screen of its own, keys as they are typed.
class Screen {
public:
    Screen() {
        struct sigaction action{};
        action.sa_handler = end;
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
        keys_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (keys_) {
            termios raw = before_;
            raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
            ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        }
        print("\033[?1049h\033[?25l");
    }
    ~Screen() {
        print("\033[?25h\033[?1049l");
        if (keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    // In place of what was there. False: nobody looks any more.
    bool show(const std::string& text) const {
        std::string out = "\033[H";
        for (const char c : text) {
            if (c == '\n') out += "\033[K\r";
            out += c;
        }
        return print(out + "\033[J");
    }
    static std::size_t lines() {
        winsize size{};
        if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return 24;
        return size.ws_row - 1u;
    }
    // True: somebody has pressed q.
    bool wait(milliseconds time) const {
        pollfd input{keys_ ? STDIN_FILENO : -1, POLLIN, 0};
        if (::poll(&input, 1, static_cast<int>(time.count())) <= 0) return false;
        char key = 0;
        return ::read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q';
    }

private:
    termios before_{};
    bool keys_ = false;
};

ExitCode show_once(const Invocation& invocation, milliseconds delay) {
    Top top;
    auto rows = look(invocation, top);
    if (!rows) return complain(rows.error());
    ::poll(nullptr, 0, static_cast<int>(delay.count()));
    rows = look(invocation, top);
    if (!rows) return complain(rows.error());
    print(invocation.has("--json") ? top_as_json(*rows)
                                   : render_top(*rows, style_for(invocation), 0, 0));
    return ExitCode::ok;
}

}  // namespace

ExitCode run_top(const Invocation& invocation) {
    constexpr milliseconds delay_default{1000}, delay_max{3'600'000};
    const auto given = parse_duration(invocation.value("--delay")).value_or(delay_default);
    const auto delay = std::clamp(given, milliseconds{50}, delay_max);
    const bool once =
        invocation.has("--once") || invocation.has("--json") || ::isatty(STDOUT_FILENO) == 0;
    if (once) return show_once(invocation, delay);
    Top top;
    auto rows = look(invocation, top);
    if (!rows) return complain(rows.error());
    {
        const Screen screen;
        auto text = render_top(*rows, style_for(invocation), Screen::lines(), terminal_width());
        while (ended == 0 && screen.show(text) && !screen.wait(delay)) {
            rows = look(invocation, top);
            if (!rows) break;
            text = render_top(*rows, style_for(invocation), Screen::lines(), terminal_width());
        }
    }
    return rows ? ExitCode::ok : complain(rows.error());
}

}  // namespace superctl
