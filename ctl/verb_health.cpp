#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"
#include "wire/health.hpp"

#include <array>
#include <optional>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

constexpr std::chrono::milliseconds within_default = std::chrono::seconds{3};

// What is asked, or nothing where more than one thing is.
std::optional<std::string_view> probe_of(const Invocation& invocation) {
    constexpr std::array flags{"--liveness", "--readiness", "--startup"};
    std::string_view chosen;
    for (const std::string_view flag : flags) {
        if (!invocation.has(flag)) continue;
        if (!chosen.empty()) return {};
        chosen = flag.substr(2);
    }
    return chosen.empty() ? "readiness" : chosen;
}

}  // namespace

ExitCode run_health(const Invocation& invocation) {
    const auto probe = probe_of(invocation);
    if (!probe) {
        return complain(Failure{ExitCode::usage, "cannot ask for several probes at once",
                                "use one of --liveness, --readiness and --startup"});
    }
    ClientRequest request;
    request.target =
        target_with_units("/v1/health", "probe=" + std::string{*probe}, invocation.arguments);
    request.within = within_default;
    if (invocation.has("--timeout")) request.within = parse_duration(invocation.value("--timeout"));
    const auto answer = ask(invocation, request, {503});
    if (!answer) return complain(answer.error());
    superd::wire::Health health;
    try {
        health = superd::wire::parse_health(answer->body);
    } catch (const boost::system::system_error&) {
        return complain(failure_of(*answer));  // 503 of a server that is full.
    }
    if (invocation.has("--json")) {
        print(answer->body);
    } else {
        print((health.well ? "healthy: " : "not healthy: ") + printable(health.why) + "\n");
    }
    return health.well ? ExitCode::ok : ExitCode::failed;
}

}  // namespace superctl
