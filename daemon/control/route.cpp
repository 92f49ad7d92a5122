#include "control/route.hpp"

#include "base/nearest.hpp"
#include "control/body.hpp"
#include "control/query.hpp"

#include <algorithm>
#include <array>

namespace superd::control {

namespace {

using Routed = std::expected<Call, Refusal>;

template <class Plain>
Routed plain(const Query& query, const Request&) {
    if (auto error = query.unknown({})) return std::unexpected{std::move(*error)};
    return Plain{};
}

Routed status(const Query& query, const Request&) {
    auto error = query.unknown({"unit", "usage", "deaths"});
    StatusCall call{query.all("unit"), {}};
    if (!error) error = query.read("usage", call.detail.usage);
    if (!error) error = query.read("deaths", call.detail.deaths);
    if (error) return std::unexpected{std::move(*error)};
    return call;
}

Routed summary(const Query& query, const Request&) {
    if (auto error = query.unknown({"unit"})) return std::unexpected{std::move(*error)};
    return SummaryCall{query.all("unit")};
}

Routed graph(const Query& query, const Request&) {
    if (auto error = query.unknown({"unit"})) return std::unexpected{std::move(*error)};
    return GraphCall{query.all("unit")};
}

Routed why(const Query& query, const Request&) {
    if (auto error = query.unknown({"unit"})) return std::unexpected{std::move(*error)};
    return WhyCall{query.all("unit")};
}

Routed health(const Query& query, const Request&) {
    auto error = query.unknown({"probe", "unit"});
    std::string probe;
    if (!error) error = query.read("probe", probe, {"liveness", "readiness", "startup"});
    if (error) return std::unexpected{std::move(*error)};
    HealthCall call{core::parse_probe(probe), query.all("unit")};
    if (call.probe || call.units.empty()) return call;
    return std::unexpected{Refusal{400,
                                   {"bad-request", "cannot tell what is asked of the units",
                                    "give probe too: liveness, readiness or startup"},
                                   {}}};
}

Routed tasks(const Query& query, const Request&) {
    if (auto error = query.unknown({"unit"})) return std::unexpected{std::move(*error)};
    return TasksCall{query.all("unit")};
}

Routed threads(const Query& query, const Request&) {
    auto error = query.unknown({"unit", "sample"});
    ThreadsCall call{query.all("unit")};
    if (!error) error = query.read("sample", call.sample, sample_max);
    if (error) return std::unexpected{std::move(*error)};
    return call;
}

Routed events(const Query& query, const Request&) {
    auto error = query.unknown({"unit", "since", "follow"});
    EventsCall call;
    call.units = query.all("unit");
    if (!error) error = query.read("since", call.since);
    if (!error) error = query.read("follow", call.follow);
    if (error) return std::unexpected{std::move(*error)};
    return call;
}

Routed logs(const Query& query, const Request&) {
    auto error = query.unknown({"unit", "since", "follow", "lines", "stream", "json"});
    LogsCall call;
    call.units = query.all("unit");
    if (!error) error = query.read("since", call.since);
    if (!error) error = query.read("follow", call.follow);
    if (!error) error = query.read("lines", call.lines);
    if (!error) error = query.read("stream", call.stream, {"out", "err"});
    if (!error) error = query.read("json", call.json);
    if (error) return std::unexpected{std::move(*error)};
    return call;
}

template <supervisor::Action action>
Routed act(const Query& query, const Request& request) {
    if (auto error = query.unknown({})) return std::unexpected{std::move(*error)};
    auto call = read_act(request.body, action);
    if (!call) return std::unexpected{std::move(call.error())};
    return *std::move(call);
}

Routed apply(const Query& query, const Request&) {
    auto error = query.unknown({"rolling", "batch"});
    bool rolling = false;
    std::uint32_t batch = 0;
    if (!error) error = query.read("rolling", rolling);
    if (!error) error = query.read("batch", batch);
    if (error) return std::unexpected{std::move(*error)};
    auto checked =
        check_rolling(rolling, query.given("batch") ? std::optional{batch} : std::nullopt);
    if (!checked) return std::unexpected{std::move(checked.error())};
    return ApplyCall{*checked};
}

Routed scale(const Query& query, const Request& request) {
    if (auto error = query.unknown({})) return std::unexpected{std::move(*error)};
    auto call = read_scale(request.body);
    if (!call) return std::unexpected{std::move(call.error())};
    return *std::move(call);
}

template <bool on>
Routed enable(const Query& query, const Request& request) {
    if (auto error = query.unknown({})) return std::unexpected{std::move(*error)};
    auto call = read_enable(request.body, on);
    if (!call) return std::unexpected{std::move(call.error())};
    return *std::move(call);
}

Routed wait(const Query& query, const Request& request) {
    if (auto error = query.unknown({})) return std::unexpected{std::move(*error)};
    auto call = read_wait(request.body);
    if (!call) return std::unexpected{std::move(call.error())};
    return *std::move(call);
}

Routed signal(const Query& query, const Request& request) {
    if (auto error = query.unknown({})) return std::unexpected{std::move(*error)};
    auto call = read_signal(request.body);
    if (!call) return std::unexpected{std::move(call.error())};
    return *std::move(call);
}

struct Route {
    std::string_view method, path;
    Routed (*read)(const Query&, const Request&);
};

constexpr std::array routes{
    Route{"GET", "/v1/status", status},
    Route{"GET", "/v1/summary", summary},
    Route{"GET", "/v1/graph", graph},
    Route{"GET", "/v1/why", why},
    Route{"GET", "/v1/tasks", tasks},
    Route{"GET", "/v1/threads", threads},
    Route{"POST", "/v1/start", act<supervisor::Action::start>},
    Route{"POST", "/v1/stop", act<supervisor::Action::stop>},
    Route{"POST", "/v1/restart", act<supervisor::Action::restart>},
    Route{"POST", "/v1/reset", act<supervisor::Action::reset>},
    Route{"POST", "/v1/freeze", act<supervisor::Action::freeze>},
    Route{"POST", "/v1/thaw", act<supervisor::Action::thaw>},
    Route{"POST", "/v1/scale", scale},
    Route{"POST", "/v1/enable", enable<true>},
    Route{"POST", "/v1/disable", enable<false>},
    Route{"POST", "/v1/wait", wait},
    Route{"POST", "/v1/signal", signal},
    Route{"GET", "/v1/plan", plain<PlanCall>},
    Route{"POST", "/v1/reload", plain<ReloadCall>},
    Route{"POST", "/v1/apply", apply},
    Route{"POST", "/v1/upgrade", plain<UpgradeCall>},
    Route{"GET", "/v1/events", events},
    Route{"GET", "/v1/logs", logs},
    Route{"GET", "/v1/version", plain<VersionCall>},
    Route{"GET", "/v1/health", health},
};

Refusal unknown_path(std::string_view path) {
    std::array<std::string_view, routes.size()> known;
    std::ranges::transform(routes, known.begin(), &Route::path);
    const auto near = nearest(path, known);
    std::string hint = "daemon/control/openapi.yaml describes the API";
    if (near) hint = "did you mean " + std::string{*near} + "?";
    return {404, {"no-such-path", "cannot find " + std::string{path.substr(0, 100)}, hint}, {}};
}

}  // namespace

Routed route(const Request& request) {
    const auto query = Query::parse(request.target);
    if (!query) return std::unexpected{query.error()};
    const auto found = std::ranges::find(routes, query->path(), &Route::path);
    if (found == routes.end()) return std::unexpected{unknown_path(query->path())};
    if (found->method != request.method) {
        return std::unexpected{Refusal{
            405,
            {"bad-method", "cannot use " + request.method.substr(0, 20) + " on " + query->path(),
             "use " + std::string{found->method}},
            std::string{found->method}}};
    }
    return found->read(*query, request);
}

}  // namespace superd::control
