#include "supervisor/template_process.hpp"

#include "os/message.hpp"
#include "os/socket.hpp"

#include <sys/mman.h>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <tuple>
#include <utility>
#include <vector>

namespace superd::supervisor {
namespace {

constexpr std::size_t pid_width = 10;

template <class Number>
bool read_number(std::string_view text, Number& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
}

// The note's lines: unit, mark, pid, whether it is ready.
std::optional<TemplateProcess::Identity> read_note(const os::Fd& note) {
    std::array<char, 1024> text{};
    const ssize_t size = ::pread(note.get(), text.data(), text.size(), 0);
    std::vector<std::string_view> lines;
    std::string_view rest{text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        lines.push_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    TemplateProcess::Identity identity;
    int ready = 0;
    if (lines.size() != 4 || !read_number(lines[2], identity.pid) ||
        !read_number(lines[3], ready)) {
        return std::nullopt;
    }
    identity.unit = lines[0];
    identity.mark = lines[1];
    identity.ready = ready != 0;
    return identity;
}

}  // namespace

TemplateProcess::TemplateProcess(const boost::asio::any_io_executor& executor, KeeperLink& link,
                                 Identity identity)
    : link_{link}, identity_{std::move(identity)}, socket_{executor} {}

std::string TemplateProcess::held_name() const {
    return std::string{held_prefix} + std::to_string(identity_.number);
}

Result<std::unique_ptr<TemplateProcess>> TemplateProcess::make(
    const boost::asio::any_io_executor& executor, KeeperLink& link, Identity identity,
    os::Fd& far) {
    auto pair = os::packet_pair();
    if (!pair) return std::unexpected{std::move(pair.error())};
    auto made = std::make_unique<TemplateProcess>(executor, link, std::move(identity));
    made->note_ = os::Fd{::memfd_create("superd-template", MFD_CLOEXEC)};
    if (!made->note_) {
        const int error = errno;
        return fail_errno(error, "make a file in memory");
    }
    made->write_note();
    link.hold(made->held_name(), std::array{pair->near.get(), made->note_.get()});
    made->socket_.assign(pair->near.release());
    far = std::move(pair->far);
    return made;
}

std::unique_ptr<TemplateProcess> TemplateProcess::adopt(
    const boost::asio::any_io_executor& executor, KeeperLink& link, const std::string& held) {
    core::RunId number = 0;
    if (!held.starts_with(held_prefix) ||
        !read_number(std::string_view{held}.substr(held_prefix.size()), number)) {
        return nullptr;
    }
    auto [socket, note] = link.fetch(held);
    auto identity = note ? read_note(note) : std::nullopt;
    if (!socket || !identity) return nullptr;
    identity->number = number;
    auto made = std::make_unique<TemplateProcess>(executor, link, std::move(*identity));
    made->socket_.assign(socket.release());
    made->note_ = std::move(note);
    return made;
}

// In one write of one length: a reader sees it as it was, or as it is.
void TemplateProcess::write_note() {
    std::string pid = std::to_string(identity_.pid);
    pid.insert(0, pid_width - std::min(pid_width, pid.size()), '0');
    const std::string text = identity_.unit + "\n" + identity_.mark + "\n" + pid + "\n" +
                             (identity_.ready ? "1" : "0") + "\n";
    std::ignore = ::pwrite(note_.get(), text.data(), text.size(), 0);
}

void TemplateProcess::started(pid_t pid) {
    identity_.pid = pid;
    write_note();
}

void TemplateProcess::became_ready() {
    identity_.ready = true;
    write_note();
}

bool TemplateProcess::ask(const ForkRequest& request, std::span<const int> descriptors) {
    const std::string text = serialize(request);
    if (closed() || text.size() > template_message_max ||
        descriptors.size() > os::message_descriptors_max) {
        return false;
    }
    const auto bytes = std::as_bytes(std::span{text});
    return os::send_message(socket_.native_handle(), bytes, descriptors).has_value();
}

std::optional<TemplateProcess::Heard> TemplateProcess::hear() {
    if (!readable({})) return std::nullopt;
    std::vector<char> text(template_message_max);
    std::array<os::Fd, 1> nothing;
    const auto received = os::receive_message(socket_.native_handle(),
                                              std::as_writable_bytes(std::span{text}), nothing);
    if (!received || received->bytes == 0) {
        deserted_ = received || received.error() != std::errc::resource_unavailable_try_again;
        return std::nullopt;
    }
    Heard heard{.answer = std::nullopt, .sender = received->sender};
    if (!received->truncated) heard.answer = parse_fork_answer({text.data(), received->bytes});
    return heard;
}

void TemplateProcess::notify(std::function<void()> callback) {
    if (closed() || deserted_) return;
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [callback = std::move(callback)](boost::system::error_code error) {
                           if (!error) callback();
                       });
}

bool TemplateProcess::readable(std::chrono::milliseconds patience) const {
    if (closed() || deserted_) return false;
    auto& socket = const_cast<boost::asio::posix::stream_descriptor&>(socket_);
    pollfd wanted{socket.native_handle(), POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

void TemplateProcess::close() {
    if (closed()) return;
    link_.release(held_name());
    boost::system::error_code ignored;
    socket_.close(ignored);
}

// All of its session: what the module has begun goes with it. Unreaped, the number is its own.
void TemplateProcess::kill() const {
    if (identity_.pid <= 0) return;
    ::kill(-identity_.pid, SIGKILL);
    ::kill(identity_.pid, SIGKILL);
}

}  // namespace superd::supervisor
