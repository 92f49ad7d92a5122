#include "ctl/duration.hpp"
#include "ctl/moment.hpp"
#include "ctl/output.hpp"
#include "ctl/render.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"
#include "wire/event.hpp"
#include "wire/time.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

namespace superctl {

namespace {

namespace wire = superd::wire;

std::string parameters(const Invocation& invocation) {
    std::string out;
    if (const auto since = since_parameter(invocation.value("--since"))) {
        out = "since=" + percent_encode(*since);
    }
    if (invocation.has("--follow")) out += out.empty() ? "follow=true" : "&follow=true";
    return out;
}

std::int64_t now_ns() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::chrono::milliseconds left_until(std::int64_t moment_ns) {
    const std::chrono::nanoseconds left{std::max<std::int64_t>(moment_ns - now_ns(), 0)};
    return std::chrono::ceil<std::chrono::milliseconds>(left);
}

// What of the events is shown.
struct Filter {
    std::vector<wire::EventKind> kinds;  // Empty: all.
    std::optional<std::int64_t> until_ns;

    bool all() const { return kinds.empty() && !until_ns; }
    bool takes(std::string_view line) const {
        if (all()) return true;
        const auto event = wire::parse_event(line);
        if (!event) return false;
        if (until_ns && wire::parse_time(event->time).value_or(0) > *until_ns) return false;
        return kinds.empty() || std::ranges::find(kinds, event->kind) != kinds.end();
    }
};

std::optional<wire::EventKind> kind_named(std::string_view name) {
    for (int each = 0; each <= static_cast<int>(wire::EventKind::superd); ++each) {
        const auto kind = static_cast<wire::EventKind>(each);
        if (wire::to_string(kind) == name) return kind;
    }
    return {};
}

std::expected<Filter, Failure> filter_of(const Invocation& invocation) {
    Filter filter;
    if (invocation.has("--until")) {
        filter.until_ns = parse_moment(invocation.value("--until"), now_ns());
        if (invocation.has("--follow") && filter.until_ns.value_or(0) <= now_ns()) {
            return std::unexpected{
                Failure{ExitCode::usage, "cannot use --follow with --until: that is over already",
                        "leave out --follow, or give a moment that is still to come"}};
        }
    }
    auto names = invocation.value("--type");
    while (!names.empty()) {
        const auto name = names.substr(0, names.find(','));
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        const auto kind = kind_named(name);
        if (!kind) {
            return std::unexpected{
                Failure{ExitCode::usage,
                        "cannot use --type " + std::string{name} + ": there is no such type",
                        "`superctl events --help` lists all types"}};
        }
        filter.kinds.push_back(*kind);
    }
    return filter;
}

// Takes the whole lines off the front of `body`, as they are printed.
std::string take_lines(std::string& body, const Filter& filter, bool json) {
    const auto end = body.rfind('\n');
    if (end == body.npos) return {};
    auto lines = body.substr(0, end + 1);
    body.erase(0, end + 1);
    if (json && filter.all()) return lines;
    std::string out;
    for (std::size_t begin = 0; begin < lines.size();) {
        const auto stop = lines.find('\n', begin);
        const auto line = lines.substr(begin, stop - begin);
        if (filter.takes(line)) out += json ? line + "\n" : render_event(line);
        begin = stop + 1;
    }
    return out;
}

}  // namespace

ExitCode run_events(const Invocation& invocation) {
    const auto filter = filter_of(invocation);
    if (!filter) return complain(filter.error());
    ClientRequest request;
    request.target = target_with_units("/v1/events", parameters(invocation), invocation.arguments);
    const bool ends = invocation.has("--follow") && filter->until_ns;
    if (invocation.has("--follow")) {
        request.patience.reset();
        request.printed = true;
    }
    if (ends) request.within = left_until(*filter->until_ns);
    const bool json = invocation.has("--json");
    const auto answer = ask(invocation, request, {}, [&](std::string& body) {
        if (!print(take_lines(body, *filter, json))) {
            std::exit(static_cast<int>(after_output(ExitCode::ok)));
        }
    });
    const bool over = !answer && ends && answer.error().code == ExitCode::timeout;
    return answer || over ? ExitCode::ok : complain(answer.error());
}

}  // namespace superctl
