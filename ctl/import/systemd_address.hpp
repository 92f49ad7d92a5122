// Addresses of systemd.socket(5) that superd listens at, too.
#pragma once

#include <string>
#include <string_view>

namespace superctl::importing {

// "tcp://*:80" for "80", and so for "1.2.3.4:80", "[::1]:80" and a path; empty: something else.
std::string listen_address(std::string_view text, bool datagrams);

// Whether superd can open no more than one of these.
bool listen_at_the_same(std::string_view one, std::string_view other);

}  // namespace superctl::importing
