#include "supervisor/readers.hpp"

#include <grp.h>
#include <pwd.h>

namespace superd::supervisor {

Readers Readers::resolve(const std::vector<std::string>& names) {
    Readers readers;
    for (const std::string& name : names) {
        if (name == "*") {
            readers.everybody_ = true;
        } else if (name.starts_with('@')) {
            const group* const found = ::getgrnam(name.c_str() + 1);
            if (found == nullptr) continue;
            readers.groups_.insert(found->gr_gid);
            // A peer's credentials tell only its main group.
            std::vector<std::string> members;
            for (char** each = found->gr_mem; *each != nullptr; ++each) members.emplace_back(*each);
            for (const std::string& member : members) {
                const passwd* const user = ::getpwnam(member.c_str());
                if (user != nullptr) readers.users_.insert(user->pw_uid);
            }
        } else if (const passwd* const user = ::getpwnam(name.c_str())) {
            readers.users_.insert(user->pw_uid);
        }
    }
    return readers;
}

}  // namespace superd::supervisor
