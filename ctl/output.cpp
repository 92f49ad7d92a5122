#include "ctl/output.hpp"

#include <sys/ioctl.h>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

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

// Of print, the first; 0: there was none. Verbs print in many places, and all of them end alike.
int& output_error() {
    static int error = 0;
    return error;
}

}  // namespace

std::string describe(const Failure& failure) {
    std::string out = "superctl: " + printable(failure.message) + "\n";
    if (!failure.hint.empty()) out += "  " + printable(failure.hint) + "\n";
    return out;
}

bool print(std::string_view text) {
    const bool written = write_all(STDOUT_FILENO, text);
    if (!written && output_error() == 0) output_error() = errno;
    return written;
}

ExitCode after_output(ExitCode code) {
    const int error = output_error();
    if (error == 0 || error == EPIPE) return code;
    const auto failed = complain(Failure{
        ExitCode::failed, "cannot write to standard output: " + std::string{std::strerror(error)},
        "what it prints is not complete"});
    return code == ExitCode::ok ? failed : code;
}

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
    return Style{wanted && stdout_is_terminal()};
}

unsigned terminal_width() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++columns;
    }
    return columns;
}

}  // namespace superctl
