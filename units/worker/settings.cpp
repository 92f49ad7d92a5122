#include "worker/settings.hpp"

#include <limits>

#include <boost/json.hpp>

namespace superd::worker {

namespace json = boost::json;

// Fills a ConfigTree.
class ConfigReader {
public:
    explicit ConfigReader(ConfigTree& tree) : tree_{tree} {}

    superd_abi_value read(const json::value& value) {
        superd_abi_value made{};
        switch (value.kind()) {
            case json::kind::null: made.type = SUPERD_NULL; break;
            case json::kind::bool_:
                made.type = SUPERD_BOOLEAN;
                made.integer = value.get_bool();
                break;
            case json::kind::int64:
                made.type = SUPERD_INTEGER;
                made.integer = value.get_int64();
                break;
            case json::kind::uint64:  // More than an int64 holds: else it would be one.
                made.type = SUPERD_REAL;
                made.real = static_cast<double>(value.get_uint64());
                break;
            case json::kind::double_:
                made.type = SUPERD_REAL;
                made.real = value.get_double();
                break;
            case json::kind::string:
                made.type = SUPERD_TEXT;
                made.text = keep(value.get_string());
                made.count = value.get_string().size();
                break;
            case json::kind::array: {
                std::vector<superd_abi_value> items;
                for (const auto& item : value.get_array()) items.push_back(read(item));
                set_items(made, SUPERD_LIST, std::move(items));
                break;
            }
            case json::kind::object: {
                std::vector<superd_abi_value> items;
                for (const auto& [key, item] : value.get_object()) {
                    items.push_back(read(item));
                    items.back().key = keep(key);
                }
                set_items(made, SUPERD_TABLE, std::move(items));
                break;
            }
        }
        return made;
    }

    void read_root(const json::value& value) { tree_.root_ = read(value); }

private:
    const char* keep(std::string_view text) { return tree_.texts_.emplace_back(text).c_str(); }
    void set_items(superd_abi_value& made, superd_abi_type type,
                   std::vector<superd_abi_value> items) {
        const auto& kept = tree_.lists_.emplace_back(std::move(items));
        made.type = type;
        made.items = kept.data();
        made.count = kept.size();
    }
    ConfigTree& tree_;
};

namespace {

// Takes members out of the object; the first error stays.
class Members {
public:
    explicit Members(const json::object& object) : object_{object} {}

    template <class Integer>
    void integer(const char* key, Integer& into, std::uint64_t min,
                 std::uint64_t max = std::numeric_limits<Integer>::max()) {
        const auto* value = object_.if_contains(key);
        if (!value) return;
        boost::system::error_code bad;
        const auto number = value->to_number<std::uint64_t>(bad);
        if (bad || number < min || number > max)
            return complain(std::string{key} + " must be from " + std::to_string(min) + " to " +
                            std::to_string(max));
        into = static_cast<Integer>(number);
    }
    void text(const char* key, std::string& into) {
        const auto* value = object_.if_contains(key);
        if (!value) return;
        if (const auto* found = value->if_string())
            into = *found;
        else
            complain(std::string{key} + " must be a text");
    }
    void boolean(const char* key, bool& into) {
        const auto* value = object_.if_contains(key);
        if (!value) return;
        if (const auto* found = value->if_bool())
            into = *found;
        else
            complain(std::string{key} + " must be true or false");
    }
    void complain(std::string what) {
        if (error.empty()) error = std::move(what);
    }

    std::string error;

private:
    const json::object& object_;
};

void read_model(Members& members, Settings& settings) {
    std::string model = "coroutines";
    members.text("model", model);
    for (const auto known : {SUPERD_PROCESSES, SUPERD_THREADS, SUPERD_COROUTINES})
        if (model == model_name(known)) {
            settings.model = known;
            return;
        }
    members.complain("model must be processes, threads or coroutines, not \"" + model + "\"");
}

void read_cpus(const json::object& object, Members& members, Settings& settings) {
    const auto* cpus = object.if_contains("cpus");
    if (!cpus) return;
    const auto* list = cpus->if_array();
    if (!list) return members.complain("cpus must be a list of processors");
    for (const auto& cpu : *list) {
        boost::system::error_code bad;
        const int number = cpu.to_number<int>(bad);
        if (bad || number < 0) return members.complain("cpus must be a list of processors");
        settings.cpus.push_back(number);
    }
}

void read_listen(const json::object& object, Members& members, Settings& settings) {
    const auto* listen = object.if_contains("listen");
    if (!listen) return;
    const auto* table = listen->if_object();
    if (!table) return members.complain("listen must be a table of addresses by name");
    for (const auto& [name, address] : *table) {
        if (!address.is_string())
            return members.complain("listen must be a table of addresses by name");
        settings.listen[std::string{name}] = address.get_string();
    }
}

}  // namespace

const char* model_name(superd_abi_model model) {
    switch (model) {
        case SUPERD_PROCESSES: return "processes";
        case SUPERD_THREADS: return "threads";
        case SUPERD_COROUTINES: return "coroutines";
    }
    return "?";
}

std::expected<Settings, std::string> parse_settings(std::string_view text) {
    boost::system::error_code bad;
    const json::value root = json::parse({text.data(), text.size()}, bad);
    if (bad) return std::unexpected("cannot read the settings: " + bad.message());
    const auto* object = root.if_object();
    if (!object) return std::unexpected("cannot read the settings: they are no JSON object");

    Settings settings;
    Members members{*object};
    std::uint32_t version = 1;
    members.integer("version", version, 1, 1);
    members.text("unit", settings.unit);
    members.text("module", settings.module);
    members.text("reason", settings.reason);
    members.integer("index", settings.index, 0);
    members.integer("count", settings.count, 1);
    members.integer("generation", settings.generation, 1);
    members.integer("threads", settings.threads, 1, 256);
    members.integer("task-timeout", settings.task_timeout_ms, 0);
    members.integer("drain-timeout", settings.drain_timeout_ms, 0);
    members.integer("max-tasks", settings.max_tasks, 0);
    members.boolean("preload", settings.preload);
    read_model(members, settings);
    read_cpus(*object, members, settings);
    read_listen(*object, members, settings);
    settings.config = std::make_unique<ConfigTree>();
    if (const auto* config = object->if_contains("config"); config && config->is_object())
        ConfigReader{*settings.config}.read_root(*config);
    else if (config && !config->is_null())
        members.complain("config must be a table");
    if (settings.unit.empty()) members.complain("unit is missing: the unit's name");
    if (settings.module.empty()) members.complain("module is missing: the path of a shared object");
    if (!members.error.empty()) return std::unexpected("cannot use the settings: " + members.error);
    return settings;
}

}  // namespace superd::worker
