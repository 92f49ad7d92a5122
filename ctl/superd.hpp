// superd as the verbs see it: questions and answers, with failures that have
// an exit code.
#pragma once

#include "ctl/client.hpp"
#include "ctl/command.hpp"

#include <expected>
#include <string>

#include <boost/system/system_error.hpp>

namespace superctl {

// The superd that the command line and the environment mean.
Client client_for(const Invocation& invocation);

// The body of an answer with status 200 or one of those the caller expects
// beside it; else the failure that the answer tells of.
std::expected<ClientAnswer, Failure> ask(const Invocation& invocation, const ClientRequest& request,
                                         std::initializer_list<unsigned> also_good = {},
                                         const Client::Take& take = {});

// The failure that an answer tells of.
Failure failure_of(const ClientAnswer& answer);

// What is not of the shape that superctl knows.
Failure strange_answer(const std::string& what);
Failure strange_answer(const boost::system::system_error& error);

}  // namespace superctl
