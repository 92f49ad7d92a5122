#include "control/body.hpp"

#include "base/nearest.hpp"
#include "wire/json_reader.hpp"
#include "wire/signal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>

#include <boost/json/object.hpp>

namespace superd::control {

namespace {

// Thrown and caught in this file alone: reading stops at the first mistake.
struct Mistake {
    std::string message, hint;
};

Refusal refused(std::string message, std::string hint) {
    return {400, {"bad-request", std::move(message), std::move(hint)}, {}};
}

void refuse_unknown(const boost::json::object& object,
                    std::initializer_list<std::string_view> known) {
    for (const auto& member : object) {
        const std::string_view key{member.key().data(), member.key().size()};
        if (std::ranges::find(known, key) != known.end()) continue;
        const auto near = nearest(key, {known.begin(), known.size()});
        throw Mistake{"cannot use the member \"" + std::string{key.substr(0, 100)} + "\"",
                      near ? "did you mean \"" + std::string{*near} + "\"?" : "leave it out"};
    }
}

// Every unit has to be asked for in words: {"all":true}.
Selectors read_units(const wire::JsonReader& json) {
    Selectors units;
    bool all = false;
    json.read("units", units);
    json.read("all", all);
    if (all != units.empty()) {
        throw Mistake{
            all ? "cannot use both \"units\" and \"all\"" : "cannot tell which units are meant",
            R"(send "units" with at least one name, or "all":true)"};
    }
    return units;
}

std::chrono::milliseconds read_timeout(const wire::JsonReader& json) {
    std::optional<double> seconds;
    json.read("timeout", seconds);
    if (!seconds) return wait_default;
    const std::chrono::duration<double> most = wait_max;
    if (!std::isfinite(*seconds) || *seconds < 0 || *seconds > most.count()) {
        throw Mistake{"cannot use this timeout", "use seconds, from 0 to 86400"};
    }
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>{*seconds});
}

// Parses `body` and has `read` take what it needs, as a refusal if it cannot.
template <class T, class Read>
std::expected<T, Refusal> read_body(std::string_view body,
                                    std::initializer_list<std::string_view> known, Read read) {
    try {
        const auto value = wire::parse_unambiguous_object(body.empty() ? "{}" : body);
        refuse_unknown(value.get_object(), known);
        return read(wire::JsonReader{value});
    } catch (const Mistake& mistake) {
        return std::unexpected{refused(mistake.message, mistake.hint)};
    } catch (const boost::system::system_error& error) {
        return std::unexpected{refused("cannot read the body: " + wire::problem_of(error),
                                       "send JSON as daemon/control/openapi.yaml describes")};
    }
}

// 4, "4", "+1", "-1", "cores", "reset"
supervisor::Scaling read_scaling(std::string unit, const boost::json::value& value) {
    using How = supervisor::Scaling::How;
    const auto refuse = [&] {
        return Mistake{"cannot use this number of instances of \"" + unit.substr(0, 100) + "\"",
                       R"(use a number from 1, "+1" or "-1", "cores" or "reset")"};
    };
    std::string text;
    if (const auto* number = value.if_int64()) text = std::to_string(*number);
    if (const auto* string = value.if_string()) text = {string->data(), string->size()};
    if (text == "cores") return {std::move(unit), How::cores, 0};
    if (text == "reset") return {std::move(unit), How::reset, 0};
    // A negative number is no number of instances; as a text it is a difference.
    const bool differs = value.is_string() && (text.starts_with('+') || text.starts_with('-'));
    const std::string_view digits = std::string_view{text}.substr(text.starts_with('+') ? 1 : 0);
    std::int32_t number = 0;
    const auto* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, number);
    const bool sign_twice = text.starts_with("+-");
    if (digits.empty() || error != std::errc{} || end != last || sign_twice) throw refuse();
    return {std::move(unit), differs ? How::by : How::to, number};
}

}  // namespace

std::expected<ScaleCall, Refusal> read_scale(std::string_view body) {
    return read_body<ScaleCall>(
        body, {"instances", "wait", "timeout"}, [](const wire::JsonReader& json) {
            ScaleCall call;
            call.timeout = read_timeout(json);
            json.read("wait", call.wait);
            const auto* value = json.find("instances");
            const auto* instances = value != nullptr ? value->if_object() : nullptr;
            if (instances == nullptr || instances->empty()) {
                throw Mistake{"cannot tell which units are meant",
                              R"(send "instances" with a number for each: {"web":4})"};
            }
            for (const auto& [unit, number] : *instances) {
                call.scalings.push_back(read_scaling({unit.data(), unit.size()}, number));
            }
            return call;
        });
}

std::expected<EnableCall, Refusal> read_enable(std::string_view body, bool on) {
    using supervisor::Enabling;
    return read_body<EnableCall>(
        body, {"units", "all", "reset"}, [on](const wire::JsonReader& json) {
            EnableCall call;
            bool reset = false;
            call.units = read_units(json);
            json.read("reset", reset);
            call.how = reset ? Enabling::as_configured : on ? Enabling::on : Enabling::off;
            return call;
        });
}

std::expected<std::optional<supervisor::Rolling>, Refusal> check_rolling(
    bool rolling, std::optional<std::int64_t> batch) {
    if (batch && !rolling) {
        return std::unexpected{refused("cannot use \"batch\" alone: nothing is rolling",
                                       "send \"rolling\" with it, as true")};
    }
    if (batch && (*batch < 1 || *batch > supervisor::Rolling::batch_max)) {
        return std::unexpected{
            refused("cannot replace " + std::to_string(*batch) + " instances at once",
                    "use a number from 1 to 1024 for \"batch\"")};
    }
    if (!rolling) return std::nullopt;
    return supervisor::Rolling{static_cast<std::uint32_t>(batch.value_or(0))};
}

std::expected<ActCall, Refusal> read_act(std::string_view body, supervisor::Action action) {
    const auto read = [action](const wire::JsonReader& json) {
        ActCall call;
        call.action = action;
        call.units = read_units(json);
        call.timeout = read_timeout(json);
        json.read("wait", call.wait);
        bool rolling = false;
        std::optional<std::int64_t> batch;
        json.read("rolling", rolling);
        json.read("batch", batch);
        auto checked = check_rolling(rolling, batch);
        if (!checked) throw Mistake{checked.error().error.message, checked.error().error.hint};
        call.rolling = *checked;
        return call;
    };
    if (action != supervisor::Action::restart) {
        return read_body<ActCall>(body, {"units", "all", "wait", "timeout"}, read);
    }
    return read_body<ActCall>(body, {"units", "all", "wait", "timeout", "rolling", "batch"}, read);
}

std::expected<WaitCall, Refusal> read_wait(std::string_view body) {
    return read_body<WaitCall>(
        body, {"units", "all", "until", "timeout"}, [](const wire::JsonReader& json) {
            WaitCall call;
            call.units = read_units(json);
            call.timeout = read_timeout(json);
            std::string until = "ready";
            json.read("until", until);
            using Until = supervisor::Operations::Until;
            if (until == "ready") {
                call.until = Until::ready;
            } else if (until == "stopped") {
                call.until = Until::stopped;
            } else if (until == "rolled") {
                call.until = Until::rolled;
            } else {
                throw Mistake{"cannot wait until \"" + until.substr(0, 100) + "\"",
                              R"(use "ready", "stopped" or "rolled")"};
            }
            return call;
        });
}

std::expected<SignalCall, Refusal> read_signal(std::string_view body) {
    return read_body<SignalCall>(
        body, {"units", "all", "signal", "tree"}, [](const wire::JsonReader& json) {
            SignalCall call;
            call.units = read_units(json);
            std::string name;
            json.required("signal", name);
            const auto number = wire::signal_number(name);
            if (!number) {
                throw Mistake{"cannot find the signal \"" + name.substr(0, 100) + "\"",
                              "use a name like HUP or a number from 1 to 64"};
            }
            call.number = *number;
            json.read("tree", call.tree);
            return call;
        });
}

}  // namespace superd::control
