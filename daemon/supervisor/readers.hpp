// Who may look, beside root and superd's own user: [control] readers.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace superd::supervisor {

class Readers {
public:
    // Looks up users and "@groups" once; "*" is everybody. Names that are not
    // known are left out.
    static Readers resolve(const std::vector<std::string>& names);

    bool contains(uid_t uid, gid_t gid) const {
        return everybody_ || users_.contains(uid) || groups_.contains(gid);
    }

private:
    bool everybody_ = false;
    std::set<uid_t> users_;  // Members of the groups included.
    std::set<gid_t> groups_;
};

}  // namespace superd::supervisor
