#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"
#include "ctl/why.hpp"

#include <chrono>

#include <boost/system/system_error.hpp>

namespace superctl {

ExitCode run_why(const Invocation& invocation) {
    ClientRequest request;
    request.target = target_with_units("/v1/why", "", invocation.arguments);
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    if (invocation.has("--json")) {
        print(answer->body);
        return ExitCode::ok;
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    try {
        std::string out;
        for (const auto& each : superd::wire::parse_explanations(answer->body).all) {
            if (!out.empty()) out += '\n';
            out += render_why(each, style_for(invocation), now_ns);
        }
        print(out);
        return ExitCode::ok;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
