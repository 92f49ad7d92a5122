#include "control/route.hpp"

#include <gtest/gtest.h>

namespace superd::control {
namespace {

Request request(std::string method, std::string target, std::string body = {}) {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    return request;
}

template <class Wanted>
Wanted routed(const Request& what) {
    const auto call = route(what);
    if (!call) {
        ADD_FAILURE() << call.error().error.message;
        return {};
    }
    const auto* wanted = std::get_if<Wanted>(&*call);
    if (wanted == nullptr) {
        ADD_FAILURE() << "routed to call " << call->index();
        return {};
    }
    return *wanted;
}

Refusal refused(const Request& what) {
    const auto call = route(what);
    EXPECT_FALSE(call) << what.method << ' ' << what.target << ' ' << what.body;
    return call ? Refusal{} : call.error();
}

TEST(Route, SaysWhatIsWrongWithABody) {
    const auto message = [](std::string body) {
        return refused(request("POST", "/v1/stop", std::move(body))).error.message;
    };
    EXPECT_EQ(message("{"), "cannot read the body: incomplete JSON");
    EXPECT_EQ(message(R"({"units":"web"})"), "cannot read the body: a list of texts is expected");
    EXPECT_EQ(message(R"({"units":["web"],"units":["low"]})"),
              "cannot read the body: a member is there twice");
    EXPECT_EQ(message(R"({"units":["web"],"un\u0069ts":["low"]})"),
              "cannot read the body: a member is there twice");
    EXPECT_EQ(refused(request("POST", "/v1/scale", R"({"instances":{"a":1,"a":2}})")).error.message,
              "cannot read the body: a member is there twice");
    const auto call = routed<ActCall>(request("POST", "/v1/stop", R"({"units":["a:\":\\","b"]})"));
    EXPECT_EQ(call.units, (Selectors{"a:\":\\", "b"}));
}

TEST(Route, ReadsParameters) {
    const auto status =
        routed<StatusCall>(request("GET", "/v1/status?unit=web&unit=a%2A&usage=true"));
    EXPECT_EQ(status.units, (Selectors{"web", "a*"}));
    EXPECT_TRUE(status.detail.usage);

    const auto logs = routed<LogsCall>(request(
        "GET", "/v1/logs?unit=web&lines=5&follow&since=2026-11-23T21:49:35Z&stream=err&json=true"));
    EXPECT_EQ(logs.lines, 5u);
    EXPECT_TRUE(logs.follow && logs.json);
    EXPECT_EQ(logs.stream, "err");
    EXPECT_FALSE(logs.since->ago);
    EXPECT_EQ(logs.since->ns, 1'795'470'575'000'000'000);

    const auto events = routed<EventsCall>(request("GET", "/v1/events?since=1.5"));
    EXPECT_TRUE(events.since->ago);
    EXPECT_EQ(events.since->ns, 1'500'000'000);
    EXPECT_FALSE(events.follow);
    EXPECT_FALSE(routed<EventsCall>(request("GET", "/v1/events")).since);
}

TEST(Route, ReadsHowToRoll) {
    const auto plain = routed<ActCall>(request("POST", "/v1/restart", R"({"units":["web"]})"));
    EXPECT_FALSE(plain.rolling);
    const auto rolling =
        routed<ActCall>(request("POST", "/v1/restart", R"({"units":["web"],"rolling":true})"));
    EXPECT_EQ(rolling.rolling->batch, 0u);
    const auto two = routed<ActCall>(
        request("POST", "/v1/restart", R"({"units":["web"],"rolling":true,"batch":2})"));
    EXPECT_EQ(two.rolling->batch, 2u);
    EXPECT_FALSE(routed<ApplyCall>(request("POST", "/v1/apply")).rolling);
    EXPECT_EQ(routed<ApplyCall>(request("POST", "/v1/apply?rolling=true&batch=3")).rolling->batch,
              3u);
    for (const auto* body :
         {R"({"units":["web"],"batch":2})", R"({"units":["web"],"rolling":true,"batch":0})",
          R"({"units":["web"],"rolling":true,"batch":1025})"}) {
        EXPECT_EQ(refused(request("POST", "/v1/restart", body)).status, 400u) << body;
    }
    const auto stop = refused(request("POST", "/v1/stop", R"({"units":["web"],"rolling":true})"));
    EXPECT_EQ(stop.error.message, "cannot use the member \"rolling\"");
    EXPECT_EQ(refused(request("POST", "/v1/apply?batch=3")).status, 400u);
    const auto wait =
        routed<WaitCall>(request("POST", "/v1/wait", R"({"units":["web"],"until":"rolled"})"));
    EXPECT_EQ(wait.until, supervisor::Operations::Until::rolled);
}

TEST(Route, ReadsBodies) {
    const auto act = routed<ActCall>(
        request("POST", "/v1/restart", R"({"units":["web"],"wait":false,"timeout":0.5})"));
    EXPECT_EQ(act.action, supervisor::Action::restart);
    EXPECT_EQ(act.units, Selectors{"web"});
    EXPECT_FALSE(act.wait);
    EXPECT_EQ(act.timeout, std::chrono::milliseconds{500});

    const auto all = routed<ActCall>(request("POST", "/v1/stop", R"({"all":true})"));
    EXPECT_TRUE(all.units.empty());
    EXPECT_TRUE(all.wait);
    EXPECT_EQ(all.timeout, wait_default);

    const auto wait =
        routed<WaitCall>(request("POST", "/v1/wait", R"({"units":["web"],"until":"stopped"})"));
    EXPECT_EQ(wait.until, supervisor::Operations::Until::stopped);

    const auto signal = routed<SignalCall>(
        request("POST", "/v1/signal", R"({"units":["web"],"signal":"SIGHUP","tree":true})"));
    EXPECT_EQ(signal.number, 1);
    EXPECT_TRUE(signal.tree);
}

TEST(Route, ReachesEveryCall) {
    routed<SummaryCall>(request("GET", "/v1/summary"));
    routed<PlanCall>(request("GET", "/v1/plan"));
    routed<ReloadCall>(request("POST", "/v1/reload"));
    routed<ApplyCall>(request("POST", "/v1/apply"));
    routed<VersionCall>(request("GET", "/v1/version"));
    EXPECT_FALSE(routed<HealthCall>(request("GET", "/v1/health")).probe);
    EXPECT_EQ(routed<ActCall>(request("POST", "/v1/start", R"({"all":true})")).action,
              supervisor::Action::start);
    EXPECT_EQ(routed<ActCall>(request("POST", "/v1/reset", R"({"all":true})")).action,
              supervisor::Action::reset);
}

TEST(Route, HealthIsThatOfAProbe) {
    const auto call =
        routed<HealthCall>(request("GET", "/v1/health?probe=startup&unit=web&unit=@shop"));
    EXPECT_EQ(call.probe, core::Probe::startup);
    EXPECT_EQ(call.units, (Selectors{"web", "@shop"}));
    EXPECT_EQ(refused(request("GET", "/v1/health?probe=life")).status, 400u);
    EXPECT_EQ(refused(request("GET", "/v1/health?unit=web")).status, 400u);
    EXPECT_EQ(right_for(call), Right::read);
    EXPECT_EQ(right_for(HealthCall{}), Right::none);
}

TEST(Route, SuggestsThePathThatWasMeant) {
    const auto refusal = refused(request("GET", "/v1/staus"));
    EXPECT_EQ(refusal.status, 404u);
    EXPECT_EQ(refusal.error.hint, "did you mean /v1/status?");
    EXPECT_EQ(refused(request("GET", "/")).status, 404u);
}

TEST(Route, SaysWhichMethodIsAllowed) {
    const auto refusal = refused(request("GET", "/v1/start"));
    EXPECT_EQ(refusal.status, 405u);
    EXPECT_EQ(refusal.allow, "POST");
    EXPECT_EQ(refused(request("DELETE", "/v1/status")).allow, "GET");
}

TEST(Route, RefusesWhatIsNotUnderstood) {
    for (const auto* target :
         {"v1/status", "*", "/v1/status%", "/v1/status?unit=%4", "/v1/status?unit=%zz",
          "/v1/status?unit=%00", "/v1/status?usage=yes", "/v1/status?units=web",
          "/v1/logs?lines=-1", "/v1/logs?lines=1x", "/v1/logs?lines=99999999999",
          "/v1/logs?stream=both", "/v1/logs?since=yesterday", "/v1/events?since=-1",
          "/v1/events?since=nan", "/v1/version?x=1"}) {
        EXPECT_EQ(refused(request("GET", target)).status, 400u) << target;
    }
    for (const auto* body :
         {"", "{}", "[]", "null", "{", R"({"units":[]})", R"({"units":"web"})", R"({"units":[1]})",
          R"({"units":["web"],"all":true})", R"({"all":false})", R"({"units":["web"],"wiat":true})",
          R"({"units":["web"],"timeout":-1})", R"({"units":["web"],"timeout":1e9})",
          R"({"units":["web"],"timeout":"1s"})", R"({"units":["web"],"wait":1})"}) {
        EXPECT_EQ(refused(request("POST", "/v1/start", body)).status, 400u) << body;
    }
    for (const auto* body :
         {R"({"units":["web"]})", R"({"units":["web"],"signal":"HUPP"})",
          R"({"units":["web"],"signal":"0"})", R"({"units":["web"],"signal":""})",
          R"({"units":["web"],"signal":"99"})", R"({"signal":"HUP"})"}) {
        EXPECT_EQ(refused(request("POST", "/v1/signal", body)).status, 400u) << body;
    }
    EXPECT_EQ(refused(request("POST", "/v1/wait", R"({"units":["web"],"until":"up"})")).status,
              400u);
}

TEST(Route, SuggestsTheParameterThatWasMeant) {
    EXPECT_EQ(refused(request("GET", "/v1/logs?folow=true")).error.hint,
              "did you mean \"follow\"?");
    EXPECT_EQ(refused(request("POST", "/v1/start", R"({"unit":["web"]})")).error.hint,
              "did you mean \"units\"?");
}

TEST(Route, DeepJsonIsRefusedAndNotFollowed) {
    EXPECT_EQ(refused(request("POST", "/v1/start", std::string(60'000, '['))).status, 400u);
}

TEST(Route, UnderstandsNumbersOfInstances) {
    using How = supervisor::Scaling::How;
    const auto call = routed<ScaleCall>(request(
        "POST", "/v1/scale",
        R"({"instances":{"a":4,"b":"4","c":"+2","d":"-1","e":"cores","f":"reset"},"wait":false})"));
    ASSERT_EQ(call.scalings.size(), 6u);
    const auto expect = [&](std::size_t at, std::string_view unit, How how, std::int32_t number) {
        EXPECT_EQ(call.scalings[at].unit, unit);
        EXPECT_EQ(call.scalings[at].how, how) << unit;
        EXPECT_EQ(call.scalings[at].number, number) << unit;
    };
    expect(0, "a", How::to, 4);
    expect(1, "b", How::to, 4);
    expect(2, "c", How::by, 2);
    expect(3, "d", How::by, -1);
    expect(4, "e", How::cores, 0);
    expect(5, "f", How::reset, 0);
    EXPECT_FALSE(call.wait);
    for (const auto* body :
         {"{}", R"({"instances":{}})", R"({"instances":4})", R"({"instances":{"web":"many"}})",
          R"({"instances":{"web":"+-1"}})", R"({"instances":{"web":""}})",
          R"({"instances":{"web":1.5}})", R"({"instances":{"web":99999999999}})",
          R"({"units":["web"],"instances":{"web":1}})"}) {
        EXPECT_EQ(refused(request("POST", "/v1/scale", body)).status, 400u) << body;
    }
}

TEST(Route, UnderstandsWhoIsToStartByItself) {
    using supervisor::Enabling;
    const auto how = [](const char* path, const char* body) {
        return routed<EnableCall>(request("POST", path, body)).how;
    };
    EXPECT_EQ(how("/v1/enable", R"({"units":["web"]})"), Enabling::on);
    EXPECT_EQ(how("/v1/disable", R"({"all":true})"), Enabling::off);
    EXPECT_EQ(how("/v1/enable", R"({"units":["web"],"reset":true})"), Enabling::as_configured);
    EXPECT_EQ(refused(request("POST", "/v1/enable", "{}")).status, 400u);
    EXPECT_EQ(refused(request("POST", "/v1/enable", R"({"units":["web"],"now":true})")).status,
              400u);
    EXPECT_EQ(right_for(EnableCall{}), Right::change);
    EXPECT_EQ(right_for(UpgradeCall{}), Right::change);
}

}  // namespace
}  // namespace superd::control
