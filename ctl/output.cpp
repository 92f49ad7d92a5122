#include "ctl/output.hpp"

#include <sys/ioctl.h>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace superctl {

namespace {

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

std::string describe(const Failure& failure) {
    std::string out = "superctl: " + printable(failure.message) + "\n";
    if (!failure.hint.empty()) out += "  " + printable(failure.hint) + "\n";
    return out;
}

bool print(std::string_view text) { return write_all(STDOUT_FILENO, text); }

void complain(std::string_view text) { write_all(STDERR_FILENO, text); }

ExitCode complain(const Failure& failure) {
    complain(describe(failure));
    return failure.code;
}

std::string Style::wrap(std::string_view code, std::string_view text) const {
    if (!colored_ || text.empty()) return std::string{text};
    return "\x1b[" + std::string{code} + "m" + std::string{text} + "\x1b[0m";
}

std::string Style::state(std::string_view state, std::string_view text) const {
    if (state == "ready" || state == "completed" || state == "done") return wrap("32", text);
    if (state == "failed" || state == "backoff") return wrap("31", text);
    if (state == "inactive") return wrap("2", text);
    return wrap("33", text);
}

Style style_for(const Invocation& invocation) {
    const auto when = invocation.value("--color");
    if (when == "always") return Style{true};
    if (when == "never") return Style{false};
    const char* const no_color = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    const bool dumb = terminal != nullptr && std::string_view{terminal} == "dumb";
    const bool wanted = (no_color == nullptr || *no_color == '\0') && !dumb;
    return Style{wanted && ::isatty(STDOUT_FILENO) == 1};
}

unsigned terminal_width() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++columns;
    }
    return columns;
}

std::string printable(std::string_view text) {
    std::string out{text};
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto c = static_cast<unsigned char>(out[i]);
        if (c == '\t') {
            out[i] = ' ';
        } else if (c < 0x20 || c == 0x7F) {
            out[i] = '?';
        } else if (c == 0xC2 && i + 1 < out.size() &&
                   static_cast<unsigned char>(out[i + 1]) < 0xA0) {
            out[i + 1] = '\xBF';  // U+0080 to U+009F control terminals too.
        }
    }
    return out;
}

}  // namespace superctl
