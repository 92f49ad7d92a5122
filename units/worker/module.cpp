#include "worker/module.hpp"

#include "protocol/page.hpp"
#include "worker/settings.hpp"

#include <dlfcn.h>

#include <cstddef>

namespace superd::worker {
namespace {

std::string offered(std::uint32_t models) {
    std::string text;
    for (const auto model : {SUPERD_PROCESSES, SUPERD_THREADS, SUPERD_COROUTINES})
        if (models & model) text += (text.empty() ? "" : ", ") + std::string{model_name(model)};
    return text.empty() ? "no model" : text;
}

}  // namespace

std::expected<const superd_abi_module*, std::string> load_module(const std::string& path,
                                                                 superd_abi_model model) {
    const auto refuse = [&path](const std::string& why) {
        return std::unexpected("cannot use the module " + path + ": " + why);
    };
    // Never closed: threads, atexit handlers and thread-local objects of its code may outlive any
    // use of it.
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        // dlerror() begins with the path as a rule, which is said already.
        std::string why = ::dlerror();
        if (why.starts_with(path + ": ")) why.erase(0, path.size() + 2);
        return refuse(why);
    }
    const auto* module = static_cast<const superd_abi_module*>(::dlsym(library, "superd_module"));
    if (!module)
        return refuse(
            "it exports no superd_module; say SUPERD_SERVICE(Class) in one of its sources");
    if (module->abi != SUPERD_ABI || module->size < sizeof(superd_abi_module) ||
        module->page_version != protocol::page_version)
        return refuse("it was built for another version of superd; build it again");
    if (!(module->models & model))
        return refuse(std::string{"its class "} + module->name + " offers " +
                      offered(module->models) + ", not " + model_name(model));
    return module;
}

}  // namespace superd::worker
