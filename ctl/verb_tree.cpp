#include "ctl/locale.hpp"
#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/tree.hpp"
#include "ctl/verbs.hpp"

#include <boost/system/system_error.hpp>

namespace superctl {

ExitCode run_tree(const Invocation& invocation) {
    ClientRequest request;
    request.target = target_with_units("/v1/graph", "", invocation.arguments);
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    if (invocation.has("--json")) {
        print(answer->body);
        return ExitCode::ok;
    }
    try {
        const auto graph = superd::wire::parse_graph(answer->body);
        TreeLook look{.reverse = invocation.has("--reverse"), .ascii = !speaks_utf8()};
        if (invocation.has("--ascii")) look.ascii = true;
        print(render_tree(graph, graph.roots, look, style_for(invocation)));
        return ExitCode::ok;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
