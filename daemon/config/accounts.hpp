// Users and groups as the machine knows them, each asked for once.
#pragma once

#include <sys/types.h>

#include <expected>
#include <map>
#include <string>
#include <vector>

namespace superd::config {

struct User {
    std::string name, home, shell;
    uid_t uid = 0;
    gid_t gid = 0;              // The first group.
    std::vector<gid_t> groups;  // All groups, as getgrouplist(3) has them.
};

class Accounts {
public:
    // By name, or by number. The error completes "cannot use user = "shp": ".
    std::expected<User, std::string> user(const std::string& name);
    std::expected<gid_t, std::string> group(const std::string& name);

private:
    std::map<std::string, std::expected<User, std::string>> users_;
    std::map<std::string, std::expected<gid_t, std::string>> groups_;
};

}  // namespace superd::config
