// Names of users, for people who read the journal.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

namespace superd::supervisor {

// Knows those of /etc/passwd: to ask a directory service could block superd.
class UserNames {
public:
    explicit UserNames(std::string file = "/etc/passwd") : file_{std::move(file)} {}

    // Empty for one that is not known. Read once a user.
    const std::string& name(uid_t uid);

private:
    std::string file_;
    std::map<uid_t, std::string> names_;
};

}  // namespace superd::supervisor
