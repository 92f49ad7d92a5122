// A request to the control API, as much of it as matters here.
#pragma once

#include "wire/error.hpp"

#include <string>

namespace superd::control {

struct Request {
    std::string method;  // "GET"
    std::string target;  // "/v1/status?unit=web"
    std::string accept;  // The Accept header, or empty.
    std::string body;
    bool keep_alive = true;
    bool http_1_0 = false;  // The client knows no chunked encoding.
};

// Why a request is not carried out.
struct Refusal {
    unsigned status = 400;  // Of HTTP.
    wire::ErrorBody error;
    std::string allow;  // The methods that are allowed, with status 405.
};

}  // namespace superd::control
