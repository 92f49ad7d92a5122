/* What superd-worker and a module agree on: C alone, so that compiler, standard library and Boost
 * of the two need not agree. Each structure begins with its size: what is beyond the size that the
 * other side tells does not exist for it. Fields are only ever added at the end. */
#ifndef SUPERD_ABI_H
#define SUPERD_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* C has no namespaces. NOLINTBEGIN(readability-identifier-naming) */

#define SUPERD_ABI 1u

/* A value of the unit's [config] table, as a tree. Owned by the host. */
enum superd_abi_type {
    SUPERD_NULL,
    SUPERD_BOOLEAN, /* integer */
    SUPERD_INTEGER, /* integer */
    SUPERD_REAL,    /* real */
    SUPERD_TEXT,    /* text, count bytes and a zero */
    SUPERD_LIST,    /* items, count */
    SUPERD_TABLE    /* items, count, each with a key */
};

struct superd_abi_value {
    uint32_t type;
    uint32_t reserved;
    const char* key; /* In a table; else null. */
    int64_t integer;
    double real;
    const char* text;
    const struct superd_abi_value* items;
    size_t count;
};

/* A listener, or another descriptor, by name. Never shutdown(2) it: that would shut it for all
 * workers. */
struct superd_abi_listener {
    const char* name;
    int32_t fd;
    int32_t stream; /* 1: accept(2) from it; 0: it takes datagrams. */
};

/* What the host knows of the calling thread; the module writes `task`. */
struct superd_abi_thread {
    uint32_t slot; /* In the page. */
    uint32_t reserved;
    volatile uint64_t
        task; /* Id of the listed task that runs now, for the crash report; 0: none. */
};

enum superd_abi_model { SUPERD_PROCESSES = 1, SUPERD_THREADS = 2, SUPERD_COROUTINES = 4 };

/* What the worker offers. Its functions may be called by any thread and throw nothing. */
struct superd_abi_host {
    uint32_t size;
    uint32_t abi;
    const char* unit;
    const char* reason; /* Why this worker was started: "start", "crash(SIGSEGV)"... */
    uint32_t model;     /* superd_abi_model */
    uint32_t index, count, generation, threads;
    uint32_t reserved;
    uint64_t task_timeout_ms, drain_timeout_ms, max_tasks; /* 0: none. */
    const struct superd_abi_value* config;
    const struct superd_abi_listener* listeners;
    size_t listener_count;
    void* page; /* protocol::Page; its header is the host's to write. */
    size_t page_size;
    uint32_t page_version;
    int32_t stop_fd;   /* Readable for ever once the worker shall stop. Do not read it. */
    int32_t reload_fd; /* An eventfd, readable when the configuration is to be read anew. */
    int32_t reserved_fd;
    const volatile int64_t* stop_ns; /* When it was told to stop, CLOCK_MONOTONIC; 0: it was not. */

    /* A message to the notification socket, with a descriptor unless `fd` is -1. 0, or an errno. */
    int (*notify)(const char* message, int fd);
    /* One line to the log. Level 0 is debug, 1 info, 2 warning, 3 error. */
    void (*log)(int level, const char* text, size_t size);
    /* The calling thread serves this slot: gives it a stack for signals, and its record. */
    struct superd_abi_thread* (*enter_thread)(uint32_t slot);
    /* It no longer does. To be called before the thread ends. */
    void (*leave_thread)(void);
    /* Named memory that outlives the worker: a descriptor that the host owns, or -errno. */
    int (*shared)(const char* name, size_t bytes);
    /* Reads the configuration anew; what it returns lives until the worker ends. Null: it cannot.
     */
    const struct superd_abi_value* (*reload)(void);
};

/* What a module exports under the name `superd_module`. */
struct superd_abi_module {
    uint32_t size;
    uint32_t abi;
    const char* name;
    const char* built_with;
    uint32_t models; /* Those that the class has an entry point for. */
    uint32_t page_version;
    /* Null, or what is done once before workers are forked. 0, or an exit code. */
    int (*preload)(const struct superd_abi_host*);
    /* Serves until told to stop; returns the worker's exit code. */
    int (*run)(const struct superd_abi_host*);
};

/* NOLINTEND(readability-identifier-naming) */

#ifdef __cplusplus
}
#endif
#endif
