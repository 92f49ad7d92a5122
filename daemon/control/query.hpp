// The path and the parameters of a request's target.
#pragma once

#include "control/call.hpp"
#include "control/request.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace superd::control {

// "/v1/logs?unit=web&follow=true", decoded. The readers return a refusal that
// names the parameter, or nothing when all is well.
class Query {
public:
    static std::expected<Query, Refusal> parse(std::string_view target);

    const std::string& path() const { return path_; }

    // A refusal if there is a parameter that is not among `known`.
    std::optional<Refusal> unknown(std::initializer_list<std::string_view> known) const;

    bool given(std::string_view name) const { return find(name) != nullptr; }

    // Each value of a parameter that may be repeated.
    std::vector<std::string> all(std::string_view name) const;

    // These leave `out` alone when the parameter is absent.
    std::optional<Refusal> read(std::string_view name, bool& out) const;
    std::optional<Refusal> read(std::string_view name, std::uint32_t& out) const;
    std::optional<Refusal> read(std::string_view name, std::optional<Since>& out) const;
    // Seconds; a refusal for more than `most`.
    std::optional<Refusal> read(std::string_view name, std::chrono::milliseconds& out,
                                std::chrono::milliseconds most) const;
    std::optional<Refusal> read(std::string_view name, std::string& out,
                                std::initializer_list<std::string_view> allowed) const;

private:
    const std::string* find(std::string_view name) const;

    std::string path_;
    std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace superd::control
