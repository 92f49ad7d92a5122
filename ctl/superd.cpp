#include "ctl/superd.hpp"

#include "ctl/location.hpp"
#include "wire/error.hpp"
#include "wire/json_reader.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

ExitCode code_for(unsigned status) {
    switch (status) {
        case 403: return ExitCode::not_permitted;
        case 404: return ExitCode::no_such_unit;
        case 504: return ExitCode::timeout;
        default: return ExitCode::failed;
    }
}

}  // namespace

Client client_for(const Invocation& invocation) {
    const auto surroundings = real_surroundings();
    return Client{{socket_path(invocation, surroundings), bus_address(invocation, surroundings)}};
}

Failure strange_answer(const std::string& what) {
    return {ExitCode::failed, "cannot understand superd's answer: " + what,
            "`superctl version` shows whether superctl and superd are of one version"};
}

Failure strange_answer(const boost::system::system_error& error) {
    return strange_answer(superd::wire::problem_of(error));
}

Failure failure_of(const ClientAnswer& answer) {
    try {
        auto error = superd::wire::parse_error(answer.body);
        auto code = code_for(answer.status);
        if (error.kind == "no-such-path") code = ExitCode::failed;
        return {code, std::move(error.message), std::move(error.hint)};
    } catch (const boost::system::system_error&) {
        return strange_answer("status " + std::to_string(answer.status));
    }
}

std::expected<ClientAnswer, Failure> ask(const Invocation& invocation, const ClientRequest& request,
                                         std::initializer_list<unsigned> also_good,
                                         const Client::Take& take) {
    auto answer = client_for(invocation).exchange(request, take);
    if (!answer || answer->status == 200) return answer;
    if (std::ranges::find(also_good, answer->status) != also_good.end()) return answer;
    return std::unexpected{failure_of(*answer)};
}

}  // namespace superctl
